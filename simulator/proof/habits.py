"""What is probably not meant: things of a play that nothing comes of."""

from __future__ import annotations

import re
from itertools import combinations

from simulator.engine.evidence import evident, normalise
from simulator.play.circumstances import names_in, names_of
from simulator.play.types import Beat, LeadEvent, Play, StageEvent
from simulator.proof.findings import Findings, beat_file, event_key

__all__ = ["check_habits"]

_TOP = "beats/play.yaml"
_LONGER_WORD = re.compile(r"\w{4,}")


def check_habits(play: Play, findings: Findings) -> None:
    """Note what nobody learns, uses or perceives, and hints that say the deed."""
    events = [event for beat in play.beats.values() for event in beat.events]
    _check_unused(play, events, findings)
    _check_circumstances(play, findings)
    for beat in play.beats.values():
        for event in beat.events:
            _check_event(play, beat, event, findings)
    for one, other in combinations(play.beats.values(), 2):
        _check_ends_differ(one, other, findings)


def _check_unused(play: Play, events: list[LeadEvent | StageEvent], findings: Findings) -> None:
    learnt = {fact for event in events for facts in (event.set, *event.learn.values()) for fact in facts}
    learnt |= {conceal.fact for beat in play.beats.values() for conceal in beat.conceal}  # kept to the end is a use too
    handled = {item for event in events for items in (event.move, *event.locate.values()) for item in items}
    promised = {name for event in events for name in event.promise}
    heard = {event.by for event in events} | {beat.voice.by for beat in play.beats.values() if beat.voice}
    places = {beat.place for beat in play.beats.values()}
    for section, names, used, message, change in (
        ("facts", play.facts, learnt, "nobody ever learns this fact", "let an event teach it (learn), or drop it"),
        ("items", play.items, handled, "nothing ever happens to this item", "let an event move or locate it, or drop it"),
        ("promises", play.promises, promised, "this promise is never made", "let an event make it, or drop it"),
        ("walk_ons", play.walk_ons, heard, "this walk-on never speaks", "give them an event or a voice, or drop them"),
    ):
        for name in names:
            if name not in used:
                findings.warn(_TOP, (section, name), message, change)
    for index, place in enumerate(play.places):
        if place not in places:
            findings.warn(_TOP, ("places", index), f"no beat is set in {place}", "drop the place, or set a beat there")


def _check_circumstances(play: Play, findings: Findings) -> None:
    """A circumstance that no text mentions and no exchange needs."""
    needed = {name for exchanges in play.lines.values() for exchange in exchanges for name in exchange.needs}
    mentioned = {name for source in findings.sources.values() for _, text in source.texts() for name in names_in(text)}
    mentioned.update(name for persona in play.personas.values() for name in names_in(persona.prompt))
    owners = {_TOP: play.circumstances, **{f"personas/{lead}.md": play.personas[lead].circumstances for lead in play.leads}}
    for file, circumstances in owners.items():
        for top in circumstances:
            if not {top, *names_of({top: circumstances[top]})} & (mentioned | needed):
                change = f"use {{{top}}} in a text, or drop it"
                findings.warn(file, ("circumstances", top), "no text mentions this circumstance", change)


def _check_event(play: Play, beat: Beat, event: LeadEvent | StageEvent, findings: Findings) -> None:
    if isinstance(event, StageEvent):
        _check_is_perceived(play, beat, event, findings)
        if event.at is None and not event.after:
            change = "say when: at: 1 if that is meant, or after: [EVENT]"
            findings.warn(beat_file(beat.id), event_key(beat, event.id), f"{event.id} comes before the first turn", change)
        return
    if _says_the_deed(event):
        message = f"the hint gives {event.id} away: it says the deed in the words of the push or the fallback"
        change = "let the hint name a motive, and leave the deed to the actor"
        findings.warn(beat_file(beat.id), event_key(beat, event.id, "hint"), message, change)
    _check_evidence_is_narrow(play, beat, event, findings)
    _check_texts_differ(beat, event, findings)


def _check_evidence_is_narrow(play: Play, beat: Beat, event: LeadEvent, findings: Findings) -> None:
    """What a lead does when doing nothing is no evidence of anything."""
    met = next((text for text in play.personas[event.by].silences if evident(event.evidence, text)), None)
    if met is not None:
        message = f"words that have nothing to do with {event.id} meet its evidence: {met}"
        findings.warn(beat_file(beat.id), event_key(beat, event.id, "evidence"), message, "narrow the patterns")


def _check_texts_differ(beat: Beat, event: LeadEvent, findings: Findings) -> None:
    """Lure, hint, push and fallback are four texts, and each event has its own fallback."""
    for name in ("lure", "hint", "push"):
        if event.fallback == getattr(event, name):
            change = "a fallback is what the actor says or does, as a play's reader would read it"
            findings.warn(beat_file(beat.id), event_key(beat, event.id, "fallback"), f"the fallback repeats the {name}", change)
    for other in beat.events:
        if isinstance(other, LeadEvent) and other.id != event.id and other.fallback == event.fallback:
            message = f"the fallback is that of {other.id}"
            findings.warn(beat_file(beat.id), event_key(beat, event.id, "fallback"), message, "give each event its own")


def _says_the_deed(event: LeadEvent) -> bool:
    """Whether a hint meets the event's evidence, and shares more than one longer word with what does the deed."""
    hint, deed = (set(_LONGER_WORD.findall(normalise(text))) for text in (event.hint, f"{event.push} {event.fallback}"))
    return len(hint & deed) > 1 and evident(event.evidence, event.hint) is not None


def _check_is_perceived(play: Play, beat: Beat, event: StageEvent, findings: Findings) -> None:
    """An event that nobody perceives is for the reader, and so comes after the last turn."""
    seen = any(beat.perceives(lead, event, play.leads) for lead in play.leads)
    if not seen and (event.at is None or event.at <= beat.turns.max):
        findings.warn(
            beat_file(beat.id),
            event_key(beat, event.id),
            f"nobody perceives {event.id}",
            "list those who do under seen_by, or let it come after the last turn",
        )


def _check_ends_differ(one: Beat, other: Beat, findings: Findings) -> None:
    for name in ("ensures", "remember"):
        end = getattr(one, name)
        if end and end == getattr(other, name):
            change = "let each beat change something, or join the two"
            findings.warn(beat_file(other.id), (name,), f"this beat ends like {one.id}", change)
