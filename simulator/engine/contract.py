"""What one turn must satisfy. A reply becomes a Turn, in the contract's context, or the reasons why it does not.

A contract depends on nothing that is hidden from its speaker: its violations are told to the speaker's model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from simulator.engine.entries import Rung, Violation
from simulator.engine.evidence import evident, gives_away, normalise, quoted
from simulator.play.types import Channel, Forbidden, LeadEvent

__all__ = ["REPLY_SCHEMA", "Claim", "Contract", "Offer", "Realised", "Secret", "Turn", "check", "realised"]

_NULLABLE = {"type": ["string", "null"]}
REPLY_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "intent": {"type": "string"},
        "speech": _NULLABLE,
        "action": _NULLABLE,
        "aside": _NULLABLE,
        "claims": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"mark": {"type": "string", "enum": ["A", "B"]}, "quote": {"type": "string"}},
                "required": ["mark", "quote"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["intent", "speech", "action", "aside", "claims"],
    "additionalProperties": False,
}
"""The reply's JSON schema: one constant for all turns, in the subset that strict servers take."""


@dataclass(frozen=True)
class Offer:
    """An event within the speaker's reach, under a mark."""

    mark: str
    event: LeadEvent
    rung: Rung


@dataclass(frozen=True)
class Secret:
    """What the speaker must not give away, and the events that would lift it."""

    fingerprints: tuple[str, ...]
    lifted_by: frozenset[str]


@dataclass(frozen=True)
class Contract:
    """The terms of one turn: the beat's and the cue's together."""

    speaker: str
    offers: tuple[Offer, ...] = ()
    required: LeadEvent | None = None
    undone: tuple[LeadEvent, ...] = ()  # the speaker's events of this beat that have not happened, in file order
    done: frozenset[str] = frozenset()  # events of this beat that the speaker knows have happened
    alone: bool = False  # nobody else is there to be deceived
    secrets: tuple[Secret, ...] = ()
    reserved: tuple[str, ...] = ()
    forbidden: tuple[Forbidden, ...] = ()


def _collapsed(value: object) -> object:
    """White space as single spaces; nothing but white space as null."""
    return (" ".join(value.split()) or None) if isinstance(value, str) else value


Line = Annotated[Annotated[str, Field(max_length=400)] | None, BeforeValidator(_collapsed)]
Speech = Annotated[Annotated[str, Field(max_length=2000)] | None, BeforeValidator(_collapsed)]


class Claim(BaseModel):
    """The model's word that a marked thing was done, and where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mark: Annotated[str, Field(max_length=20)]
    quote: Annotated[str, Field(max_length=2000)]


class Turn(BaseModel):
    """One reply, checked against the contract that is given as the validation context."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    intent: Line = None
    speech: Speech
    action: Line = None
    aside: Line = None
    claims: Annotated[tuple[Claim, ...], Field(max_length=8)] = ()

    @model_validator(mode="after")
    def _meets_its_contract(self, info: ValidationInfo) -> Turn:
        contract = info.context
        if isinstance(contract, Contract):
            violations = tuple(violation for rule in RULES for violation in rule(self, contract))
            if violations:
                raise PydanticCustomError("contract", "the turn breaks its contract", {"violations": violations})
        return self

    def field(self, channel: Channel) -> str:
        """The words of a field; empty where there are none."""
        return getattr(self, channel) or ""


@dataclass(frozen=True)
class Realised:
    """An event that a turn brings about, and the words that show it."""

    event: LeadEvent
    quote: str
    claimed: bool


def check(reply: str, contract: Contract) -> Turn | tuple[Violation, ...]:
    """The turn that a reply is, or every reason why it is none."""
    try:
        return Turn.model_validate_json(reply, context=contract)
    except ValidationError as error:
        return tuple(_violations(error))


def _violations(error: ValidationError) -> Iterator[Violation]:
    for detail in error.errors(include_url=False):
        if detail["type"] == "contract":
            yield from detail["ctx"]["violations"]
        elif detail["type"] == "json_invalid":
            yield Violation(rule="json", detail="The reply is not one JSON object.")
        else:
            place = ".".join(map(str, detail["loc"])) or "reply"
            yield Violation(rule="shape", detail=f"{place}: {detail['msg']}.")


def realised(turn: Turn, contract: Contract) -> tuple[Realised, ...]:
    """The events that a turn brings about, in the order of their words, each only once what it waits for is done."""
    done, result = set(contract.done), []
    for found in _found(turn, contract):
        if done.issuperset(found.event.waits_for):
            done.add(found.event.id)
            result.append(found)
    return tuple(result)


def _found(turn: Turn, contract: Contract) -> list[Realised]:
    """All the speaker's events of which the turn holds evidence, due or not, in the order of their words."""
    quotes = _claimed_quotes(turn, contract)
    found = []
    for event in contract.undone:
        words = turn.field(event.channel)
        quote = next((quote for quote in quotes.get(event.id, ()) if quoted(event.evidence, quote, words)), None)
        evidence = quote or evident(event.evidence, words)
        if evidence is not None:
            found.append(Realised(event, evidence, quote is not None))
    return sorted(found, key=lambda one: _position(turn, one))


def _position(turn: Turn, found: Realised) -> tuple[int, int]:
    words = normalise(turn.field(found.event.channel))
    return ("action", "speech", "aside").index(found.event.channel), words.find(normalise(found.quote))


def _claimed_quotes(turn: Turn, contract: Contract) -> dict[str, list[str]]:
    marks = {offer.mark: offer.event.id for offer in contract.offers}
    quotes: dict[str, list[str]] = {}
    for claim in turn.claims:
        if claim.mark in marks:
            quotes.setdefault(marks[claim.mark], []).append(claim.quote)
    return quotes


# The rules. Each is one reason to send a reply back.

Rule = Callable[[Turn, Contract], Iterable[Violation]]


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
    for found in _found(turn, contract):
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


RULES: tuple[Rule, ...] = (
    _claims_hold,
    _required_is_done,
    _nothing_comes_early,
    _aside_is_offered,
    _deed_has_cover,
    _secrets_are_kept,
    _nothing_forbidden,
    _props_are_left_alone,
)
