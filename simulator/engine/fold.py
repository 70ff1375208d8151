"""The fold: from the log to the stage, one entry at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce

from simulator.engine.entries import ActEntry, BeatEntry, End, Entry, Header, Rejected, Revised, TurnEntry, WorldEntry
from simulator.engine.mind import Own, begin_act, begin_beat, begin_mind, own_reply, perceive, project
from simulator.engine.offers import offers
from simulator.engine.stage import Stage
from simulator.engine.world import apply, initial_world
from simulator.play.circumstances import fill
from simulator.play.deadlines import deadlines
from simulator.play.types import Effects, Play

__all__ = ["advance", "begin", "fold", "open_stage"]


def begin(play: Play, seed: int, cast: Mapping[str, str]) -> Header:
    """The first line of a new run."""
    return Header(
        play=play.id,
        play_hash=play.play_hash(),
        lines_hash=play.lines_hash(),
        seed=seed,
        cast={lead: cast[lead] for lead in play.leads},
        world=initial_world(play, seed),
    )


def open_stage(play: Play, header: Header) -> Stage:
    """The stage before the first entry after the header."""
    values = header.world.circumstances
    minds = {lead: begin_mind(play, lead, fill(play.personas[lead].prompt, values)) for lead in play.leads}
    return Stage(play=play, seed=header.seed, cast=header.cast, world=header.world, minds=minds)


def fold(play: Play, header: Header, entries: Iterable[Entry]) -> Stage:
    """The stage after a log."""
    return reduce(advance, entries, open_stage(play, header))


def advance(stage: Stage, entry: Entry) -> Stage:  # noqa: PLR0911 (one for each kind of entry)
    """The stage after one more entry."""
    match entry:
        case ActEntry():
            minds = {lead: begin_act(mind, entry) for lead, mind in stage.minds.items()}
            return replace(stage, act=stage.act + 1, minds=minds)
        case BeatEntry():
            return _begin_beat(stage, entry)
        case WorldEntry():
            return _after_world(stage, entry)
        case Rejected():
            return replace(stage, rejected=(*stage.rejected, entry))
        case TurnEntry():
            return _after_turn(stage, entry)
        case Revised():
            return stage
        case End():
            return replace(stage, ended=True)


def _begin_beat(stage: Stage, entry: BeatEntry) -> Stage:
    beat = stage.play.beats[entry.id]
    return replace(
        stage,
        beat=beat,
        due=deadlines(beat, stage.play.leads),
        minds={lead: begin_beat(mind, entry) for lead, mind in stage.minds.items()},
        turn=0,
        done={},
        resting=frozenset(),
        said=frozenset(),
        last_turn=None,
        answered=True,
        rejected=(),
    )


def _after_world(stage: Stage, entry: WorldEntry) -> Stage:
    voice = stage.beat.voice if stage.beat else None
    stage = _perceived(stage, entry)
    if entry.event is None:
        return replace(stage, said=stage.said | {entry.text}, answered=True)
    return replace(
        stage,
        world=apply(stage.world, entry.effects),
        done={**stage.done, entry.event: stage.turn},
        answered=stage.answered or (voice is not None and entry.by == voice.by),
    )


def _after_turn(stage: Stage, entry: TurnEntry) -> Stage:
    marks = {offer.event.id: offer.mark for offer in offers(stage, entry.by)}
    stage = _perceived(stage, entry)
    mind = perceive(stage.minds[entry.by], _own(entry, marks))
    effects: list[Effects] = [done.effects for done in entry.events]
    return replace(
        stage,
        world=reduce(apply, effects, stage.world),
        minds={**stage.minds, entry.by: mind},
        turn=stage.turn + 1,
        done={**stage.done, **{done.event: stage.turn + 1 for done in entry.events}},
        resting=(stage.resting - {entry.by}) | ({entry.by} if entry.events else set()),
        last_turn=entry,
        answered=False,
        rejected=(),
    )


def _own(entry: TurnEntry, marks: Mapping[str, str]) -> Own:
    return Own(
        reply=own_reply(entry, marks),
        quotes={done.event: done.quote for done in entry.events},
        speech=entry.speech or "",
        business=entry.action is not None and not any(done.field == "action" for done in entry.events),
    )


def _perceived(stage: Stage, entry: Entry) -> Stage:
    minds = dict(stage.minds)
    for lead, mind in minds.items():
        perception = project(entry, lead, stage.play)
        if perception is not None:
            minds[lead] = perceive(mind, perception)
    return replace(stage, minds=minds)
