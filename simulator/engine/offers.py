"""What is within a lead's reach in the coming turn: at most two events, or the one that is required."""

from __future__ import annotations

from simulator.engine.chance import choose
from simulator.engine.contract import Offer
from simulator.engine.entries import Rung
from simulator.engine.stage import Stage
from simulator.play.circumstances import fill
from simulator.play.types import LeadEvent

__all__ = ["offers"]

_AT_ONCE = 2


def offers(stage: Stage, lead: str) -> tuple[Offer, ...]:
    """The events offered to a lead for the turn that comes next, under marks A and B.

    One that is required stands alone. Otherwise those whose deadline is nearest, then in the file's order. After an event
    of their own a lead rests for one turn, unless that would leave only the turn that requires the next.
    """
    turn = stage.turn + 1
    ready = [event for event in stage.to_come(lead) if stage.done.keys() >= set(event.waits_for)]
    open_now = [event for event in ready if event.window is None or event.window[0] <= turn]
    required = next((event for event in open_now if _is_required(stage, event, turn)), None)
    if required is not None:
        return (Offer("A", _filled(stage, required), "required"),)
    nearest = sorted(open_now, key=lambda event: stage.due[event.id])[:_AT_ONCE]
    if lead in stage.resting and not any(stage.due[event.id] <= _next_turn_of(stage, lead, turn) for event in nearest):
        return ()
    return tuple(
        Offer(mark, _filled(stage, event), _rung(stage, event, turn)) for mark, event in zip("AB", nearest, strict=False)
    )


def _next_turn_of(stage: Stage, lead: str, turn: int) -> int:
    return turn + 1 if stage.current.speaker(turn + 1, stage.play.leads) == lead else turn + 2


def _is_required(stage: Stage, event: LeadEvent, turn: int) -> bool:
    return event.answers is not None or turn >= stage.due[event.id]


def _rung(stage: Stage, event: LeadEvent, turn: int) -> Rung:
    return "cued" if turn >= _cued_from(stage, event) else "free"


def _cued_from(stage: Stage, event: LeadEvent) -> int:
    """The turn from which the hint is given: one of the actor's turns in the window, up to the one that requires it.

    The draw is keyed by the actor's own beats and events only, so that nothing hidden from them can move it.
    """
    first, last = event.window[0] if event.window else 1, stage.due[event.id]
    turns = [turn for turn in range(first, last + 1) if stage.current.speaker(turn, stage.play.leads) == event.by]
    own = [other.id for other in stage.current.events if other.by == event.by]
    return choose(turns, stage.seed, "cue", event.by, stage.minds[event.by].beats, own.index(event.id))


def _filled(stage: Stage, event: LeadEvent) -> LeadEvent:
    """The event with this run's circumstances in its texts."""
    texts = {name: fill(getattr(event, name), stage.values) for name in ("lure", "hint", "push", "fallback")}
    innocent = {lead: fill(text, stage.values) for lead, text in event.innocent.items()}
    return event.model_copy(update={**texts, "innocent": innocent})
