"""The log on disk: one entry a line, each written at once; and reading it back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from simulator.engine.entries import BeatEntry, End, Entry, Header, from_line, to_line
from simulator.errors import Taken, TranscriptError
from simulator.transcript.files import Growing, locked

__all__ = [
    "Found",
    "Log",
    "default_name",
    "find_log",
    "first_difference",
    "is_trace",
    "new_log",
    "parse_log",
    "read_log",
    "trace_path",
]


def default_name(play: str, cast: Mapping[str, str], seed: int) -> str:
    """<play>-<cast>-s<seed>.jsonl; the cast is one name where both leads have the same."""
    models = dict.fromkeys(re.sub(r"[^A-Za-z0-9._]+", "-", name.partition("@http")[0]).strip("-") for name in cast.values())
    return f"{play}-{'+'.join(models)}-s{seed}.jsonl"


def _names(path: Path) -> Iterator[Path]:
    """The path, and then the same with -2, -3 and so on."""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def trace_path(path: Path) -> Path:
    """Where a transcript's trace is: NAME.trace.jsonl beside NAME.jsonl."""
    return path.with_name(f"{path.stem}.trace.jsonl")


@dataclass(frozen=True)
class Found:
    """What a transcript that may have been cut off still holds."""

    header: Header
    entries: tuple[Entry, ...]
    lines: tuple[bytes, ...]  # of the header and the entries, without newlines
    torn: bytes  # the beginning of a line that was never finished
    unended: bool  # the last line is whole but for its newline

    @property
    def size(self) -> int:
        """Bytes of all that is whole."""
        return sum(len(line) + 1 for line in self.lines) - self.unended


class Log:
    """A transcript being written. Each entry is one write; at each beat and at the end it is forced to disk."""

    def __init__(self, path: Path, go_on: Found | None = None) -> None:
        """Open a new file, or go on with what was found of one, without its torn line.

        Raises TranscriptError; nothing is ever overwritten.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = Growing(path, 0 if go_on else os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            raise Taken(f"{path} exists, and nothing is overwritten: name another file with --out") from None
        except OSError as error:
            raise TranscriptError(f"{path} cannot be written: {error.strerror}") from None
        if go_on is not None:
            self._mend(go_on)

    def _mend(self, found: Found) -> None:
        if found.torn:
            self._file.cut(found.size)
        if found.unended:
            self._file.append(b"\n")

    def begin(self, header: Header, shared: bytes = b"") -> None:
        """Write the header, and with it the lines that a fork shares with its parent."""
        self._file.append(_bytes(header) + shared)
        self._file.sync()

    def append(self, entry: Entry) -> None:
        """Write one entry. Raises TranscriptError where the disk does not take it; what was written stays valid."""
        self._file.append(_bytes(entry))
        if isinstance(entry, BeatEntry | End):
            self._file.sync()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file.size == 0:
            self.path.unlink(missing_ok=True)  # not even the header could be written
        self._file.close()


@contextmanager
def new_log(wanted: Path, *, exactly: bool) -> Iterator[Log]:
    """A new transcript that this process alone writes; where its name is taken and need not be exact, under the next free one.

    Raises Taken, and TranscriptError where there is no writing.
    """
    with ExitStack() as stack:
        yield next(filter(None, (_claimed(path, stack, exactly=exactly) for path in _names(wanted))))


def _claimed(path: Path, stack: ExitStack, *, exactly: bool) -> Log | None:
    with ExitStack() as claim:
        try:
            _has_no_trace(path)
            claim.enter_context(locked(path))
            log = claim.enter_context(Log(path))
        except Taken:
            if exactly:
                raise
            return None
        stack.enter_context(claim.pop_all())
        return log


def is_trace(path: Path) -> bool:
    """Whether a file's name is that of a trace."""
    return path.name.endswith(".trace.jsonl")


