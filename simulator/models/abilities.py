"""What a server can do for a model, learnt from its own answers, and the request's body that follows from it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from simulator.engine.contract import REPLY_SCHEMA
from simulator.engine.prompt import Message
from simulator.models.base import Request

__all__ = ["NO_MODEL", "Abilities", "Learnt", "body", "changes", "roomier", "simpler", "simpler_format"]

REPLY_TOKENS = 2_000  # room for a model that reasons first
MOST_REPLY_TOKENS = 8_000  # for one that had no room left for its words

Format = Literal["json_schema", "json_object", "text"]
Limit = Literal["max_completion_tokens", "max_tokens"]


@dataclass(frozen=True)
class Abilities:
    """What a server takes for one model. It is presumed to do everything until it says that it does not."""

    format: Format = "json_schema"
    limit: Limit | None = "max_completion_tokens"  # how a reply's room is named; None: not at all
    room: int = REPLY_TOKENS  # tokens, for reasoning and reply together
    seed: bool = True
    system: bool = True  # takes a system message; else it is put before the first of the user's


@dataclass
class Learnt:
    """What is known of a server by now: shared by all who call the same model there, for as long as the run lasts."""

    abilities: Abilities = field(default_factory=Abilities)


# The request.


def body(model: str, request: Request, abilities: Abilities) -> dict[str, object]:
    """The body of a request, in what the server takes."""
    result: dict[str, object] = {"model": model, "messages": _messages(request.messages, abilities)}
    if abilities.seed:
        result["seed"] = request.seed
    if abilities.limit is not None:
        result[abilities.limit] = abilities.room
    if abilities.format == "json_schema":
        schema = {"name": "turn", "strict": True, "schema": REPLY_SCHEMA}
        result["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif abilities.format == "json_object":
        result["response_format"] = {"type": "json_object"}
    return result


_IN_WORDS = "\n\nAnswer with that JSON object alone, nothing before it and nothing after it. Its schema:\n" + json.dumps(
    REPLY_SCHEMA
)


def _messages(messages: tuple[Message, ...], abilities: Abilities) -> list[Message]:
    """The messages; where the server knows no schema, the system's ends with it, in words, the same in every request."""
    system, *rest = messages
    if abilities.format != "json_schema":
        system = {"role": "system", "content": system["content"] + _IN_WORDS}
    if abilities.system:
        return [system, *rest]
    first = {"role": "user", "content": system["content"] + "\n\n" + rest[0]["content"]}
    return [first, *rest[1:]]


# Learning.

_ABOUT_SEED = r"\bseed\b"
_ABOUT_FORMAT = r"response_format|json_schema|json_object|json[ _-](schema|object|mode)|structured.outputs?|\bgrammar\b|guided"
_ABOUT_LIMIT = r"max_completion_tokens|max_tokens|maxOutputTokens"
_ABOUT_SYSTEM = r"\bsystem\b.{0,40}\b(role|message|prompt|instruction)|role.{0,40}\bsystem\b|developer instruction"
NO_MODEL = r"\bmodel\b.{0,120}\b(not found|not exist|unknown|invalid|no such)|(invalid|unknown|no such) model|model_not_found"
_NOT_OURS = f"{NO_MODEL}|context"

_SAYS_WHICH = frozenset({400, 404, 415, 422, 500, 501})  # statuses whose text may name what the server does not take
_SAYS_NO = frozenset({400, 415, 422, 501})  # statuses that mean the request itself, whatever the text


def simpler(abilities: Abilities, status: int, said: str, *, tried: bool) -> Abilities | None:
    """What to ask with after a server's error: without what it names, or one step simpler where it names nothing.

    `tried` says whether the server has answered such requests before: then an error that names nothing is about something
    else. None where the error is not about what the request asks for, or nothing is left to leave out.
    """
    if status not in _SAYS_WHICH:
        return None
    for pattern, without in (
        (_ABOUT_SEED, _without_seed),
        (_ABOUT_FORMAT, simpler_format),
        (_ABOUT_LIMIT, _with_other_limit),
        (_ABOUT_SYSTEM, _without_system),
    ):
        better = without(abilities) if re.search(pattern, said, re.IGNORECASE | re.DOTALL) else None
        if better is not None:
            return better
    if tried or status not in _SAYS_NO or re.search(_NOT_OURS, said, re.IGNORECASE | re.DOTALL):
        return None
    return simpler_format(abilities) or _with_other_limit(abilities) or _without_seed(abilities)


def _without_seed(abilities: Abilities) -> Abilities | None:
    return replace(abilities, seed=False) if abilities.seed else None


def _without_system(abilities: Abilities) -> Abilities | None:
    return replace(abilities, system=False) if abilities.system else None


def simpler_format(abilities: Abilities) -> Abilities | None:
    """The next simpler way to ask for the reply's form; None where there is none."""
    match abilities.format:
        case "json_schema":
            return replace(abilities, format="json_object")
        case "json_object":
            return replace(abilities, format="text")
        case "text":
            return None


def _with_other_limit(abilities: Abilities) -> Abilities | None:
    match abilities.limit:
        case "max_completion_tokens":
            return replace(abilities, limit="max_tokens")
        case "max_tokens":
            return replace(abilities, limit=None)
        case None:
            return None


def roomier(abilities: Abilities) -> Abilities | None:
    """Twice the room, for a model that reasoned until none was left; None where it has the most already."""
    if abilities.limit is None or abilities.room >= MOST_REPLY_TOKENS:
        return None
    return replace(abilities, room=abilities.room * 2)


def changes(before: Abilities, after: Abilities) -> Iterator[str]:
    """What was learnt, in words for the trace."""
    if before.format != after.format:
        yield f"{before.format} is not supported here: asking with {after.format}"
    if before.limit != after.limit:
        yield f"{before.limit} is not supported here: " + (f"asking with {after.limit}" if after.limit else "left out")
    if before.room != after.room:
        yield f"{before.room} tokens were spent before the first word: asking with room for {after.room}"
    if before.seed != after.seed:
        yield "seed is not supported here: left out"
    if before.system != after.system:
        yield "a system message is not supported here: put before the first message"
