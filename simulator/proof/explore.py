"""Every state of a play that a run can reach, found with the engine itself.

In each turn a lead may bring about any of their permitted events, one or several, in any order that the contract takes, or
none; what is required comes in any case. Replies differ in nothing else that the plot depends on, so this is all that any
model can do. One seed is enough: draws decide words and hints, never what is permitted or required.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from simulator.engine.contract import Contract
from simulator.engine.cue import Cue
from simulator.engine.entries import BeatEntry, End, Happened, TurnEntry, WorldEntry
from simulator.engine.fold import advance, begin, open_stage
from simulator.engine.scheduler import step
from simulator.engine.stage import Stage
from simulator.engine.world import World, apply
from simulator.play.types import LeadEvent, Play, StageEvent

__all__ = ["LIMIT", "BeatStates", "Change", "Exploration", "Moment", "explore", "required_now"]

LIMIT = 20_000  # states of one beat; past it nothing is claimed
_TRIES = 10  # ways to a state that are tried, on the average
_RANK = {"action": 0, "speech": 1, "aside": 2}  # the order in which a turn's fields are read for events
_Key = tuple[int, frozenset[str], str]


@dataclass(frozen=True)
class Moment:
    """One reachable state: before a lead's turn, or at a beat's end."""

    stage: Stage
    cue: Cue | None  # None at the end of a beat
    before: tuple[str, ...]  # what had happened in this beat, in order, each as "turn 2 event"


@dataclass(frozen=True)
class Change:
    """An event in one reachable state: the world before and after it."""

    event: LeadEvent | StageEvent
    before: World
    after: World
    path: tuple[str, ...]  # the events of the beat up to this one


@dataclass
class BeatStates:
    """All that was found of one beat."""

    beat: str
    starts: list[Moment] = field(default_factory=list)  # the first cue, for each world that the beat can begin with
    moments: list[Moment] = field(default_factory=list)  # before a lead's turn
    ends: list[Moment] = field(default_factory=list)  # one for each world that it can leave
    stuck: list[Moment] = field(default_factory=list)  # past the last turn, with events undone
    changes: list[Change] = field(default_factory=list)
    states: int = 0
    lengths: set[int] = field(default_factory=set)  # turns that it can take
    complete: bool = True  # False: the limit was reached


@dataclass(frozen=True)
class Exploration:
    """A play's reachable states, beat by beat in the order of performance."""

    play: Play
    beats: Mapping[str, BeatStates]
    limit: int  # states of one beat, at most

    @property
    def complete(self) -> bool:
        """Whether all states were seen."""
        return len(self.beats) == len(self.play.beats) and all(beat.complete and beat.ends for beat in self.beats.values())

    @property
    def last_worlds(self) -> list[World]:
        """The worlds that a run can end with."""
        return [end.stage.world for end in list(self.beats.values())[-1].ends] if self.complete else []


def explore(play: Play, limit: int = LIMIT) -> Exploration:
    """All states that runs of a play can reach, up to a limit of states for each beat."""
    header = begin(play, 0, dict.fromkeys(play.leads, "proof"))
    stages = [open_stage(play, header)]
    found: dict[str, BeatStates] = {}
    for beat in play.beats:
        states = _Search(beat, limit).run(stages)
        found[beat] = states
        stages = [end.stage for end in states.ends]
        if not stages or not states.complete:
            break
    return Exploration(play, found, limit)


def required_now(stage: Stage, lead: str) -> list[LeadEvent]:
    """The events that must happen in a lead's coming turn; a sound beat has one at most."""
    turn = stage.turn + 1
    return [
        event
        for event in stage.to_come(lead)
        if stage.done.keys() >= set(event.waits_for)
        and (event.window is None or event.window[0] <= turn)
        and (event.answers is not None or turn >= stage.due[event.id])
    ]


class _TooMany(Exception):
    """The limit of states was reached."""