def _has_no_trace(path: Path) -> None:
    """A trace outlives its transcript: a new run would go on with it. Raises Taken."""
    if is_trace(path):
        raise Taken(f"{path} has the name of a trace: name another file with --out")
    if trace_path(path).exists():
        raise Taken(f"{trace_path(path)} is the trace of an earlier run: move it away, or name another file with --out")


def _bytes(entry: Header | Entry) -> bytes:
    return (to_line(entry) + "\n").encode("utf-8")


def read_log(path: Path) -> tuple[Header, list[Entry]]:
    """The header and entries of a whole transcript. Raises TranscriptError, with the line."""
    found = find_log(path)
    if found.torn:
        where = f"{path}:{len(found.lines) + 1}"
        raise TranscriptError(f"{where}: this line was cut off; `simulate resume {path}` goes on from the line before")
    return found.header, list(found.entries)


def find_log(path: Path) -> Found:
    """What a transcript holds; a last line that was cut off is told apart. Raises TranscriptError, with the line."""
    try:
        *lines, last = path.read_bytes().split(b"\n")
    except OSError as error:
        raise TranscriptError(f"{path} cannot be read: {error.strerror}") from None
    unended = bool(last) and _is_entry(last)
    if unended:
        lines.append(last)
    if last and not lines:
        raise TranscriptError(f"{path} was cut off in its first line: nothing had been performed")
    header, entries = parse_log(lines, str(path))
    return Found(header, tuple(entries), tuple(lines), b"" if unended else last, unended)


def _is_entry(line: bytes) -> bool:
    try:
        _parsed(line)
    except ValueError:
        return False
    return True


def parse_log(lines: Iterable[bytes], name: str) -> tuple[Header, list[Entry]]:
    """The header and entries that lines hold. Raises TranscriptError, with the line."""
    numbered = enumerate(lines, 1)
    header = next((_entry(line, name, number) for number, line in islice(numbered, 1)), None)
    if header is None:
        raise TranscriptError(f"{name} is empty: expected a transcript")
    if not isinstance(header, Header):
        raise TranscriptError(f"{name}:1: expected the header, and found {_named(header)}")
    entries: list[Entry] = []
    for number, line in numbered:
        entry = _entry(line, name, number)
        if isinstance(entry, Header):
            raise TranscriptError(f"{name}:{number}: a second header; expected it in the first line only")
        entries.append(entry)
    return header, entries


def _named(entry: Entry) -> str:
    return "the end" if isinstance(entry, End) else f"{entry.kind} {entry.id}"


def _entry(line: bytes, name: str, number: int) -> Header | Entry:
    try:
        return _parsed(line)
    except ValidationError as error:
        raise TranscriptError(f"{name}:{number}: this line is damaged: {_reason(error)}") from None
    except UnicodeDecodeError as error:
        raise TranscriptError(f"{name}:{number}: this line is damaged: byte {error.start + 1} is not UTF-8") from None


def _parsed(line: bytes) -> Header | Entry:
    return from_line(line.decode("utf-8"))


def _reason(error: ValidationError) -> str:
    detail = error.errors(include_url=False)[0]
    if detail["type"] == "json_invalid":
        return re.sub(r" at line 1 column (\d+)", r" at character \1", detail["msg"]).replace("Invalid JSON", "it is not JSON")
    place = ".".join(map(str, detail["loc"]))
    return f"{place}: {detail['msg']}" if place else detail["msg"]


def first_difference(one: Path, other: Path) -> str | None:
    """The id of the first entry in which two transcripts differ, in words; None where the bytes are the same."""
    ours, theirs = one.read_bytes(), other.read_bytes()
    if ours == theirs:
        return None
    for line, counterpart in zip(ours.splitlines(), [*theirs.splitlines(), b""], strict=False):
        if line != counterpart:
            try:
                entry = from_line(line.decode("utf-8"))
            except ValueError:  # an earlier run may have been cut off here
                return "a line that was cut off"
            return f"entry {entry.id}" if not isinstance(entry, Header | End) else f"the {entry.kind}"
    return "the end"
