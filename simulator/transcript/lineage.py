"""Where the lines of a transcript come from, and whether they are what its play performs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from simulator.engine.cue import Cue
from simulator.engine.entries import Entry, Header, Rejected, Revised, TurnEntry, to_line
from simulator.engine.fold import advance, begin, open_stage
from simulator.engine.scheduler import step
from simulator.engine.stage import Stage
from simulator.errors import TranscriptError
from simulator.play.types import Play
from simulator.transcript.log import Found

__all__ = ["digest", "expect_play", "hashes", "inherited", "position", "restage"]


def position(entries: Sequence[Entry], name: str) -> int | None:
    """How many entries there are up to and including the one with this id; None where there is none."""
    return next((count for count, entry in enumerate(entries, 1) if getattr(entry, "id", None) == name), None)


def digest(lines: Sequence[bytes]) -> str:
    """SHA-256 of lines, each with its newline, in hexadecimal."""
    return hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()


def _shared(header: Header, entries: Sequence[Entry]) -> int:
    """How many entries a fork has from its parent."""
    if header.parent is None:
        return 0
    return position(entries, header.parent.at) or len(entries)


def inherited(header: Header, entries: Sequence[Entry]) -> int:
    """How many entries at the beginning were performed from other files than the last: by a parent, or before a revision."""
    shared = _shared(header, entries)
    revised = [count for count, entry in enumerate(entries, 1) if isinstance(entry, Revised)]
    return max([shared, *revised])


def hashes(header: Header, entries: Sequence[Entry]) -> tuple[str, str]:
    """play_hash and lines_hash of what a run was performed from when it stopped."""
    own = [entry for entry in entries[_shared(header, entries) :] if isinstance(entry, Revised)]
    last = own[-1] if own else header
    return last.play_hash, last.lines_hash


def restage(play: Play, found: Found, name: str, *, same_play: bool) -> Stage:
    """The stage after a transcript, with every line held against the play.

    Where the play is the one that performed them, each line must be what the play performs there; a fork's shared lines
    must have their digest. Raises TranscriptError, with the line.
    """
    header, entries = found.header, found.entries
    _check_beginning(play, found, name, same_play=same_play)
    exact_from = inherited(header, entries) if same_play else len(entries)
    stage = open_stage(play, header)
    for index, entry in enumerate(entries):
        try:
            problem = (_unexpected(stage, entry) if index >= exact_from else None) or _misplaced(stage, entry)
            stage = stage if problem else advance(stage, entry)
        except LookupError as error:
            problem = f"the play has no {error}" if isinstance(error, KeyError) else str(error)
        if problem:
            raise TranscriptError(f"{name}:{index + 2}: this line is damaged, or lines before it are missing: {problem}")
    return stage


def expect_play(play: Play, header: Header, name: str) -> None:
    """Raises TranscriptError where a transcript is of a play by another name."""
    if header.play != play.id:
        raise TranscriptError(
            f"{name} was performed from the play {header.play!r}, not {play.id!r}: name its folder with --play"
        )


def _check_beginning(play: Play, found: Found, name: str, *, same_play: bool) -> None:
    header, parent = found.header, found.header.parent
    if set(header.cast) != set(play.leads):
        cast, leads = " and ".join(header.cast), " and ".join(play.leads)
        raise TranscriptError(f"{name}:1: the cast is {cast}, and the leads of {play.id} are {leads}")
    if parent is not None:
        at = position(found.entries, parent.at)
        if at is None:
            raise TranscriptError(f"{name} ends before {parent.at}, where it leaves its parent: delete it, and fork again")
        if digest(found.lines[1 : at + 1]) != parent.sha256:
            raise TranscriptError(f"{name}: lines 2 to {at + 1} are damaged: they are not those of its parent")
    elif same_play and not inherited(header, found.entries) and begin(play, header.seed, header.cast) != header:
        raise TranscriptError(f"{name}:1: this line is damaged: a run of {play.id} from seed {header.seed} begins otherwise")


def _misplaced(stage: Stage, entry: Entry) -> str | None:
    """What is wrong with a turn's number, or that of a rejected reply."""
    if not isinstance(entry, TurnEntry | Rejected):
        return None
    turn = f"{stage.current.id}/{stage.turn + 1}"
    expected = turn if isinstance(entry, TurnEntry) else f"{turn}~{len(stage.rejected) + 1}"
    return None if entry.id == expected else f"expected {expected}, and found {entry.id}"


def _unexpected(stage: Stage, entry: Entry) -> str | None:
    """How an entry differs from what the play performs at this point."""
    coming = step(stage)
    if coming is None:
        return "the run had ended"
    if isinstance(coming, Cue):
        fits = isinstance(entry, TurnEntry | Rejected) and entry.by == coming.by and entry.id.startswith(coming.id)
        return None if fits else f"expected turn {coming.id} of {coming.by}, and found {_name(entry)}"
    if to_line(entry) == to_line(coming):
        return None
    return f"expected {_name(coming)}" + (" in other words" if _name(entry) == _name(coming) else f", and found {_name(entry)}")


def _name(entry: Entry) -> str:
    return f"{entry.kind} {getattr(entry, 'id', '')}".rstrip()
