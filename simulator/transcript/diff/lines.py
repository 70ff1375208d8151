"""Moments as lines of a comparison: one text for each, with the words that differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulator.engine.entries import ActEntry, BeatEntry, Entry, Rejected, TurnEntry, WorldEntry
from simulator.transcript.diff.align import similarity
from simulator.transcript.diff.compare import BeatDiff, Mark, Pair
from simulator.transcript.diff.moments import Moment
from simulator.transcript.diff.words import Kind, Piece, compare_words
from simulator.transcript.reading import spelled

__all__ = ["DiffLine", "Folded", "folded", "line_of", "summed_up", "title"]

_CONTEXT = 1  # unchanged moments shown on each side of a difference


@dataclass(frozen=True)
class DiffLine:
    """One line: a moment, or a moment and its counterpart in one."""

    mark: Mark
    place: str  # within the beat: a turn's number, or an event
    name: str
    pieces: tuple[Piece, ...]
    notes: tuple[str, ...]  # what differs besides the words


@dataclass(frozen=True)
class Folded:
    """Unchanged lines that are not shown."""

    count: int


def folded(beat: BeatDiff) -> Iterator[DiffLine | Folded]:
    """A beat's lines; longer unchanged stretches are folded."""
    hidden: list[Pair] = []
    near = _near(beat.pairs)
    for pair, shown in zip(beat.pairs, near, strict=True):
        if not shown:
            hidden.append(pair)
            continue
        if hidden:
            yield Folded(len(hidden))
            hidden = []
        yield from line_of(pair, beat.id)
    if hidden:
        yield Folded(len(hidden))


def _near(pairs: Sequence[Pair]) -> list[bool]:
    """Which pairs differ or stand beside one that does; a single unchanged one between them is shown too."""
    near = [False] * len(pairs)
    for index, pair in enumerate(pairs):
        if pair.mark != "same":
            for place in range(max(0, index - _CONTEXT), min(len(pairs), index + _CONTEXT + 1)):
                near[place] = True
    return near


def line_of(pair: Pair, beat: str) -> Iterator[DiffLine]:
    """One line, or two where a moment and its counterpart have hardly a word in common."""
    one, other = pair.one, pair.other
    if one is None or other is None:
        moment = one or other
        if moment is not None:
            yield _whole(moment, beat, pair.mark)
    elif pair.mark == "same" or similarity(one, other):
        yield _joint(one, other, beat, pair.mark)
    else:
        yield _whole(one, beat, "removed")
        yield _whole(other, beat, "added")


def _whole(moment: Moment, beat: str, mark: Mark) -> DiffLine:
    kind: Kind = "same" if mark == "changed" else mark
    notes = (*_rejections(moment), *(f"{event}: {rung}" for event, rung in _rungs(moment).items()))
    return DiffLine(mark, _place(moment, beat), _name(moment.entry), ((kind, text_of(moment.entry)),), notes)


def _joint(one: Moment, other: Moment, beat: str, mark: Mark) -> DiffLine:
    pieces = tuple(compare_words(text_of(one.entry), text_of(other.entry)))
    ours, theirs = _place(one, beat), _place(other, beat)
    place = ours if ours == theirs else f"{ours}→{theirs}"
    notes = tuple(_differences(one, other)) if mark == "changed" else ()
    return DiffLine(mark, place, _name(one.entry), pieces, notes)


def _differences(one: Moment, other: Moment) -> Iterator[str]:
    """What differs besides the words."""
    ours, theirs = _rungs(one), _rungs(other)
    for event in dict.fromkeys((*ours, *theirs)):
        if ours.get(event) != theirs.get(event):
            yield f"{event}: {ours.get(event, 'none')} → {theirs.get(event, 'none')}"
    if isinstance(one.entry, TurnEntry) and isinstance(other.entry, TurnEntry):
        for name in ("by", "model", "flags"):
            before, after = getattr(one.entry, name), getattr(other.entry, name)
            if before != after:
                yield f"{name}: {_listed(before)} → {_listed(after)}"
    if one.rejected != other.rejected:
        yield from (f"A: {note}" for note in _rejections(one))
        yield from (f"B: {note}" for note in _rejections(other))


def _listed(value: str | tuple[str, ...]) -> str:
    return value or "none" if isinstance(value, str) else ", ".join(value) or "none"


def _rejections(moment: Moment) -> Iterator[str]:
    for rejected in moment.rejected:
        rules = ", ".join(dict.fromkeys(violation.rule for violation in rejected.violations))
        yield f"a reply was not used ({rules})"


def _rungs(moment: Moment) -> dict[str, str]:
    return {done.event: done.rung for done in moment.entry.events} if isinstance(moment.entry, TurnEntry) else {}


def _place(moment: Moment, beat: str) -> str:
    if isinstance(moment.entry, BeatEntry | ActEntry):
        return ""
    return getattr(moment.entry, "id", moment.entry.kind).removeprefix(f"{beat}/")


def _name(entry: Entry) -> str:
    match entry:
        case WorldEntry(by="world") | BeatEntry() | ActEntry():
            return ""
        case WorldEntry() | TurnEntry() | Rejected():
            return spelled(entry.by)
    return ""


def text_of(entry: Entry) -> str:
    """All of an entry's words as one line."""
    match entry:
        case TurnEntry():
            hidden = [f"({label}: {text})" for label, text in (("unseen", entry.aside), ("wants", entry.intent)) if text]
            return " ".join(filter(None, (entry.action and f"[{entry.action}]", entry.speech, *hidden)))
        case WorldEntry():
            return entry.text
        case BeatEntry():
            return " ".join(f"{spelled(lead)}: {scene}" for lead, scene in entry.sees.items())
        case ActEntry():
            return " ".join(f"{spelled(lead)} remembers: {text}" for lead, text in entry.remember.items())
        case Rejected():
            return entry.reply or ""
    return ""


def title(beat: BeatDiff) -> str:
    """A beat's heading."""
    return spelled(beat.id) or "before the first beat"


def summed_up(beat: BeatDiff) -> str:
    """A beat's difference in a line."""
    if not beat.one.moments or not beat.other.moments:
        return f"only in {'B' if beat.other.moments else 'A'}"
    parts = [f"{beat.count(mark)} {words}" for mark, words in _MARKS.items() if beat.count(mark)]
    return ", ".join(parts)


_MARKS: dict[Mark, str] = {"same": "the same", "changed": "changed", "removed": "only in A", "added": "only in B"}
