"""The log on disk: one entry a line, each written at once; and reading it back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from simulator.engine.entries import BeatEntry, End, Entry, Header, from_line, to_line
from simulator.errors import TranscriptError

__all__ = ["Log", "default_name", "first_difference", "free_path", "read_log", "trace_path"]


def default_name(play: str, cast: Mapping[str, str], seed: int) -> str:
    """<play>-<cast>-s<seed>.jsonl; the cast is one name where both leads have the same."""
    models = dict.fromkeys(re.sub(r"[^A-Za-z0-9._]+", "-", name.partition("@http")[0]).strip("-") for name in cast.values())
    return f"{play}-{'+'.join(models)}-s{seed}.jsonl"


def free_path(path: Path) -> Path:
    """The path, or where it is taken the same with -2, -3 and so on."""
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def trace_path(path: Path) -> Path:
    """Where a transcript's trace is: NAME.trace.jsonl beside NAME.jsonl."""
    return path.with_name(f"{path.stem}.trace.jsonl")


class Log:
    """A transcript being written. Each entry is one write; at each beat and at the end it is forced to disk."""

    def __init__(self, path: Path, *, go_on: bool = False) -> None:
        """Open a new file, or go on with one. Raises TranscriptError; nothing is ever overwritten."""
        self.path = path
        flags = os.O_WRONLY | (os.O_APPEND if go_on else os.O_CREAT | os.O_EXCL)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, flags, 0o644)
        except FileExistsError:
            raise TranscriptError(f"{path} exists, and nothing is overwritten: name another file with --out") from None
        except OSError as error:
            raise TranscriptError(f"{path} cannot be written: {error.strerror}") from None

    def append(self, entry: Header | Entry) -> None:
        """Write one entry. Raises TranscriptError where the disk does not take it; what was written stays valid."""
        data = (to_line(entry) + "\n").encode("utf-8")
        before = os.fstat(self._file).st_size
        try:
            written = os.write(self._file, data)
            if written < len(data):
                raise OSError(28, "no space left on device")
            if isinstance(entry, BeatEntry | End):
                os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, before)
            raise TranscriptError(f"{self.path} takes no more: {error.strerror}; it is kept up to the entry before") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._file)


def read_log(path: Path) -> tuple[Header, list[Entry]]:
    """The header and entries of a whole transcript. Raises TranscriptError, with the line."""
    try:
        lines = path.read_bytes().decode("utf-8").split("\n")
    except OSError as error:
        raise TranscriptError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise TranscriptError(f"{path} is not UTF-8 (byte {error.start})") from None
    if lines and lines[-1] == "":
        lines.pop()
    return parse_log(lines, str(path))


def parse_log(lines: Iterable[str], name: str) -> tuple[Header, list[Entry]]:
    """The header and entries that lines hold. Raises TranscriptError, with the line."""
    header: Header | None = None
    entries: list[Entry] = []
    for number, line in enumerate(lines, 1):
        try:
            entry = from_line(line)
        except ValidationError as error:
            reason = error.errors(include_url=False)[0]["msg"]
            raise TranscriptError(f"{name}:{number}: this line is no entry: {reason}") from None
        if isinstance(entry, Header) != (number == 1):
            raise TranscriptError(f"{name}:{number}: expected the header in the first line, and there only")
        if isinstance(entry, Header):
            header = entry
        else:
            entries.append(entry)
    if header is None:
        raise TranscriptError(f"{name} is empty: expected a transcript")
    return header, entries


def first_difference(one: Path, other: Path) -> str | None:
    """The id of the first entry in which two transcripts differ, in words; None where the bytes are the same."""
    ours, theirs = one.read_bytes(), other.read_bytes()
    if ours == theirs:
        return None
    for line, counterpart in zip(ours.splitlines(), [*theirs.splitlines(), b""], strict=False):
        if line != counterpart:
            entry = from_line(line.decode("utf-8"))
            return f"entry {entry.id}" if not isinstance(entry, Header | End) else f"the {entry.kind}"
    return "the end"
