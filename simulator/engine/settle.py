"""Settling a cue: the entry that a reply becomes, and the author's words where no reply would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from simulator.engine.chance import choose
from simulator.engine.contract import Contract, Turn, check, realised
from simulator.engine.cue import Cue
from simulator.engine.entries import Happened, Rejected, Rung, Seen, TurnEntry, Violation
from simulator.engine.manners import SOFT_RULES
from simulator.engine.stage import Stage
from simulator.play.types import LeadEvent

__all__ = ["ATTEMPTS", "FALLBACK", "give_way", "settle"]

ATTEMPTS = 2  # model calls a turn, at most
FALLBACK = "fallback"  # who speaks the author's words, in the log


def settle(stage: Stage, cue: Cue, reply: str | None, trouble: Violation | None = None) -> TurnEntry | Rejected:
    """The entry that a reply becomes.

    `trouble` says why there is no usable reply at all (none came, cut off, refused). A last attempt is kept where it only
    breaks soft rules, which become its flags, or lacks the required event, for which the author's words are added.
    """
    if trouble is not None:
        return _rejected(stage, cue, reply, (trouble,))
    checked = check(reply or "", cue.contract)
    if isinstance(checked, Turn):
        return _entry(stage, cue, checked, _happened(checked, cue.contract))
    broken = {violation.rule for violation in checked}
    if cue.attempt == ATTEMPTS and broken <= SOFT_RULES | {"missing"}:
        return _kept(stage, cue, Turn.model_validate_json(reply or ""), sorted(broken))
    return _rejected(stage, cue, reply, checked)


def give_way(stage: Stage, cue: Cue) -> TurnEntry:
    """The turn where no attempt was usable: the required event's fallback, or else one of the persona's silences."""
    required = cue.contract.required
    if required is not None:
        turn = _with_fallback(Turn(speech=None), required)
        return _entry(stage, cue, turn, (_fed(required),), model=FALLBACK)
    mind, silences = stage.minds[cue.by], stage.play.personas[cue.by].silences
    silence = choose(silences, stage.seed, "silence", cue.by, mind.beats, mind.turns + 1)
    return _entry(stage, cue, Turn(speech=None, action=silence), (), model=FALLBACK)


def _rejected(stage: Stage, cue: Cue, reply: str | None, why: tuple[Violation, ...]) -> Rejected:
    return Rejected(id=f"{cue.id}~{cue.attempt}", by=cue.by, model=stage.cast[cue.by], reply=reply, violations=why)


def _kept(stage: Stage, cue: Cue, turn: Turn, broken: list[str]) -> TurnEntry:
    """A last attempt that will do, with its flags; what it lacks is grafted on in the author's words."""
    happened, required = _happened(turn, cue.contract), cue.contract.required
    if required is None or "missing" not in broken:
        return _entry(stage, cue, turn, happened, flags=tuple(broken))
    flags = ("grafted", *(rule for rule in broken if rule != "missing"))
    return _entry(stage, cue, _with_fallback(turn, required), (*happened, _fed(required)), flags=flags)


def _with_fallback(turn: Turn, event: LeadEvent) -> Turn:
    joint = " " if event.channel == "speech" else "; "
    words = joint.join(filter(None, (turn.field(event.channel), event.fallback)))
    return turn.model_copy(update={event.channel: words, "claims": ()})


def _happened(turn: Turn, contract: Contract) -> tuple[Happened, ...]:
    rungs: Mapping[str, Rung] = {offer.event.id: offer.rung for offer in contract.offers}
    return tuple(
        Happened(
            event=one.event.id,
            field=one.event.channel,
            quote=one.quote,
            rung=rungs.get(one.event.id, "free"),
            claimed=one.claimed,
            effects=one.event.effects,
        )
        for one in realised(turn, contract)
    )


def _fed(event: LeadEvent) -> Happened:
    return Happened(event=event.id, field=event.channel, quote=event.fallback, rung="fed", claimed=False, effects=event.effects)


def _entry(
    stage: Stage,
    cue: Cue,
    turn: Turn,
    happened: tuple[Happened, ...],
    *,
    model: str | None = None,
    flags: tuple[str, ...] = (),
) -> TurnEntry:
    return TurnEntry(
        id=cue.id,
        by=cue.by,
        model=model or stage.cast[cue.by],
        intent=turn.intent,
        speech=turn.speech,
        action=turn.action,
        aside=turn.aside,
        events=happened,
        flags=flags,
        sees=_sees(stage, cue.contract, turn, {done.event for done in happened}),
    )


def _sees(stage: Stage, contract: Contract, turn: Turn, happened: set[str]) -> Seen:
    """What each lead perceives of a turn; for a deed that is hidden, what they see in its place."""
    sees: dict[str, Literal["full"] | Mapping[str, str | None]] = {}
    for lead in stage.current.present(stage.play.leads):
        if lead == contract.speaker:
            sees[lead] = "full"
        elif stage.current.contact == "together":
            sees[lead] = _shown(contract, turn, happened, lead)
        elif stage.current.contact == "phone":
            sees[lead] = {"speech": turn.speech}
    return sees


def _shown(contract: Contract, turn: Turn, happened: set[str], lead: str) -> Literal["full"] | Mapping[str, str | None]:
    innocent = [event.innocent[lead] for event in contract.undone if event.id in happened and lead in event.innocent]
    if not innocent:
        return "full"
    return {"speech": turn.speech, "action": "; ".join(filter(None, (turn.action, *innocent)))}