class _Search:
    """A search through one beat, turn by turn, so that the first path to a state is a shortest one."""

    def __init__(self, beat: str, limit: int) -> None:
        self.found = BeatStates(beat)
        self.limit = limit
        self.seen: set[_Key] = set()
        self.reached: set[_Key] = set()  # turns already led to, before what the world does next
        self.tried = 0
        self.changes: set[tuple[str, str]] = set()
        self.ended: set[str] = set()

    def run(self, stages: list[Stage]) -> BeatStates:
        queue = [self._settled(_opened(stage), ()) for stage in stages]
        self.found.starts = [moment for moment in queue if moment.cue is not None]
        try:
            while queue:
                queue = [following for moment in queue for following in self._visit(moment)]
        except _TooMany:
            self.found.complete = False
        return self.found

    def _visit(self, moment: Moment) -> list[Moment]:
        stage = moment.stage
        key = (stage.turn, frozenset(stage.done), _text(stage.world))
        if key in self.seen:
            return []
        self.seen.add(key)
        self.found.states = len(self.seen)
        if len(self.seen) > self.limit:
            raise _TooMany
        if moment.cue is None:
            self._end(moment, key[2])
            return []
        if stage.turn >= stage.current.turns.max:
            self.found.stuck.append(moment)
            return []
        self.found.moments.append(moment)
        return [self._after(moment, moment.cue, events) for events in self._untried(stage, moment.cue.contract)]

    def _untried(self, stage: Stage, contract: Contract) -> Iterator[tuple[LeadEvent, ...]]:
        """What a turn can bring about that leads to something new. Raises _TooMany."""
        for events, world in _choices(stage, contract, self.limit):
            key = (stage.turn + 1, frozenset((*stage.done, *(event.id for event in events))), world)
            self.tried += 1
            if self.tried > _TRIES * self.limit:
                raise _TooMany
            if key not in self.reached:
                self.reached.add(key)
                yield events

    def _end(self, moment: Moment, world: str) -> None:
        self.found.lengths.add(moment.stage.turn)
        if world not in self.ended:
            self.ended.add(world)
            self.found.ends.append(moment)

    def _after(self, moment: Moment, cue: Cue, events: tuple[LeadEvent, ...]) -> Moment:
        stage, path, world = moment.stage, moment.before, moment.stage.world
        for event in events:
            path = (*path, f"turn {stage.turn + 1} {event.id}")
            world = self._note(event, world, path)
        return self._settled(_forgotten(advance(stage, _turn(cue, events))), path)

    def _settled(self, stage: Stage, path: tuple[str, ...]) -> Moment:
        """The state once the world has done what it does before the next turn."""
        while isinstance(coming := step(stage), WorldEntry):
            event = next(event for event in stage.to_perform() if event.id == coming.event)
            path = (*path, f"before turn {stage.turn + 1} {event.id}")
            self._note(event, stage.world, path)
            stage = _forgotten(advance(stage, coming))
        return Moment(stage, coming if isinstance(coming, Cue) else None, path)

    def _note(self, event: LeadEvent | StageEvent, world: World, path: tuple[str, ...]) -> World:
        after = apply(world, event.effects) if _changes(event) else world
        key = (event.id, _text(world))
        if key not in self.changes:
            self.changes.add(key)
            self.found.changes.append(Change(event, world, after, path))
        return after


def _opened(stage: Stage) -> Stage:
    """The stage once the next beat has begun."""
    begun = False
    while not begun:
        coming = step(stage)
        if coming is None or isinstance(coming, Cue | End):
            raise LookupError("there is no next beat")
        begun = isinstance(coming, BeatEntry)
        stage = _forgotten(advance(stage, coming))
    return stage


def _forgotten(stage: Stage) -> Stage:
    """The stage without what was said, and with walk-ons silent: neither moves the plot."""
    minds = {lead: replace(mind, memory=(), history=(), heard=(), quotes={}) for lead, mind in stage.minds.items()}
    return replace(stage, minds=minds, answered=True, resting=frozenset(), last_turn=None)


def _turn(cue: Cue, events: tuple[LeadEvent, ...]) -> TurnEntry:
    happened = tuple(
        Happened(event=event.id, field=event.channel, quote="", rung="free", claimed=False, effects=event.effects)
        for event in events
    )
    return TurnEntry(
        id=cue.id,
        by=cue.by,
        model="proof",
        intent=None,
        speech=None,
        action=None,
        aside=None,
        events=happened,
        flags=(),
        sees={},
    )


def _choices(stage: Stage, contract: Contract, limit: int) -> Iterator[tuple[tuple[LeadEvent, ...], str]]:
    """All that a lead's turn can bring about: one way for each set of events and world (as text) that it leads to.

    A turn's fields are read in a fixed order, and an event counts once what it waits for is done. What is required and was
    left out is added at the end, as the author's words are. Raises _TooMany.
    """
    required = next((event for event in contract.undone if contract.required and event.id == contract.required.id), None)
    changing = {event.id for event in contract.undone if _changes(event)}
    waiting = deque([_Way((), frozenset(), stage.world, _text(stage.world))])
    ways: set[tuple[frozenset[str], int, str]] = set()
    results: set[tuple[frozenset[str], str]] = set()
    while waiting:
        way = waiting.popleft()
        rank = _RANK[way.events[-1].channel] if way.events else 0
        if (key := (way.done, rank, way.text)) in ways:
            continue
        ways.add(key)
        if len(ways) > limit:
            raise _TooMany
        whole = way if required is None or required.id in way.done else way.and_then(required, changing)
        if (whole.done, whole.text) not in results:
            results.add((whole.done, whole.text))
            yield whole.events, whole.text
        waiting.extend(
            way.and_then(event, changing)
            for event in contract.undone
            if event.id not in way.done
            and _RANK[event.channel] >= rank
            and (contract.done | way.done).issuperset(event.waits_for)
        )


@dataclass(frozen=True)
class _Way:
    """One way in which a turn can go: the events so far, and the world after them."""

    events: tuple[LeadEvent, ...]
    done: frozenset[str]
    world: World
    text: str

    def and_then(self, event: LeadEvent, changing: set[str]) -> _Way:
        if event.id not in changing:
            return _Way((*self.events, event), self.done | {event.id}, self.world, self.text)
        world = apply(self.world, event.effects)
        return _Way((*self.events, event), self.done | {event.id}, world, _text(world))


def _changes(event: LeadEvent | StageEvent) -> bool:
    return bool(event.set or event.learn or event.move or event.locate or event.promise)


def _text(world: World) -> str:
    """A world as a key, the same for worlds that are the same."""
    parts = (world.facts, world.beliefs, world.items, world.locations, world.promises)
    return json.dumps(parts, sort_keys=True)
