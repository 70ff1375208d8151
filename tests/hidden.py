"""Changing everything that is hidden from one lead, and listening to what that lead's model is asked.

A base evening gives both leads their words. It is performed again from those words, in the play as it is and in a play that
differs in all that the lead cannot know; what the lead perceives is the same in both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from simulator.engine import scheduler
from simulator.engine.contract import REPLY_SCHEMA, Turn, realised
from simulator.engine.cue import Cue
from simulator.engine.entries import TurnEntry
from simulator.engine.fold import advance, begin, open_stage
from simulator.engine.settle import settle
from simulator.play.types import Beat, Conceal, Effects, Event, LeadEvent, Play, StageEvent
from tests.rehearsal import default, perform_play

Words = Mapping[tuple[int, int], str]  # (number of the beat, turn): reply


@dataclass(frozen=True)
class Hidden:
    """What differs, all of it hidden from the lead."""

    noise: str = ""  # mixed into every name and text that the lead never perceives
    rejected_at: frozenset[int] = frozenset()  # turns (over the whole run) whose other lead has a reply rejected first
    late: bool = False  # the other's deeds that show nothing are done two turns later
    intents: str = ""  # what the other wants; with it, they claim what they did


@dataclass(frozen=True)
class Asked:
    """One request for the lead, and what became of the reply."""

    at: tuple[int, int, int]  # number of the beat, turn, attempt
    request: str
    outcome: str


@cache
def words(seed: int) -> Words:
    """What both leads say and do in the base evening, without claims."""
    beats = list(default().beats)
    said = {}
    for entry in perform_play(default(), seed)[1]:
        if isinstance(entry, TurnEntry):
            beat, _, turn = entry.id.partition("/")
            fields = {name: getattr(entry, name) for name in ("intent", "speech", "action", "aside")}
            said[beats.index(beat), int(turn)] = json.dumps({**fields, "intent": entry.intent or "", "claims": []})
    return said


def asked(play: Play, lead: str, seed: int, hidden: Hidden, blurt: Callable[[int], str | None]) -> list[Asked]:
    """Every request for a lead in a performance from the base evening's words.

    `blurt` gives a first reply of the lead's own for the n-th turn of the run, or None: to see what is told of it.
    """
    model = f"model-{hidden.noise}" if hidden.noise else "model"
    cast = {one: "model" if one == lead else model for one in play.leads}
    stage, beats, found, number = open_stage(play, begin(play, seed, cast)), list(play.beats), list[Asked](), 0
    said = _later(words(seed), play, lead) if hidden.late else words(seed)
    while (coming := scheduler.step(stage)) is not None:
        if isinstance(coming, Cue):
            place = beats.index(stage.current.id), stage.turn + 1
            reply = said.get(place, '{"speech": "Well."}')
            number += coming.attempt == 1
            cue = coming
            if cue.attempt == 1 and cue.by == lead:
                reply = blurt(number) or reply
            elif cue.attempt == 1 and number in hidden.rejected_at:
                reply = "no turn at all"
            if cue.by != lead and hidden.intents and reply.startswith('{"intent"'):
                reply = json.dumps({**json.loads(reply), "intent": hidden.intents, "claims": _claims(reply, cue)})
            coming = settle(stage, cue, reply)
            if cue.by == lead:
                outcome = str(getattr(coming, "violations", None) or getattr(coming, "flags", None))
                found.append(Asked((*place, cue.attempt), _request(cue), outcome))
        stage = advance(stage, coming)
    return found


def _claims(reply: str, cue: Cue) -> list[dict[str, str]]:
    """The model's own word for what a reply does: private, and of other words than the log's."""
    turn = Turn.model_validate_json(reply)
    done = {one.event.id for one in realised(turn, cue.contract)}
    return [
        {"mark": offer.mark, "quote": turn.field(offer.event.channel).upper()}
        for offer in cue.contract.offers
        if offer.event.id in done
    ]


def _request(cue: Cue) -> str:
    return json.dumps([list(cue.messages), cue.sampling_seed, REPLY_SCHEMA], ensure_ascii=False)


def _later(said: Words, play: Play, lead: str) -> Words:
    """The same words, with the other's unseen deeds done in their next turn of the beat, where they have one."""
    moved = dict(said)
    for (beat, turn), reply in said.items():
        fields = json.loads(reply)
        by = list(play.beats.values())[beat].speaker(turn, play.leads)
        if by != lead and fields["aside"] and (beat, turn + 2) in said and not _shows_something(play, beat):
            following = json.loads(said[beat, turn + 2])
            moved[beat, turn] = json.dumps({**fields, "aside": None})
            moved[beat, turn + 2] = json.dumps({**following, "aside": fields["aside"]})
    return moved


def _shows_something(play: Play, beat: int) -> bool:
    events = list(play.beats.values())[beat].events
    return any(isinstance(event, LeadEvent) and (event.innocent or event.window is None) for event in events)


# The play that differs.


