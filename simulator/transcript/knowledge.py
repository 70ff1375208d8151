"""What is true and who believes what, along a run: for the reader, who sees everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from simulator.engine.entries import BeatEntry, Entry, TurnEntry, WorldEntry
from simulator.engine.world import World, apply
from simulator.play.types import Effects
from simulator.transcript.reading import Transcript, spelled

__all__ = ["Knowledge", "Row", "along", "at_ends", "effects_of", "table", "unknown_to"]

NOTHING = "–"  # no belief at all


@dataclass(frozen=True)
class Knowledge:
    """The world at one moment, and which of its facts and items the audience has been shown."""

    world: World
    shown: tuple[str, ...]  # in the order in which an event first touched them


@dataclass(frozen=True)
class Row:
    """One line of a table of beliefs."""

    name: str
    truth: str
    beliefs: Mapping[str, str]  # lead: what they believe

    def mistaken(self, lead: str) -> bool:
        """Whether a lead believes what is not so. To believe nothing is no mistake."""
        return self.beliefs.get(lead, NOTHING) not in (NOTHING, self.truth)


def effects_of(entry: Entry) -> tuple[Effects, ...]:
    """What an entry changes in the world."""
    if isinstance(entry, WorldEntry):
        return (entry.effects,)
    return tuple(done.effects for done in entry.events) if isinstance(entry, TurnEntry) else ()


def along(transcript: Transcript) -> Iterator[tuple[Entry, Knowledge]]:
    """Each entry, with what holds after it."""
    known = Knowledge(transcript.header.world, ())
    for entry in transcript.entries:
        effects = [effect for effect in effects_of(entry) if effect.model_fields_set]
        if effects:
            touched = dict.fromkeys((*known.shown, *(name for effect in effects for name in _touched(effect))))
            known = Knowledge(reduce(apply, effects, known.world), tuple(touched))
        yield entry, known


def _touched(effects: Effects) -> Iterator[str]:
    yield from effects.set
    yield from effects.move
    for beliefs in (*effects.learn.values(), *effects.locate.values()):
        yield from beliefs


def at_ends(transcript: Transcript) -> dict[str, Knowledge]:
    """What holds at each beat's end, by beat."""
    ends: dict[str, Knowledge] = {}
    beat = None
    for entry, known in along(transcript):
        beat = entry.id if isinstance(entry, BeatEntry) else beat
        if beat is not None:
            ends[beat] = known
    return ends


def unknown_to(known: Knowledge, lead: str) -> tuple[str, ...]:
    """What the audience knows and a lead does not: facts and whereabouts that were shown, and of which the lead has another
    belief than the truth, or none. Their number is the measure of dramatic irony."""
    world = known.world
    beliefs, locations = world.beliefs.get(lead, {}), world.locations.get(lead, {})
    facts = (name for name in known.shown if name in world.facts and beliefs.get(name) != world.facts[name])
    items = (name for name in known.shown if name in world.items and locations.get(name) != world.items[name])
    return (*facts, *items)


def table(world: World) -> list[Row]:
    """All facts, items and promises of a world, and what each lead believes of them."""
    facts = [
        Row(spelled(name), _word(truth), {lead: _word(held.get(name)) for lead, held in world.beliefs.items()})
        for name, truth in world.facts.items()
    ]
    items = [
        Row(
            f"where the {spelled(name)} is",
            spelled(holder),
            {lead: spelled(held.get(name, NOTHING)) for lead, held in world.locations.items()},
        )
        for name, holder in world.items.items()
    ]
    promises = [Row(f"the promise to {spelled(name)}", state, {}) for name, state in world.promises.items()]
    return facts + items + promises


def _word(value: bool | None) -> str:
    return NOTHING if value is None else "true" if value else "false"
