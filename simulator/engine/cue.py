"""The scheduler's order for the next turn of a lead."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.engine.contract import Contract
from simulator.engine.prompt import Message

__all__ = ["Cue"]


@dataclass(frozen=True)
class Cue:
    """The order for the next reply: who, by what contract, and the request that asks for it."""

    id: str  # beat/turn
    by: str
    attempt: int  # from 1
    messages: tuple[Message, ...]
    sampling_seed: int
    contract: Contract

    @property
    def name(self) -> str:
        """The call's name, as the request's header has it."""
        return f"{self.id}/{self.by}/{self.attempt}"
