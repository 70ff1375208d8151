"""A log cut for comparison: into beats, and each beat into moments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from simulator.engine.entries import ActEntry, BeatEntry, Entry, Rejected, TurnEntry, WorldEntry
from simulator.transcript.reading import Transcript

__all__ = ["Moment", "Stretch", "stretches", "without_words"]

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Moment:
    """One entry, with the replies that were rejected before it."""

    entry: Entry
    rejected: tuple[Rejected, ...] = ()

    @cached_property
    def content(self) -> tuple[str, ...]:
        """All that counts as a difference. Numbers of turns do not: an inserted turn would change all that follow."""
        return tuple(entry.model_dump_json(exclude={"id"}) for entry in (*self.rejected, self.entry))

    @cached_property
    def speaker(self) -> str:
        """Who it comes from, and of what kind it is."""
        return f"{self.entry.kind}/{self.entry.by}" if isinstance(self.entry, TurnEntry | WorldEntry) else self.entry.kind

    @cached_property
    def token(self) -> tuple[str | None, ...]:
        """What makes two moments the same at a glance: the speaker and the words."""
        return self.speaker, *texts(self.entry)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that it holds."""
        return frozenset(word for text in texts(self.entry) if text for word in _WORD.findall(text.casefold()))

    @property
    def events(self) -> tuple[str, ...]:
        """The fixed events that it brings about."""
        if isinstance(self.entry, TurnEntry):
            return tuple(done.event for done in self.entry.events)
        return (self.entry.event,) if isinstance(self.entry, WorldEntry) and self.entry.event else ()


def texts(entry: Entry) -> tuple[str | None, ...]:
    """The words of an entry that somebody can hear or see, or that somebody thinks."""
    match entry:
        case TurnEntry():
            return entry.speech, entry.action, entry.aside
        case WorldEntry():
            return (entry.text,)
        case BeatEntry():
            return tuple(entry.sees.values())
        case ActEntry():
            return tuple(entry.remember.values())
        case Rejected():
            return (entry.reply,)
    return ()


@dataclass(frozen=True)
class Stretch:
    """One beat of a run; an act's beginning and the run's end are with the beat beside them."""

    id: str
    moments: tuple[Moment, ...] = field(default=())

    @property
    def turns(self) -> int:
        """The leads' turns."""
        return sum(isinstance(moment.entry, TurnEntry) for moment in self.moments)

    @property
    def rejected(self) -> int:
        """The replies that were not used."""
        return sum(len(moment.rejected) + isinstance(moment.entry, Rejected) for moment in self.moments)


def stretches(transcript: Transcript) -> dict[str, Stretch]:
    """The beats of a run, by id."""
    found: dict[str, list[Moment]] = {}
    waiting: list[Moment] = []
    current = waiting
    for moment in _moments(transcript.entries):
        if isinstance(moment.entry, ActEntry):
            current = waiting
        elif isinstance(moment.entry, BeatEntry):
            current = found.setdefault(moment.entry.id, [])
            current += waiting
            waiting = []
        current.append(moment)
    if waiting:
        found.setdefault("", []).extend(waiting)
    return {name: Stretch(name, tuple(moments)) for name, moments in found.items()}


def _moments(entries: tuple[Entry, ...]) -> Iterator[Moment]:
    rejected: tuple[Rejected, ...] = ()
    for entry in entries:
        if isinstance(entry, Rejected):
            rejected = (*rejected, entry)
        else:
            yield Moment(entry, rejected)
            rejected = ()
    yield from map(Moment, rejected)


def without_words(transcript: Transcript) -> Transcript:
    """A run's structure: who had which turns and brought about what, without any text."""
    entries = (_bare(entry) for entry in transcript.entries)
    return Transcript(transcript.name, transcript.header, tuple(entry for entry in entries if entry is not None))


def _bare(entry: Entry) -> Entry | None:
    if isinstance(entry, WorldEntry) and entry.event is None:
        return None  # a walk-on's answer is words and nothing else
    return entry.model_copy(update=_blanks(entry))


def _blanks(entry: Entry) -> dict[str, object]:
    """An entry's words, and the models they are from, as nothing."""
    match entry:
        case ActEntry():
            return {"remember": {}}
        case BeatEntry():
            return {"sees": {}}
        case WorldEntry():
            return {"text": ""}
        case Rejected():
            violations = tuple(violation.model_copy(update={"detail": ""}) for violation in entry.violations)
            return {"reply": None, "violations": violations, "model": ""}
        case TurnEntry():
            events = tuple(done.model_copy(update={"quote": ""}) for done in entry.events)
            return {**dict.fromkeys(("intent", "speech", "action", "aside")), "events": events, "sees": {}, "model": ""}
    return {}
