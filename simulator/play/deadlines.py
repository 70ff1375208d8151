"""The last turn in which each event can happen, computed backwards over a beat."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.play.types import Beat, LeadEvent, StageEvent

__all__ = ["Infeasible", "deadlines"]


class Infeasible(Exception):
    """An event that its beat leaves no turn for."""

    def __init__(self, event: str, reason: str) -> None:
        super().__init__(reason)
        self.event = event
        self.reason = reason


@dataclass(frozen=True)
class _Floor:
    beat: Beat
    leads: tuple[str, ...]

    def turns_of(self, lead: str) -> list[int]:
        return [turn for turn in range(1, self.beat.turns.max + 1) if self.beat.speaker(turn, self.leads) == lead]


def deadlines(beat: Beat, leads: tuple[str, ...]) -> dict[str, int]:
    """The turn of the beat by which each event must have happened.

    For a lead's event it is the turn in which it is required, at most one for each turn. For an event of the world or of a
    walk-on it is the turn before which it comes (one past the last turn, where nothing waits for it).

    Raises Infeasible for an event that cannot be in time whatever the leads do.
    """
    floor = _Floor(beat, leads)
    latest: dict[str, int] = {}
    for event in reversed(_in_order(beat)):
        followers = [other for other in beat.events if event.id in other.waits_for]
        if isinstance(event, StageEvent):
            latest[event.id] = _latest_of_stage_event(event, followers, latest, beat)
        else:
            latest[event.id] = _latest_of_lead_event(event, followers, latest, floor)
    _answers_do_not_collide(beat, floor, latest)
    return latest


def _latest_of_stage_event(
    event: StageEvent, followers: list[LeadEvent | StageEvent], latest: dict[str, int], beat: Beat
) -> int:
    turn = min((latest[follower.id] for follower in followers), default=beat.turns.max + 1)
    if event.at is not None and event.at > turn:
        raise Infeasible(event.id, f"comes before turn {event.at}, but what waits for it needs it before turn {turn}")
    return turn


def _latest_of_lead_event(
    event: LeadEvent, followers: list[LeadEvent | StageEvent], latest: dict[str, int], floor: _Floor
) -> int:
    last = min(
        [floor.beat.turns.max if event.window is None else event.window[1]]
        + [latest[follower.id] - 1 for follower in followers]
    )
    taken = {latest[other.id] for other in floor.beat.events if other.by == event.by and other.id in latest}
    free = [turn for turn in floor.turns_of(event.by) if turn <= last and turn not in taken]
    begins = 1 if event.window is None else event.window[0]
    if not free or free[-1] < begins:
        raise Infeasible(event.id, _why_not(event.by, begins, last, floor))
    return free[-1]


def _why_not(lead: str, begins: int, last: int, floor: _Floor) -> str:
    if last < begins:
        return f"may come from turn {begins} on, but what waits for it needs it by turn {last}"
    if not any(begins <= turn <= last for turn in floor.turns_of(lead)):
        return f"{lead} has no turn from {begins} to {last}"
    return f"every turn of {lead} from {begins} to {last} is taken by another event"


def _in_order(beat: Beat) -> list[LeadEvent | StageEvent]:
    """The events, each behind all that it waits for; otherwise in the file's order."""
    ordered: list[LeadEvent | StageEvent] = []
    left = list(beat.events)
    while left:
        done = {event.id for event in ordered}
        ready = next((event for event in left if done.issuperset(event.waits_for)), None)
        if ready is None:
            raise Infeasible(left[0].id, "waits for itself, by way of " + ", ".join(event.id for event in left))
        ordered.append(ready)
        left.remove(ready)
    return ordered


def _answers_do_not_collide(beat: Beat, floor: _Floor, latest: dict[str, int]) -> None:
    """An answer takes the actor's next turn, whenever that is: no other event of theirs may be due in it."""
    ancestors = _ancestors(beat)
    for answer in beat.events:
        if not isinstance(answer, LeadEvent) or answer.answers is None:
            continue
        for other in beat.events:
            if not isinstance(other, LeadEvent) or other.by != answer.by or other.id == answer.id:
                continue
            ordered = other.id in ancestors[answer.id] or answer.id in ancestors[other.id]
            earliest = _earliest(answer, beat, floor)
            if not ordered and earliest <= latest[other.id] <= latest[answer.id]:
                raise Infeasible(answer.id, f"may be due in the same turn as {other.id}; let one come after the other")


def _earliest(event: LeadEvent | StageEvent, beat: Beat, floor: _Floor) -> int:
    """The first turn in which an event can happen (for the world's: before which it can come)."""
    by_id = {other.id: other for other in beat.events}
    before = [by_id[name] for name in event.waits_for]
    turn = max([1] + [_earliest(other, beat, floor) + (1 if isinstance(other, LeadEvent) else 0) for other in before])
    if isinstance(event, StageEvent):
        return max(turn, event.at or 1)
    return next((own for own in floor.turns_of(event.by) if own >= turn), beat.turns.max)


def _ancestors(beat: Beat) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for event in _in_order(beat):
        found[event.id] = set(event.waits_for).union(*(found[name] for name in event.waits_for))
    return found
