"""The seam between a run and whoever speaks: a request goes out, a reply comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from simulator.engine.entries import Violation
from simulator.engine.prompt import Message

__all__ = ["CUE_HEADER", "Model", "Reply", "Request", "Usage"]

CUE_HEADER = "X-Simulate-Cue"  # names the call for servers, gateways and recordings; part of no prompt


@dataclass(frozen=True)
class Request:
    """What a model is asked. The reply's schema is the same for all requests."""

    name: str  # beat/turn/persona/attempt
    messages: tuple[Message, ...]
    seed: int  # for sampling


@dataclass(frozen=True)
class Usage:
    """Tokens of one call, as the server counts them."""

    prompt: int = 0
    cached: int = 0  # of the prompt, served from the provider's cache
    completion: int = 0
    reasoning: int = 0  # of the completion

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.completion + other.completion,
            self.reasoning + other.reasoning,
        )

    @property
    def total(self) -> int:
        """Prompt and completion."""
        return self.prompt + self.completion


@dataclass(frozen=True)
class Reply:
    """What a model answered, or why it has no usable answer."""

    text: str | None
    trouble: Violation | None = None
    usage: Usage = field(default_factory=Usage)
    finish_reason: str | None = None
    provider_id: str | None = None
    fingerprint: str | None = None  # the server's system_fingerprint
    seconds: float = 0.0  # from the call to the answer, waiting and new attempts included
    waited: float = 0.0  # seconds of these, before new attempts
    notes: tuple[str, ...] = ()  # what was learnt of the server in this call


class Model(Protocol):
    """Somebody who replies."""

    async def reply(self, request: Request) -> Reply:
        """Answer one request. Raises ModelUnreachable where no call can succeed."""
        ...
