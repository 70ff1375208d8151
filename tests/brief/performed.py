"""A play and a log, brought into the form of the brief's tables.

A log is read here from its JSON alone, and folded by hand: the engine's own fold is one of the things under test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.play.types import Beat, Effects, LeadEvent, Play, StageEvent
from tests.brief.tables import Row, State, Value, belief_of, holder_of, location_of, stand_of, truth_of

Json = Mapping[str, Any]
Log = Sequence[Json]  # the header, then the entries

_REACHES = {"together": ("speech", "action"), "phone": ("speech",), "apart": ()}  # contact: what another lead perceives
_PARTS_OF_WORLD = ("facts", "beliefs", "items", "locations", "promises")
_PARTS_OF_EFFECTS = ("set", "learn", "move", "locate", "promise")


def _state(parts: Json, names: Sequence[str]) -> State:
    """A world, or the effects of an event, as one flat mapping."""
    facts, beliefs, items, locations, promises = (parts.get(name, {}) for name in names)
    state: dict[str, Value] = {truth_of(fact): truth for fact, truth in facts.items()}
    state |= {belief_of(lead, fact): belief for lead, held in beliefs.items() for fact, belief in held.items()}
    state |= {holder_of(item): holder for item, holder in items.items()}
    state |= {location_of(lead, item): place for lead, held in locations.items() for item, place in held.items()}
    return state | {stand_of(promise): stand for promise, stand in promises.items()}


def _after(state: State, effects: Json) -> State:
    return {**state, **_state(effects, _PARTS_OF_EFFECTS)}


# A play.


def rows_of_play(play: Play) -> list[Row]:
    """All events of a play, in the order of its files."""
    return [_row_of_event(play, beat, event) for beat in _beats(play) for event in beat.events]


def states_of_play(play: Play) -> Iterator[tuple[str | None, State]]:
    """What holds before the first event (None), and after each in the order of the files."""
    state = _beginning(play)
    yield None, state
    for event in (event for beat in _beats(play) for event in beat.events):
        state = _after(state, Effects.model_dump(event.effects))
        yield event.id, state


def _beats(play: Play) -> list[Beat]:
    return [play.beats[beat] for act in play.acts for beat in act]


def _row_of_event(play: Play, beat: Beat, event: LeadEvent | StageEvent) -> Row:
    present = play.leads if beat.floor.only is None else (beat.floor.only,)
    if isinstance(event, StageEvent):
        channel = None if event.by == "world" else "voice"
        seen_by = present if event.seen_by is None else event.seen_by
        return Row(beat.id, event.id, event.by, channel, frozenset(seen_by) & frozenset(present))
    reached = present if event.channel in _REACHES[beat.contact] else ()
    return Row(beat.id, event.id, event.by, event.channel, frozenset((event.by, *reached)))


def _beginning(play: Play) -> State:
    state: dict[str, Value] = {}
    for name, fact in play.facts.items():
        state |= {truth_of(name): fact.truth, **{belief_of(lead, name): fact.truth for lead in fact.known}}
    for name, item in play.items.items():
        state |= {holder_of(name): item.at, **{location_of(lead, name): item.at for lead in item.known}}
    return state


# A log.


@dataclass(frozen=True)
class Step:
    """One event of an entry, or an entry without any."""

    entry: Json
    beat: str  # the beat under way; empty before the first
    event: str | None = None
    channel: str | None = None
    effects: Json = field(default_factory=dict)


def steps(log: Log) -> Iterator[Step]:
    """Every entry after the header; one that holds several events comes once for each."""
    beat = ""
    for entry in log[1:]:
        beat = entry["id"] if entry["kind"] == "beat" else beat
        yield from _happened(entry, beat) or [Step(entry, beat)]


def _happened(entry: Json, beat: str) -> list[Step]:
    if entry["kind"] == "world":
        channel = None if entry["by"] == "world" else "voice"
        return [Step(entry, beat, entry["event"], channel, entry["effects"])]
    return [Step(entry, beat, done["event"], done["field"], done["effects"]) for done in entry.get("events", ())]


def rows_of_log(log: Log) -> list[Row]:
    """All events of a log, in the order in which they happened."""
    return [
        Row(step.beat, step.event, step.entry["by"], step.channel, frozenset(_perceiving(step)))
        for step in steps(log)
        if step.event is not None
    ]


def _perceiving(step: Step) -> Iterator[str]:
    """The leads whom the field of an event reaches, with all its words."""
    entry = step.entry
    for lead, part in entry["sees"].items():
        if entry["kind"] == "world" or lead == entry["by"]:
            reached = part == "full"
        elif part == "full":
            reached = step.channel in ("speech", "action")
        else:
            reached = step.channel is not None and part.get(step.channel) == entry[step.channel]
        if reached:
            yield lead


def states_of_log(log: Log) -> Iterator[tuple[str | None, State]]:
    """What holds at the header, and after each step of a log: the event, if it was one, and the state."""
    state = _state(log[0]["world"], _PARTS_OF_WORLD)
    yield None, state
    for step in steps(log):
        state = _after(state, step.effects)
        yield step.event, state


@dataclass(frozen=True)
class Reached:
    """What of somebody else's turn reached a lead."""

    turn: str
    lead: str
    contact: str
    parts: Mapping[str, str | None]  # the fields, as they reached the lead
    said: Mapping[str, str | None]  # what should have: the turn's own fields, so far as the contact lets them through
    events: tuple[str, ...]


def reached(log: Log) -> Iterator[Reached]:
    """What reached a lead of the other's turns, turn by turn."""
    contact = ""
    for entry in log[1:]:
        contact = entry["contact"] if entry["kind"] == "beat" else contact
        if entry["kind"] == "turn":
            yield from _reached_by(entry, contact)


def _reached_by(entry: Json, contact: str) -> Iterator[Reached]:
    said = {channel: entry[channel] for channel in _REACHES[contact]}
    events = tuple(done["event"] for done in entry["events"])
    for lead, part in entry["sees"].items():
        if lead != entry["by"]:
            parts = {channel: entry[channel] for channel in ("speech", "action")} if part == "full" else part
            yield Reached(entry["id"], lead, contact, parts, said, events)


def contact_of(log: Log, beat: str) -> str:
    """A beat's contact, as the log has it."""
    return next(str(entry["contact"]) for entry in log if entry["kind"] == "beat" and entry["id"] == beat)
