"""The scheduler: what comes next in a run. `step` says it, and changes nothing."""

from __future__ import annotations

import re

from simulator.engine.chance import choose, fraction, sampling_seed
from simulator.engine.contract import Contract, Offer, Recent, Rule, Secret
from simulator.engine.cue import Cue
from simulator.engine.entries import ActEntry, BeatEntry, End, Entry, TurnEntry, WorldEntry
from simulator.engine.evidence import normalise
from simulator.engine.manners import HARD_MANNERS, SOFT_MANNERS
from simulator.engine.offers import offers
from simulator.engine.prompt import Breath, Now, messages
from simulator.engine.rules import PLOT_RULES
from simulator.engine.settle import ATTEMPTS, give_way
from simulator.engine.stage import Stage
from simulator.play.circumstances import fill
from simulator.play.types import Beat, Effects, StageEvent, Voice

__all__ = ["step"]

RULES: tuple[Rule, ...] = (*PLOT_RULES, *HARD_MANNERS, *SOFT_MANNERS)
_BREATHS = ((0.20, Breath(1, 6)), (0.70, Breath(7, 18)), (0.95, Breath(19, 35)), (1.0, Breath(0, 0)))
_SPOKEN = Breath(7, 18)  # where silence was drawn and words are required


def step(stage: Stage) -> Entry | Cue | None:
    """What comes next: an entry that the simulator itself writes, a cue for a model, or None when the run is over.

    In this order: what the world does, what a walk-on answers, the next beat, the words that stand in for a model that had
    nothing usable, and else a cue. The caller appends the entry, or the one that settles the cue, and advances the stage.
    """
    if stage.ended:
        return None
    if stage.beat is None:
        return _next_beat(stage)
    return _stage_event(stage) or _answer_of_walk_on(stage) or _next_beat(stage) or _lead_turn(stage)


def _stage_event(stage: Stage) -> WorldEntry | None:
    """The first of the world's and walk-ons' events that is due now, in the file's order."""
    for event in stage.to_perform():
        if stage.done.keys() >= set(event.after) and (event.at is None or event.at <= stage.turn + 1):
            return _perform(stage, event)
    return None


def _perform(stage: Stage, event: StageEvent) -> WorldEntry:
    text = fill(choose(event.text, stage.seed, "text", *event.text), stage.values)
    present = stage.current.present(stage.play.leads)
    return WorldEntry(
        id=f"{stage.current.id}/{event.id}",
        event=event.id,
        by=event.by,
        text=text,
        effects=event.effects,
        sees={lead: "full" for lead in present if event.seen_by is None or lead in event.seen_by},
    )


def _answer_of_walk_on(stage: Stage) -> WorldEntry | None:
    voice, heard = stage.current.voice, stage.last_turn
    if voice is None or heard is None or stage.answered or heard.by != voice.after_turns_of:
        return None
    if not stage.done.keys() >= set(voice.after):
        return None
    for reply in voice.replies:
        if reply.when is None or re.search(reply.when, normalise(heard.speech or ""), re.IGNORECASE):
            unused = [line for line in (fill(line, stage.values) for line in reply.lines) if line not in stage.said]
            if unused:
                return _answer(stage, voice, heard, choose(unused, stage.seed, "voice", *_own_turn(stage, heard.by)))
    return None


def _answer(stage: Stage, voice: Voice, heard: TurnEntry, line: str) -> WorldEntry:
    return WorldEntry(
        id=f"{heard.id}.{voice.by}",
        event=None,
        by=voice.by,
        text=line,
        effects=Effects(),
        sees={lead: "full" for lead in voice.seen_by},  # noqa: C420 (keeps the literal's type)
    )


def _own_turn(stage: Stage, lead: str) -> tuple[str, int, int]:
    """What draws for a lead's coming turn are keyed by: their k-th beat, and their n-th turn there."""
    return lead, stage.minds[lead].beats, stage.minds[lead].turns + 1


def _next_beat(stage: Stage) -> Entry | None:
    if stage.beat is not None and not _is_over(stage, stage.beat):
        return None
    order = [(number, beat) for number, act in enumerate(stage.play.acts, 1) for beat in act]
    place = 0 if stage.beat is None else [beat for _, beat in order].index(stage.beat.id) + 1
    if place == len(order):
        return End()
    act, beat = order[place]
    return _act_entry(stage) if act > stage.act else _beat_entry(stage, stage.play.beats[beat])


