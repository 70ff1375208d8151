"""A call that can never work, in one line that says what to set."""

from __future__ import annotations

import re

import httpx2
import openai

from simulator.models.abilities import NO_MODEL

__all__ = ["is_filtered", "refused", "strange", "unreachable"]

_FILTERED = r"content_filter|content_policy|content management policy|responsible.?ai.?policy|moderation|was flagged"
_NO_CONTEXT = r"context.{0,20}(length|window|size)|maximum context|exceed_context|prompt is too long"
_SHOWN = 200  # characters of what a server says


def is_filtered(status: int, said: str) -> bool:
    """Whether an error means that a provider's filter took offence at the prompt: a matter of this turn, not of the server."""
    return status in (400, 403, 422) and re.search(_FILTERED, said, re.IGNORECASE) is not None


def refused(place: str, model: str, error: openai.APIStatusError, said: str) -> str:
    """What an error of the server means; `said` is its text, without keys."""
    status = error.status_code
    if status in (401, 403):
        return (
            f"{place} does not accept the key (HTTP {status}): set OPENAI_API_KEY, or SIMULATE_KEY_<ROLE>, to one that it knows"
        )
    if status in (404, 405) or (status < 500 and re.search(NO_MODEL, said, re.IGNORECASE | re.DOTALL)):
        return (
            f"{place} knows no model {model!r}, or has no chat completions (HTTP {status}): "
            "check the model's name, and --base-url, which mostly ends in /v1"
        )
    if re.search(_NO_CONTEXT, said, re.IGNORECASE | re.DOTALL):
        return f"{model} at {place} has too small a context for the prompt: serve it with room for 8,192 tokens or more"
    if status == 429:
        lacking = error.code == "insufficient_quota"
        then = "the account behind the key has no credit left" if lacking else "too many calls: wait a while, then go on"
        return f"{place} takes no more calls (HTTP 429): {then}"
    return f"{place} answers HTTP {status}: {_shown(said) or 'no reason given'}"


def unreachable(place: str, error: openai.APIConnectionError) -> str:
    """Why there is no connection."""
    cause = error.__cause__ or error
    return f"no answer from {place} ({_why(cause)}): is the server running, and is --base-url right?"


def _why(cause: BaseException) -> str:
    if isinstance(cause, httpx2.ConnectTimeout):
        return "it does not take the connection"
    said = str(cause).strip()
    if isinstance(cause, httpx2.ConnectError) and (not said or "attempts failed" in said or "refused" in said.lower()):
        return "nothing listens there"
    return said or "the connection breaks off"


def strange(place: str, text: str) -> str:
    """A server that answers, but never with a completion."""
    return f"{place} answers, but never with a chat completion ({_shown(text)}): check --base-url, which mostly ends in /v1"


def _shown(said: str) -> str:
    """The beginning of a server's text, with its message alone where it is OpenAI's kind of error, on one line."""
    found = re.search(r'"message"\s*:\s*"((?:[^"\\]|\\.)*)"', said)
    plain = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", found[1] if found else said).strip()
    return plain[:_SHOWN] + ("…" if len(plain) > _SHOWN else "")
