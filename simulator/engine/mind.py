"""What one lead has: their persona, what they remember, and what they have perceived since the act began.

A mind is built from perceptions alone. Nothing in it comes from the world, and nothing else reaches a prompt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from simulator.engine.entries import ActEntry, BeatEntry, Entry, TurnEntry, WorldEntry
from simulator.play.types import Play

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


@dataclass(frozen=True)
class Perception:
    """What reaches a lead of an entry: a line of text."""

    line: str
    quotes: Mapping[str, str] = field(default_factory=dict)  # event: its words, as perceived


@dataclass(frozen=True)
class Own:
    """A lead's own turn, as their model will find it in the history."""

    reply: str  # JSON
    quotes: Mapping[str, str]


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
    quotes: Mapping[str, str] = field(default_factory=dict)  # event: its words, since the act began
    beats: int = 0  # beats this lead has been in
    turns: int = 0  # own turns in this beat


def begin_mind(play: Play, lead: str, persona: str) -> Mind:
    """The mind of a lead before the first beat; the persona's prompt has its circumstances filled in."""
    return Mind(lead=lead, name=play.personas[lead].name, persona=persona)


def perceive(mind: Mind, perceived: Perception | Own) -> Mind:
    """The mind after one perception, or after an own turn."""
    quotes = {**mind.quotes, **perceived.quotes}
    if isinstance(perceived, Perception):
        return replace(mind, heard=(*mind.heard, perceived.line), quotes=quotes)
    pair = ("\n".join(mind.heard), perceived.reply)
    return replace(mind, history=(*mind.history, pair), heard=(), quotes=quotes, turns=mind.turns + 1)


def begin_act(mind: Mind, entry: ActEntry) -> Mind:
    """A new act: the lines of the last one give way to what is remembered of it."""
    kept = entry.remember.get(mind.lead)
    memory = (*mind.memory, kept) if kept else mind.memory
    return replace(mind, memory=memory, history=(), heard=(), quotes={})


def begin_beat(mind: Mind, entry: BeatEntry) -> Mind:
    """A new beat, for a lead who is in it."""
    if mind.lead not in entry.present:
        return mind
    mind = replace(mind, beats=mind.beats + 1, turns=0)
    scene = entry.sees.get(mind.lead)
    if scene is None:
        return mind
    return perceive(replace(mind, scene=scene), Perception(f"({scene})"))


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
        return Perception(_stage_line(entry, play), quotes)
    if isinstance(entry, TurnEntry) and lead in entry.sees and entry.by != lead:
        seen = entry.sees[lead]
        fields = {"speech": entry.speech, "action": entry.action} if seen == "full" else dict(seen)
        line = heard_line(play.personas[entry.by].name, fields.get("speech"), fields.get("action"))
        return Perception(line, {done.event: done.quote for done in entry.events if fields.get(done.field)})
    return None


def _stage_line(entry: WorldEntry, play: Play) -> str:
    walk_on = play.walk_ons.get(entry.by)
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
