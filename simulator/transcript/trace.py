"""The trace beside a transcript: what each model call asked, brought and cost. It holds no key."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from simulator.engine.contract import REPLY_SCHEMA
from simulator.engine.entries import Violation, well_formed
from simulator.engine.prompt import Message
from simulator.errors import TranscriptError
from simulator.models.base import Reply, Request, Usage
from simulator.transcript.files import Growing

__all__ = ["Attempt", "Trace", "lead_of", "read_trace", "request_hash"]

# A lone surrogate may come from a server; as an escape it is valid UTF-8, and is the same when it is read again.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def request_hash(request: Request, model: str) -> str:
    """SHA-256 of what a model is asked, before anything is left out for a server's sake."""
    asked = {"model": model, "messages": list(request.messages), "seed": request.seed, "schema": REPLY_SCHEMA}
    text = well_formed(json.dumps(asked, ensure_ascii=False, sort_keys=True))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def lead_of(request: Request) -> str:
    """Who is asked."""
    return request.name.split("/")[2]


class Trace:
    """A trace being written, and the sum of its tokens."""

    def __init__(self, path: Path, cast: Mapping[str, str]) -> None:
        """Open it for its owner alone; an older trace of the same transcript is gone on with. Cast: lead to model."""
        self.usage = Usage()
        self._cast = cast
        self._asked: dict[str, tuple[Message, ...]] = {}  # lead: the last request's messages
        try:
            self._file = Growing(path, os.O_CREAT, 0o600)
            path.chmod(0o600)
            self._file.cut(self._file.size - len(self._file.ending()))  # a line that was cut off led to no entry
        except OSError as error:
            raise TranscriptError(f"{path} cannot be written: {error.strerror}") from None

    def attempted(self, request: Request, reply: Reply) -> None:
        """Note one model call. The messages are given by what they add to the lead's request before."""
        lead = lead_of(request)
        keeps = _shared(self._asked.get(lead, ()), request.messages)
        self._asked[lead] = request.messages
        self.usage += reply.usage
        line = {
            "cue": request.name,
            "model": self._cast[lead],
            "request": request_hash(request, self._cast[lead]),
            "seed": request.seed,
            "keeps": keeps,
            "adds": list(request.messages[keeps:]),
            "reply": reply.text,
            "trouble": reply.trouble.model_dump() if reply.trouble else None,
            "finish_reason": reply.finish_reason,
            "provider_id": reply.provider_id,
            "system_fingerprint": reply.fingerprint,
            "usage": asdict(reply.usage),
            "seconds": round(reply.seconds, 3),
            "waited": round(reply.waited, 3),
            "notes": list(reply.notes),
        }
        self._write(line)

    def stopped(self, reason: str) -> None:
        """Note why a run stopped early, if the disk takes it."""
        with suppress(TranscriptError):
            self._write({"stopped": reason})

    def sync(self) -> None:
        """Force what was written to the disk."""
        self._file.sync()

    def _write(self, line: Mapping[str, object]) -> None:
        text = _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(line, ensure_ascii=False))
        self._file.append(f"{text}\n".encode())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _shared(one: tuple[Message, ...], other: tuple[Message, ...]) -> int:
    """How many messages two requests have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (mine, yours) in pairs if mine != yours), min(len(one), len(other)))


@dataclass(frozen=True)
class Attempt:
    """One model call, as the trace has it."""

    cue: str  # beat/turn/persona/attempt
    model: str
    request: str  # its hash
    seed: int
    messages: tuple[Message, ...]
    reply: Reply  # with its text and trouble; what it cost stays in the trace

    @property
    def number(self) -> int:
        """Which attempt at its turn it was, from 1."""
        return int(self.cue.rpartition("/")[2])


@dataclass(frozen=True)
class _Line:
    """The parts of a trace's line that a replay needs."""

    cue: str
    model: str
    request: str
    seed: int
    keeps: int
    adds: tuple[dict[str, str], ...]
    reply: str | None
    trouble: Violation | None


_LINE: TypeAdapter[_Line] = TypeAdapter(_Line)


def read_trace(path: Path) -> Iterator[Attempt]:
    """The model calls of a trace, in their order; a last line that was cut off is left out. Raises TranscriptError."""
    try:
        *lines, _torn = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        raise TranscriptError(f"{path} is not there: the replies of a run are in its trace, and nowhere else") from None
    except OSError as error:
        raise TranscriptError(f"{path} cannot be read: {error.strerror}") from None
    asked: dict[str, tuple[Message, ...]] = {}
    for number, text in enumerate(lines, 1):
        line = _read(text, path, number)
        if line is None:
            continue
        lead = line.cue.split("/")[2]
        asked[lead] = (*asked.get(lead, ())[: line.keeps], *line.adds)
        yield Attempt(line.cue, line.model, line.request, line.seed, asked[lead], Reply(line.reply, line.trouble))


def _read(text: bytes, path: Path, number: int) -> _Line | None:
    """A line that tells of a call; None for one that tells why a run stopped."""
    try:
        # Not pydantic's own reader: it takes no lone surrogates.
        data = json.loads(text)
        return None if "stopped" in data else _LINE.validate_python(data)
    except (ValueError, ValidationError, TypeError):
        raise TranscriptError(f"{path}:{number}: this line is damaged, or no line of a trace") from None
