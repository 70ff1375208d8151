"""What one lead has: their persona, what they remember, and what they have perceived since the act began.

A mind is built from perceptions alone. Nothing in it comes from the world, and nothing else reaches a prompt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from simulator.engine.entries import ActEntry, BeatEntry, Entry, TurnEntry, WorldEntry
from simulator.play.types import Play, WalkOn

__all__ = [
    "Mind",
    "Own",
    "Perception",
    "begin_act",
    "begin_beat",
    "begin_mind",
    "heard_line",
    "own_reply",
    "perceive",
    "project",
]


_KEPT_LINES = 6  # of one's own, for the manners of the next


@dataclass(frozen=True)
class Perception:
    """What reaches a lead of an entry: a line of text."""

    line: str
    quotes: Mapping[str, str] = field(default_factory=dict)  # event: its words, as perceived
    speech: str = ""  # what the other lead said in it
    name: str = ""  # whose it is, where it is somebody's


@dataclass(frozen=True)
class Own:
    """A lead's own turn, as their model will find it in the history."""

    reply: str  # JSON
    quotes: Mapping[str, str]
    speech: str = ""
    business: bool = False  # an action that was no event


@dataclass(frozen=True)
class Mind:
    """One lead's own part of the run."""

    lead: str
    name: str
    persona: str  # the persona's prompt, with its circumstances
    memory: tuple[str, ...] = ()  # one text for each act that is over
    history: tuple[tuple[str, str], ...] = ()  # (what was perceived, own reply), since the act began
    heard: tuple[str, ...] = ()  # perceived since the last own turn
    scene: str = ""  # the scene as last perceived
    scene_told: bool = False  # whether the lines since the act began hold it
    quotes: Mapping[str, str] = field(default_factory=dict)  # event: its words, since the act began
    beats: int = 0  # beats this lead has been in
    turns: int = 0  # own turns in this beat
    actions: int = 0  # of these, those with an action that was no event
    said: tuple[str, ...] = ()  # own last lines since the act began
    last_heard: str = ""  # what the other lead said last
    met: tuple[str, ...] = ()  # names of those heard since the act began


def begin_mind(play: Play, lead: str, persona: str) -> Mind:
    """The mind of a lead before the first beat; the persona's prompt has its circumstances filled in."""
    return Mind(lead=lead, name=play.personas[lead].name, persona=persona)


def perceive(mind: Mind, perceived: Perception | Own) -> Mind:
    """The mind after one perception, or after an own turn."""
    mind = replace(mind, quotes={**mind.quotes, **perceived.quotes})
    if isinstance(perceived, Perception):
        return replace(
            mind,
            heard=(*mind.heard, perceived.line),
            last_heard=perceived.speech or mind.last_heard,
            met=mind.met if perceived.name in (*mind.met, "") else (*mind.met, perceived.name),
        )
    return replace(
        mind,
        history=(*mind.history, ("\n".join(mind.heard), perceived.reply)),
        heard=(),
        turns=mind.turns + 1,
        actions=mind.actions + perceived.business,
        said=(*mind.said, perceived.speech)[-_KEPT_LINES:],
    )


def begin_act(mind: Mind, entry: ActEntry) -> Mind:
    """A new act: the lines of the last one give way to what is remembered of it."""
    kept = entry.remember.get(mind.lead)
    memory = (*mind.memory, kept) if kept else mind.memory
    return replace(mind, memory=memory, history=(), heard=(), quotes={}, said=(), last_heard="", met=(), scene_told=False)


def begin_beat(mind: Mind, entry: BeatEntry) -> Mind:
    """A new beat, for a lead who is in it."""
    if mind.lead not in entry.present:
        return mind
    mind = replace(mind, beats=mind.beats + 1, turns=0, actions=0)
    scene = entry.sees.get(mind.lead)
    if scene is None:
        return mind
    return perceive(replace(mind, scene=scene, scene_told=True), Perception(f"({scene})"))


def own_reply(entry: TurnEntry, marks: Mapping[str, str]) -> str:
    """A turn as the JSON that its speaker finds in the history; marks: event to the letter it was offered under."""
    claims = [{"mark": marks[done.event], "quote": done.quote} for done in entry.events if done.claimed and done.event in marks]
    reply = {
        "intent": entry.intent or "",
        "speech": entry.speech,
        "action": entry.action,
        "aside": entry.aside,
        "claims": claims,
    }
    return json.dumps(reply, ensure_ascii=False)


def project(entry: Entry, lead: str, play: Play) -> Perception | None:
    """What reaches a lead of what somebody else did, or None."""
    if isinstance(entry, WorldEntry) and lead in entry.sees:
        quotes = {entry.event: entry.text} if entry.event else {}
        walk_on = play.walk_ons.get(entry.by)
        return Perception(_stage_line(entry, walk_on), quotes, name=walk_on.name if walk_on else "")
    if isinstance(entry, TurnEntry) and lead in entry.sees and entry.by != lead:
        seen = entry.sees[lead]
        fields = {"speech": entry.speech, "action": entry.action} if seen == "full" else dict(seen)
        name = play.personas[entry.by].name
        line = heard_line(name, fields.get("speech"), fields.get("action"))
        quotes = {done.event: done.quote for done in entry.events if fields.get(done.field)}
        return Perception(line, quotes, fields.get("speech") or "", name)
    return None


def _stage_line(entry: WorldEntry, walk_on: WalkOn | None) -> str:
    if walk_on is None:
        return entry.text
    manner = f" ({walk_on.manner})" if walk_on.manner else ""
    return f"{walk_on.name.upper()}{manner}: {entry.text}"


def heard_line(name: str, speech: str | None, action: str | None) -> str:
    """One turn as somebody else perceives it, the action first."""
    shown = f"{name.upper()} [{action}]" if action else name.upper()
    if speech:
        return f"{shown}: {speech}"
    return shown if action else f"{shown} says nothing."