def _is_over(stage: Stage, beat: Beat) -> bool:
    # The log may name events that this version of the play no longer has.
    return stage.turn >= beat.turns.min and all(event.id in stage.done for event in beat.events)


def _act_entry(stage: Stage) -> ActEntry:
    remember = {}
    beats = stage.play.acts[stage.act - 1] if stage.act else ()
    for lead in stage.play.leads:
        kept = [stage.play.beats[beat].remember.get(lead) for beat in beats]
        if any(kept):
            quotes = stage.minds[lead].quotes
            remember[lead] = " ".join(fill(text, stage.values, quotes) for text in kept if text)
    return ActEntry(id=f"act/{stage.act + 1}", remember=remember)


def _beat_entry(stage: Stage, beat: Beat) -> BeatEntry:
    present = beat.present(stage.play.leads)
    sees = {
        lead: fill(choose(beat.scene[lead], stage.seed, "text", *beat.scene[lead]), stage.values)
        for lead in present
        if lead in beat.scene
    }
    return BeatEntry(id=beat.id, place=beat.place, contact=beat.contact, present=present, sees=sees)


def _lead_turn(stage: Stage) -> Entry | Cue:
    cue = _cue(stage)
    return give_way(stage, cue) if cue.attempt > ATTEMPTS else cue


def _cue(stage: Stage) -> Cue:
    beat, turn = stage.current, stage.turn + 1
    lead = beat.speaker(turn, stage.play.leads)
    offered, key, attempt = offers(stage, lead), _own_turn(stage, lead), len(stage.rejected) + 1
    now = Now(
        brief=fill(beat.brief[lead], stage.values),
        verb=choose(beat.tries.get(lead, stage.play.personas[lead].tries), stage.seed, "try", *key),
        breath=_breath(stage, lead, offered),
        offers=offered,
    )
    notes = stage.rejected[-1].violations if stage.rejected else ()
    return Cue(
        id=f"{beat.id}/{turn}",
        by=lead,
        attempt=attempt,
        messages=messages(stage.minds[lead], now, notes),
        sampling_seed=sampling_seed(stage.seed, "sample", *key, attempt),
        contract=_contract(stage, lead, now),
    )


def _contract(stage: Stage, lead: str, now: Now) -> Contract:
    """The terms of a lead's turn, of which nothing depends on what is hidden from that lead."""
    beat, offered, mind = stage.current, now.offers, stage.minds[lead]
    known = {event.id for event in beat.events if beat.perceives(lead, event, stage.play.leads)}
    return Contract(
        speaker=lead,
        rules=RULES,
        other=stage.play.personas[stage.play.other(lead)].name,
        notes=(stage.play.personas[lead].prompt, beat.brief[lead]),  # circumstances, unfilled, may be said
        breath=(now.breath.low, now.breath.high) if now.breath.high else None,
        recent=Recent(mind.said, mind.last_heard, mind.met, mind.turns, mind.actions),
        offers=offered,
        required=next((offer.event for offer in offered if offer.rung == "required"), None),
        undone=stage.to_come(lead),
        done=frozenset(stage.done.keys() & known),
        alone=beat.contact == "apart" or len(beat.present(stage.play.leads)) == 1,
        secrets=tuple(_secrets(stage, lead)),
        reserved=beat.reserved,
        forbidden=tuple(forbidden for forbidden in beat.forbid if forbidden.by in (None, lead)),
    )


def _secrets(stage: Stage, lead: str) -> list[Secret]:
    """What the lead keeps from the other here; an event of this beat that tells the other the truth lifts it."""
    secrets = []
    for conceal in stage.current.conceal:
        if conceal.by != lead:
            continue
        truth = stage.world.beliefs[lead].get(conceal.fact)
        lifted_by = frozenset(
            event.id
            for event in stage.current.events
            if event.learn.get(conceal.from_, {}).get(conceal.fact, not truth) == truth
        )
        secrets.append(Secret(stage.play.facts[conceal.fact].fingerprints, lifted_by))
    return secrets


def _breath(stage: Stage, lead: str, offered: tuple[Offer, ...]) -> Breath:
    own = stage.current.breath.get(lead)
    if own is not None:
        return Breath(*own)
    drawn = fraction(stage.seed, "breath", *_own_turn(stage, lead))
    breath = next(breath for limit, breath in _BREATHS if drawn < limit)
    must_speak = any(offer.rung == "required" and offer.event.channel == "speech" for offer in offered)
    return _SPOKEN if must_speak and breath.high == 0 else breath
