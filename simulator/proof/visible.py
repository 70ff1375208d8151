"""Every text that a lead can be shown, looked through for what that lead must not know at that point.

A fact's fingerprints give away what is true of it when the play is over. From when that is true until a lead believes it,
no text may tell that lead. The reply's schema and the engine's own words hold nothing of a play.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.engine.evidence import gives_away
from simulator.engine.world import World
from simulator.play.circumstances import fill
from simulator.play.source import Key
from simulator.play.types import Beat, LeadEvent, Play, StageEvent
from simulator.proof.explore import BeatStates, Exploration, Moment
from simulator.proof.fillings import Fillings
from simulator.proof.findings import Findings, beat_file, event_key

__all__ = ["check_visible"]

_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


@dataclass(frozen=True)
class _Shown:
    """A text in a lead's hands, and the facts that it must not give away."""

    file: str
    key: Key
    lead: str
    text: str
    hidden: frozenset[str]


def check_visible(exploration: Exploration, findings: Findings) -> int:
    """Look through all texts; the number of texts with what they must not tell, each counted once."""
    play, fillings = exploration.play, Fillings(exploration.play)
    truths = _settled_truths(exploration)
    shown = dict.fromkeys(
        one for name, states in exploration.beats.items() for one in _Viewing(play, play.beats[name], states, truths).texts()
    )
    ids = _ids(play)
    for one in shown:
        _look(one, play, fillings, findings)
        if named := ids.search(one.text):
            findings.error(
                one.file,
                one.key,
                f"{one.lead} is shown a name of the plot: {named[0]}",
                "say it in words that belong to the story",
            )
    return len(shown)


def _look(one: _Shown, play: Play, fillings: Fillings, findings: Findings) -> None:
    for piece in _SENTENCE.split(one.text) if one.hidden else ():
        for values in fillings.of(piece):
            for fact in sorted(one.hidden):
                told = gives_away(play.facts[fact].fingerprints, fill(piece, values))
                if told is not None:
                    message = f"{one.lead} does not know {fact} here, and is shown it: {told}"
                    findings.error(one.file, one.key, message, "leave it out, or narrow the fact's fingerprints")


def _settled_truths(exploration: Exploration) -> dict[str, bool]:
    """What is true of each fact when the play is over, where all runs agree."""
    worlds = exploration.last_worlds
    return {
        name: worlds[0].facts[name]
        for name, fact in exploration.play.facts.items()
        if fact.fingerprints and len({world.facts[name] for world in worlds}) == 1
    }


def _ids(play: Play) -> re.Pattern[str]:
    names = {event.id for beat in play.beats.values() for event in beat.events} | {*play.facts, *play.beats, *play.promises}
    joined = sorted(name for name in names if "_" in name)
    return re.compile(r"\b(" + "|".join(joined) + r")\b" if joined else r"(?!)")


class _Viewing:
    """What the leads of one beat are shown, and what they do not know at that point."""

    def __init__(self, play: Play, beat: Beat, states: BeatStates, truths: dict[str, bool]) -> None:
        self.play = play
        self.beat = beat
        self.states = states
        self.truths = truths
        self.file = beat_file(beat.id)
        earlier = [play.beats[name] for name in list(play.beats)[: list(play.beats).index(beat.id)]]
        self.newcomers = {lead for lead in play.leads if not any(lead in one.present(play.leads) for one in earlier)}

    def texts(self) -> Iterator[_Shown]:
        """Every text with its reader, once for each state of the reader's knowledge."""
        for start in self.states.starts:
            for lead in self.beat.present(self.play.leads):
                if lead in self.newcomers:  # a prompt is written before anything has happened
                    prompt = self.play.personas[lead].prompt
                    yield from self._shown(("prompt",), lead, start.stage.world, prompt, file=f"personas/{lead}.md")
                scene = self.beat.scene.get(lead, ())
                yield from self._shown(("scene", lead), lead, start.stage.world, *scene)
        for moment in self.states.moments:
            yield from self._of_a_turn(moment)
        for change in self.states.changes:
            yield from self._of_an_event(change.event, change.after)
        for end in self.states.ends:
            for lead, text in self.beat.remember.items():
                yield from self._shown(("remember", lead), lead, end.stage.world, fill(text, {}, {}))

    def _shown(self, key: Key, lead: str, world: World, *texts: str, file: str | None = None) -> Iterator[_Shown]:
        beliefs = world.beliefs[lead]
        hidden = frozenset(
            fact for fact, truth in self.truths.items() if world.facts[fact] == truth and beliefs.get(fact) != truth
        )
        for text in texts:
            yield _Shown(file or self.file, key, lead, text, hidden)

    def _of_a_turn(self, moment: Moment) -> Iterator[_Shown]:
        beat, world = self.beat, moment.stage.world
        lead = beat.speaker(moment.stage.turn + 1, self.play.leads)
        yield from self._shown(("brief", lead), lead, world, beat.brief[lead])
        if lead in beat.tries:
            yield from self._shown(("tries", lead), lead, world, *beat.tries[lead])
        else:
            tries = self.play.personas[lead].tries
            yield from self._shown(("tries",), lead, world, *tries, file=f"personas/{lead}.md")
        yield from self._shown(("reserved",), lead, world, *(f"Leave the {prop} alone." for prop in beat.reserved))
        for index, forbidden in enumerate(beat.forbid):
            if forbidden.by in (None, lead):
                yield from self._shown(("forbid", index, "reason"), lead, world, forbidden.reason)
        for event in moment.stage.to_come(lead):
            if moment.stage.done.keys() >= set(event.waits_for):
                for name in ("lure", "hint", "push"):
                    yield from self._shown(event_key(beat, event.id, name), lead, world, getattr(event, name))
        if beat.voice is not None and moment.stage.done.keys() >= set(beat.voice.after):
            for listener in beat.voice.seen_by:
                for index, reply in enumerate(beat.voice.replies):
                    yield from self._shown(("voice", "replies", index), listener, world, *reply.lines)

    def _of_an_event(self, event: LeadEvent | StageEvent, after: World) -> Iterator[_Shown]:
        if isinstance(event, LeadEvent):
            for lead, text in event.innocent.items():
                yield from self._shown(event_key(self.beat, event.id, "innocent", lead), lead, after, text)
            return
        for lead in self.beat.present(self.play.leads):
            if self.beat.perceives(lead, event, self.play.leads):
                yield from self._shown(event_key(self.beat, event.id, "text"), lead, after, *event.text)
                walk_on = self.play.walk_ons.get(event.by)
                if walk_on is not None:
                    heading = f"{walk_on.name} ({walk_on.manner})"
                    yield from self._shown(("walk_ons", event.by), lead, after, heading, file="beats/play.yaml")
