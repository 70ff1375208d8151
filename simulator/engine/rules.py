"""The rules of the plot: what a turn may claim, must do, and must keep to itself. Each is one reason to send it back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.engine.contract import Contract, Rule, Turn, found_in, realised
from simulator.engine.entries import Violation
from simulator.engine.evidence import gives_away, normalise

__all__ = ["PLOT_RULES"]


def _claims_hold(turn: Turn, contract: Contract) -> Iterator[Violation]:
    marks = {offer.mark: offer.event for offer in contract.offers}
    shown = {found.event.id for found in realised(turn, contract)}
    for claim in turn.claims:
        event = marks.get(claim.mark)
        if event is None:
            yield Violation(rule="claim", detail=f"Mark {claim.mark} was not offered.")
        elif event.id not in shown:
            yield Violation(rule="claim", detail=f"Mark {claim.mark}: the words of your {event.channel} do not show it done.")


def _required_is_done(turn: Turn, contract: Contract) -> Iterator[Violation]:
    required = contract.required
    if required is not None and required.id not in {found.event.id for found in realised(turn, contract)}:
        yield Violation(rule="missing", detail=f"Still to be done, in {required.channel}, in plain words: {required.push}")


def _nothing_comes_early(turn: Turn, contract: Contract) -> Iterator[Violation]:
    due = {found.event.id for found in realised(turn, contract)}
    for found in found_in(turn, contract):
        if found.event.id not in due:
            yield Violation(rule="premature", detail=f"Too early, leave it out: {found.quote}")


def _aside_is_offered(turn: Turn, contract: Contract) -> Iterator[Violation]:
    if turn.aside and not any(found.event.channel == "aside" for found in realised(turn, contract)):
        yield Violation(rule="aside", detail="An aside was not offered here: aside is null.")


def _deed_has_cover(turn: Turn, contract: Contract) -> Iterator[Violation]:
    if contract.alone:
        return
    for found in realised(turn, contract):
        if found.event.channel == "aside" and not (turn.speech or turn.action or found.event.innocent):
            yield Violation(rule="cover", detail="What is done unseen needs something seen or heard meanwhile.")


def _secrets_are_kept(turn: Turn, contract: Contract) -> Iterator[Violation]:
    happened = contract.done | {found.event.id for found in realised(turn, contract)}
    for secret in contract.secrets:
        if secret.lifted_by & happened:
            continue
        for words in (turn.speech, turn.action):
            told = gives_away(secret.fingerprints, words or "")
            if told is not None:
                yield Violation(rule="conceal", detail=f"This gives away what you keep to yourself: {told}")


def _nothing_forbidden(turn: Turn, contract: Contract) -> Iterator[Violation]:
    for forbidden in contract.forbidden:
        words = " ".join(filter(None, (normalise(turn.field(channel)) for channel in ("speech", "action", "aside"))))
        if re.search(forbidden.pattern, words, re.IGNORECASE):
            yield Violation(rule="forbidden", detail=forbidden.reason)


def _props_are_left_alone(turn: Turn, contract: Contract) -> Iterator[Violation]:
    in_events = {found.event.channel for found in realised(turn, contract)}
    for prop in contract.reserved:
        pattern = rf"\b{re.escape(normalise(prop))}"
        if turn.action and "action" not in in_events and re.search(pattern, normalise(turn.action)):
            yield Violation(rule="reserved", detail=f"Leave the {prop} alone.")


PLOT_RULES: tuple[Rule, ...] = (
    _claims_hold,
    _required_is_done,
    _nothing_comes_early,
    _aside_is_offered,
    _deed_has_cover,
    _secrets_are_kept,
    _nothing_forbidden,
    _props_are_left_alone,
)
