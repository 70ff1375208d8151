"""Two runs compared: what they have in common from the start, where they part, and what differs in each beat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from simulator.engine.entries import TurnEntry
from simulator.engine.world import World
from simulator.transcript.diff.align import align
from simulator.transcript.diff.moments import Moment, Stretch, stretches, without_words
from simulator.transcript.diff.parting import Parting, find_parting
from simulator.transcript.knowledge import at_ends, table
from simulator.transcript.reading import Transcript, as_perceived

__all__ = ["BeatDiff", "Belief", "Comparison", "EventDiff", "Mark", "Pair", "compare"]

Mark = Literal["same", "changed", "removed", "added"]


@dataclass(frozen=True)
class Pair:
    """A moment of one run beside its counterpart in the other; one of them may be missing."""

    one: Moment | None
    other: Moment | None

    @cached_property
    def mark(self) -> Mark:
        """How they compare."""
        if self.one is None:
            return "added"
        if self.other is None:
            return "removed"
        return "same" if self.one.content == self.other.content else "changed"


@dataclass(frozen=True)
class EventDiff:
    """A fixed event, and by which rung it came in each run: `none` where it did not come, `stage` for the simulator's own."""

    event: str
    one: str
    other: str


@dataclass(frozen=True)
class Belief:
    """Something that stands otherwise at a beat's end."""

    name: str  # "NAME" for the truth, "LEAD on NAME" for what a lead believes
    one: str
    other: str


@dataclass(frozen=True)
class BeatDiff:
    """One beat in both runs; a run that has not got it has an empty stretch."""

    id: str
    one: Stretch
    other: Stretch
    pairs: tuple[Pair, ...]
    events: tuple[EventDiff, ...]
    beliefs: tuple[Belief, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs in it."""
        return all(pair.mark == "same" for pair in self.pairs)

    def count(self, mark: Mark) -> int:
        """How many moments are marked so."""
        return sum(pair.mark == mark for pair in self.pairs)


@dataclass(frozen=True)
class Comparison:
    """All that differs between two runs."""

    one: Transcript
    other: Transcript
    lead: str | None  # whose perception was compared
    words: bool  # whether words were compared
    parting: Parting | None
    beats: tuple[BeatDiff, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs. The headers count where all was compared: not for one lead's view, nor for structure."""
        narrowed = self.lead is not None or not self.words
        return self.parting is None and (narrowed or self.one.header == self.other.header)


def compare(one: Transcript, other: Transcript, *, lead: str | None = None, words: bool = True) -> Comparison:
    """Compare two runs: whole, as one lead perceived them, or without their words. Raises UsageError."""
    ours, theirs = (_narrowed(transcript, lead, words) for transcript in (one, other))
    return Comparison(one, other, lead, words, find_parting(ours.entries, theirs.entries), tuple(_beats(ours, theirs)))


def _narrowed(transcript: Transcript, lead: str | None, words: bool) -> Transcript:
    perceived = as_perceived(transcript, lead) if lead else transcript
    return perceived if words else without_words(perceived)


def _beats(one: Transcript, other: Transcript) -> Iterator[BeatDiff]:
    ours, theirs = stretches(one), stretches(other)
    our_ends, their_ends = at_ends(one), at_ends(other)
    for name in _in_order(list(ours), list(theirs)):
        mine, counterpart = ours.get(name, Stretch(name)), theirs.get(name, Stretch(name))
        ends = [end for end in (our_ends.get(name), their_ends.get(name)) if end is not None]
        yield BeatDiff(
            name,
            mine,
            counterpart,
            tuple(Pair(*couple) for couple in align(mine.moments, counterpart.moments)),
            tuple(_events(mine, counterpart)),
            tuple(_beliefs(ends[0].world, ends[1].world)) if len(ends) == 2 else (),
        )


def _in_order(ours: list[str], theirs: list[str]) -> list[str]:
    """All beats in the first run's order; one that only the second has stands after what it follows there."""
    order = list(ours)
    for index, name in enumerate(theirs):
        if name not in order:
            order.insert(order.index(theirs[index - 1]) + 1 if index else 0, name)
    return order


def _events(one: Stretch, other: Stretch) -> Iterator[EventDiff]:
    ours, theirs = _rungs(one), _rungs(other)
    for event in dict.fromkeys((*ours, *theirs)):
        yield EventDiff(event, ours.get(event, "none"), theirs.get(event, "none"))


def _rungs(stretch: Stretch) -> Mapping[str, str]:
    rungs: dict[str, str] = {}
    for moment in stretch.moments:
        if isinstance(moment.entry, TurnEntry):
            rungs |= {done.event: done.rung for done in moment.entry.events}
        else:
            rungs |= dict.fromkeys(moment.events, "stage")
    return rungs


def _beliefs(one: World, other: World) -> Iterator[Belief]:
    ours, theirs = _stated(one), _stated(other)
    for name in dict.fromkeys((*ours, *theirs)):
        if ours.get(name) != theirs.get(name):
            yield Belief(name, ours.get(name, "–"), theirs.get(name, "–"))


def _stated(world: World) -> dict[str, str]:
    stated: dict[str, str] = {}
    for row in table(world):
        stated[row.name] = row.truth
        stated |= {f"{lead} on {row.name}": belief for lead, belief in row.beliefs.items()}
    return stated
