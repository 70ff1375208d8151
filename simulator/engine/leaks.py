"""Secrets that were told in a run, read off its log.

*Strategic*: the speaker knew, had to keep it from the other, and said it; the contract rejects what its patterns find, so any
that is left here is a fault of the engine. *Epistemic*: the speaker could not know, and said it all the same: a guess, or a
model that has seen the film. It is never rejected, since a note about it would itself be the secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Literal

from simulator.engine.entries import Entry, Header, TurnEntry, WorldEntry
from simulator.engine.evidence import gives_away
from simulator.engine.world import World, apply
from simulator.play.types import Beat, Play

__all__ = ["Leak", "leaks"]


@dataclass(frozen=True)
class Leak:
    """One sentence that tells a secret."""

    kind: Literal["strategic", "epistemic"]
    turn: str  # id of the entry
    by: str
    fact: str
    words: str


def leaks(play: Play, header: Header, entries: Iterable[Entry]) -> Iterator[Leak]:
    """Every secret told in a run, in order."""
    world = header.world
    for entry in entries:
        if isinstance(entry, WorldEntry):
            world = apply(world, entry.effects)
        elif isinstance(entry, TurnEntry):
            after = reduce(apply, (done.effects for done in entry.events), world)
            yield from _told(play, entry, world, after)
            world = after


def _told(play: Play, entry: TurnEntry, before: World, after: World) -> Iterator[Leak]:
    beat, other = play.beats[entry.id.partition("/")[0]], play.other(entry.by)
    for name, fact in play.facts.items():
        words = gives_away(fact.fingerprints, entry.speech or "") or gives_away(fact.fingerprints, entry.action or "")
        if words is None:
            continue
        truth = before.facts[name]
        if after.beliefs[entry.by].get(name) != truth:
            yield Leak("epistemic", entry.id, entry.by, name, words)
        elif other in entry.sees and after.beliefs[other].get(name) != truth and _concealed(beat, name, entry.by):
            yield Leak("strategic", entry.id, entry.by, name, words)


def _concealed(beat: Beat, fact: str, by: str) -> bool:
    return any(conceal.fact == fact and conceal.by == by for conceal in beat.conceal)