def elsewhere(play: Play, lead: str, hidden: Hidden) -> Play:
    """The play with everything changed that the lead never perceives. It is performed from words, so it needs no lines."""
    if not hidden.noise:
        return play.model_copy(update={"lines": {}})
    other = play.other(lead)
    renamed = {name: f"b{number}_{hidden.noise}" for number, name in enumerate(play.beats)}
    events = [event.id for beat in play.beats.values() for event in beat.events]
    names = {name: f"e{number}_{hidden.noise}" for number, name in enumerate(events)}
    persona = play.personas[other].model_copy(
        update={
            "prompt": f"{hidden.noise} is somebody quite different.",
            "tries": (f"try {hidden.noise}",),
        }
    )
    return play.model_copy(
        update={
            "title": hidden.noise,
            "lines": {},
            "acts": tuple(tuple(renamed[beat] for beat in act) for act in play.acts),
            "beats": {renamed[name]: _beat(play, beat, lead, hidden, renamed, names) for name, beat in play.beats.items()},
            "personas": {**play.personas, other: persona},
            "facts": {name: fact.model_copy(update=_other_fact(play, name, lead, hidden)) for name, fact in play.facts.items()},
            "items": {**play.items, hidden.noise: next(iter(play.items.values())).model_copy(update={"known": (other,)})},
        }
    )


def _other_fact(play: Play, name: str, lead: str, hidden: Hidden) -> dict[str, object]:
    """A fact that the lead never has to keep may be given away by quite other words."""
    kept = {conceal.fact for beat in play.beats.values() for conceal in beat.conceal if conceal.by == lead}
    changed: dict[str, object] = {"statement": f"{hidden.noise} is the case."}
    return changed if name in kept else {**changed, "fingerprints": (hidden.noise,)}


def _beat(play: Play, beat: Beat, lead: str, hidden: Hidden, renamed: Mapping[str, str], names: Mapping[str, str]) -> Beat:
    other = play.other(lead)
    events = [_event(play, beat, event, lead, hidden, names) for event in beat.events]
    if beat.turns.min == beat.turns.max and other in beat.present(play.leads):
        events.insert(0, _secret_event(beat, other, hidden, renamed))
    elif beat.turns.min != beat.turns.max:
        beat = beat.model_copy(update={"turns": beat.turns.model_copy(update={"max": beat.turns.max + 2})})
    changed: dict[str, object] = {
        "id": renamed[beat.id],
        "events": tuple(events),
        "place": beat.place if lead in beat.present(play.leads) else "apart",
        "ensures": (),
        "conceal": (
            *(conceal for conceal in beat.conceal if conceal.by == lead),
            Conceal.model_validate({"fact": next(iter(play.facts)), "by": other, "from": lead}),
        ),
    }
    for name in ("scene", "brief", "remember"):
        texts = getattr(beat, name)
        noise = (hidden.noise,) if name == "scene" else hidden.noise
        changed[name] = {one: noise if one == other else _renamed_quotes(text, names) for one, text in texts.items()}
    if beat.voice is not None:
        voice = beat.voice
        lines = voice.replies if lead in voice.seen_by else (voice.replies[-1].model_copy(update={"lines": (hidden.noise,)}),)
        changed["voice"] = voice.model_copy(update={"after": tuple(names[name] for name in voice.after), "replies": lines})
    return beat.model_copy(update=changed)


def _renamed_quotes(text: object, names: Mapping[str, str]) -> object:
    if not isinstance(text, str):
        return text
    return re.sub(r"\{quote:(\w+)\}", lambda match: f"{{quote:{names[match[1]]}}}", text)


def _event(
    play: Play, beat: Beat, event: LeadEvent | StageEvent, lead: str, hidden: Hidden, names: Mapping[str, str]
) -> LeadEvent | StageEvent:
    changed: dict[str, object] = {"id": names[event.id], "after": tuple(names[name] for name in event.after)}
    changed |= {"set": {}, "move": {}, "promise": {}, "locate": {}}
    changed["learn"] = {one: learnt for one, learnt in event.learn.items() if one == lead or event.by == lead}
    if isinstance(event, LeadEvent):
        changed["answers"] = names[event.answers] if event.answers else None
        if event.by != lead:
            changed |= {"lure": hidden.noise, "hint": hidden.noise, "push": f"Do {hidden.noise}."}
    elif not beat.perceives(lead, event, play.leads):
        changed["text"] = (hidden.noise, f"{hidden.noise} again")
    return event.model_copy(update=changed)


def _secret_event(beat: Beat, other: str, hidden: Hidden, renamed: Mapping[str, str]) -> StageEvent:
    """An event that the other lead alone perceives."""
    fields = {name: getattr(Effects(), name) for name in Effects.model_fields}
    return StageEvent(id=f"s_{renamed[beat.id]}", by="world", at=2, text=(hidden.noise,), seen_by=(other,), **fields)


def same_at(one: list[Asked], other: list[Asked]) -> tuple[int, int, int] | None:
    """The first request in which two performances differ, or None."""
    for ours, theirs in zip(one, other, strict=False):
        if ours != theirs:
            return ours.at
    return None if len(one) == len(other) else (-1, -1, -1)


__all__ = ["Asked", "Event", "Hidden", "asked", "elsewhere", "replace", "same_at", "words"]
