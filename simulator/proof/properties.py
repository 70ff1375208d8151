"""What must hold in every reachable state: time, what a beat's end demands, knowledge, promises, effects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulator.engine.world import World, unmet
from simulator.play.types import Beat, LeadEvent, Play, StageEvent
from simulator.proof.explore import BeatStates, Change, Exploration, required_now
from simulator.proof.findings import Findings, beat_file, event_key

__all__ = ["check_properties"]


def check_properties(exploration: Exploration, findings: Findings) -> None:
    """Note every property that some reachable state breaks."""
    for name, states in exploration.beats.items():
        beat = exploration.play.beats[name]
        _check_time(exploration.play, beat, states, findings)
        _check_concealment(exploration.play, beat, states, findings)
        for change in states.changes:
            _check_promises(exploration.play, beat, change, findings)
            _check_actor_knows(beat, change, findings)
        for event in beat.events:
            _check_learners(exploration.play, beat, event, findings)
            if isinstance(event, StageEvent):
                _check_nothing_is_told(exploration.play, beat, event, findings)
            _check_effects_count(beat, event, [change for change in states.changes if change.event.id == event.id], findings)
        _check_ends(beat, states, findings)  # last: what it finds has often been explained by then


def _check_time(play: Play, beat: Beat, states: BeatStates, findings: Findings) -> None:
    for moment in states.stuck:
        undone = [event.id for event in beat.events if event.id not in moment.stage.done]
        findings.error(
            beat_file(beat.id),
            event_key(beat, undone[0]),
            f"{undone[0]} has not happened when the last turn is over",
            "give the beat more turns, or let the event come earlier",
            moment.before,
        )
    for moment in states.moments:
        lead = beat.speaker(moment.stage.turn + 1, play.leads)
        required = [event.id for event in required_now(moment.stage, lead)]
        if len(required) > 1:
            findings.error(
                beat_file(beat.id),
                event_key(beat, required[1]),
                f"{' and '.join(required)} are both required in turn {moment.stage.turn + 1}",
                "move one window, or let one event come after the other",
                moment.before,
            )


def _check_ends(beat: Beat, states: BeatStates, findings: Findings) -> None:
    for end in states.ends:
        for index, ensure in enumerate(beat.ensures):
            for lacking in unmet(end.stage.world, ensure):
                findings.error(
                    beat_file(beat.id),
                    ("ensures", index),
                    f"the beat can end otherwise: {_in_words(lacking)}",
                    "give an event of this beat or an earlier one that effect, or drop the demand",
                    end.before,
                )


def _in_words(lacking: str) -> str:
    return lacking.replace("True", "true").replace("False", "false").replace("None", "nothing")


# Knowledge.


def _check_concealment(play: Play, beat: Beat, states: BeatStates, findings: Findings) -> None:
    for index, conceal in enumerate(beat.conceal):
        key, fact = ("conceal", index), play.facts[conceal.fact]
        if not fact.fingerprints:
            findings.error(
                beat_file(beat.id),
                key,
                f"{conceal.fact} has no fingerprints",
                "give the fact patterns that notice it being told",
            )
        beliefs = [moment.stage.world.beliefs for moment in states.moments]
        if not any(conceal.fact in belief[conceal.by] for belief in beliefs):
            findings.error(
                beat_file(beat.id),
                key,
                f"{conceal.by} knows nothing of {conceal.fact} here, and so cannot keep it",
                f"let {conceal.by} learn it in an earlier event, or list it under the fact's `known`",
            )
        elif all(belief[conceal.by].get(conceal.fact) == belief[conceal.from_].get(conceal.fact) for belief in beliefs):
            findings.error(
                beat_file(beat.id),
                key,
                f"{conceal.from_} already believes of {conceal.fact} what {conceal.by} does: there is nothing to keep",
                "drop the line, or mend what they learn before",
            )


def _check_learners(play: Play, beat: Beat, event: LeadEvent | StageEvent, findings: Findings) -> None:
    """Who learns something from an event perceives it, or its innocent version."""
    innocent = event.innocent if isinstance(event, LeadEvent) else {}
    for name, learners in (("learn", event.learn), ("locate", event.locate)):
        for lead in learners:
            if not beat.perceives(lead, event, play.leads) and lead not in innocent:
                findings.error(
                    beat_file(beat.id),
                    event_key(beat, event.id, name, lead),
                    f"{lead} does not perceive {event.id}, and so learns nothing from it",
                    "let them perceive it (channel, seen_by, contact), or let another event tell them",
                )
    for lead in innocent:
        if beat.contact != "together" or beat.perceives(lead, event, play.leads):
            why = "sees nothing of it" if beat.contact != "together" else "perceives the deed itself"
            findings.error(
                beat_file(beat.id),
                event_key(beat, event.id, "innocent", lead),
                f"{lead} {why}, and so never this version",
                "drop the innocent version, or do the deed as an aside where both are together",
            )


def _check_nothing_is_told(play: Play, beat: Beat, event: StageEvent, findings: Findings) -> None:
    """Nobody perceives a thing that comes only once a hidden deed is done: its coming would tell."""
    for lead in beat.present(play.leads):
        if beat.perceives(lead, event, play.leads):
            for name in _hidden_before(play, beat, event, lead):
                findings.error(
                    beat_file(beat.id),
                    event_key(beat, event.id, "after"),
                    f"{lead} perceives this, but not {name}, which it waits for: its coming would tell",
                    f"leave {lead} out of its seen_by, or let it come by `at` alone",
                )


def _hidden_before(play: Play, beat: Beat, event: LeadEvent | StageEvent, lead: str) -> Iterator[str]:
    """The deeds of the other that an event waits for and that a lead has no way of knowing."""
    for other in beat.events:
        if other.id not in event.waits_for or beat.perceives(lead, other, play.leads):
            continue
        if isinstance(other, LeadEvent):
            yield other.id
        else:
            yield from _hidden_before(play, beat, other, lead)


def _check_actor_knows(beat: Beat, change: Change, findings: Findings) -> None:
    event = change.event
    if not isinstance(event, LeadEvent):
        return
    for fact in event.set:
        if change.after.beliefs[event.by].get(fact) != change.after.facts[fact]:
            findings.error(
                beat_file(beat.id),
                event_key(beat, event.id, "set"),
                f"{event.by} does this and does not know it: {fact}",
                f"add learn: {{{event.by}: {{{fact}: {str(change.after.facts[fact]).lower()}}}}}",
                change.path,
            )
    if event.move and event.by not in event.locate:
        findings.error(
            beat_file(beat.id),
            event_key(beat, event.id, "move"),
            f"{event.by} moves {', '.join(event.move)} and has no idea where anything is",
            f"add locate: {{{event.by}: …}}: where they think it is now",
            change.path,
        )


def _check_promises(play: Play, beat: Beat, change: Change, findings: Findings) -> None:
    event = change.event
    for name, stand in event.promise.items():
        before, giver = change.before.promises.get(name), play.promises[name].by
        wrong = None
        if isinstance(event, LeadEvent) and event.by != giver:
            wrong = f"{event.by} cannot have {name} {stand}: it is {giver}'s"
        elif stand == "made" and before is not None:
            wrong = f"{name} has been {before} already"
        elif stand == "broken" and before != "made":
            wrong = f"{name} is broken here, and " + ("it was broken before" if before else "nobody has made it")
        if wrong:
            findings.error(
                beat_file(beat.id),
                event_key(beat, event.id, "promise"),
                wrong,
                "a promise is made once by its giver, and then perhaps broken once",
                change.path,
            )


# Effects.


def _check_effects_count(beat: Beat, event: LeadEvent | StageEvent, changes: list[Change], findings: Findings) -> None:
    """Every effect changes something in at least one reachable state."""
    for what in _effects(event):
        if changes and all(_holds(change.before, what) for change in changes):
            findings.warn(
                beat_file(beat.id),
                event_key(beat, event.id, what[0]),
                f"this changes nothing: {_said(what)} before {event.id} already, however it is reached",
                "drop the effect, or look for the event that brings it about too soon",
            )


def _effects(event: LeadEvent | StageEvent) -> Iterator[tuple[str, ...]]:
    """Each single effect as its key in the file and the path to its value."""
    for name, value in event.set.items():
        yield "set", name, str(value).lower()
    for item, holder in event.move.items():
        yield "move", item, holder
    for lead, facts in event.learn.items():
        for name, value in facts.items():
            yield "learn", lead, name, str(value).lower()
    for lead, places in event.locate.items():
        for item, holder in places.items():
            yield "locate", lead, item, holder


def _said(effect: tuple[str, ...]) -> str:
    kind, *path, value = effect
    wording = {
        "set": "{0} is {1}",
        "move": "{0} is with {1}",
        "learn": "{0} believes {1} to be {2}",
        "locate": "{0} thinks that {1} is with {2}",
    }
    return wording[kind].format(*path, value)


def _holds(world: World, effect: tuple[str, ...]) -> bool:
    kind, *path, value = effect
    tables: Mapping[str, Mapping[str, object]] = {
        "set": world.facts,
        "move": world.items,
        "learn": world.beliefs,
        "locate": world.locations,
    }
    found: object = tables[kind]
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    return (str(found).lower() if isinstance(found, bool) else found) == value
