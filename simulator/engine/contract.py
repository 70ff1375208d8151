"""What one turn must satisfy. A reply becomes a Turn, in the contract's context, or the reasons why it does not.

A contract depends on nothing that is hidden from its speaker: its violations are told to the speaker's model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from simulator.engine.entries import Rung, Violation
from simulator.engine.evidence import evident, normalise, quoted
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


Rule = Callable[["Turn", "Contract"], Iterable[Violation]]


@dataclass(frozen=True)
class Recent:
    """What the manners of a turn are measured against: all of it said by the speaker, or heard."""

    own: tuple[str, ...] = ()  # the speaker's own lines since the act began, the last one last
    heard: str = ""  # the other's last line
    met: tuple[str, ...] = ()  # names of those heard since the act began
    turns: int = 0  # the speaker's turns in this beat
    actions: int = 0  # of these, those with an action that was no event


@dataclass(frozen=True)
class Contract:
    """The terms of one turn: the beat's and the cue's together, and the rules that hold it to them."""

    speaker: str
    rules: tuple[Rule, ...] = ()
    other: str = ""  # the other lead's name
    notes: tuple[str, ...] = ()  # the speaker's persona and brief: to be played, not recited
    breath: tuple[int, int] | None = None  # words asked for
    recent: Recent = Recent()
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
            violations = tuple(violation for rule in contract.rules for violation in rule(self, contract))
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
    for found in found_in(turn, contract):
        if done.issuperset(found.event.waits_for):
            done.add(found.event.id)
            result.append(found)
    return tuple(result)


def found_in(turn: Turn, contract: Contract) -> list[Realised]:
    """All the speaker's events of which the turn holds evidence, due or not, in the order of their words."""
    claimed = _claimed_quotes(turn, contract)
    found = []
    for event in contract.undone:
        words = turn.field(event.channel)
        shown, quotes = evident(event.evidence, words), claimed.get(event.id, ())
        holds = any(quoted(event.evidence, quote, words) for quote in quotes)
        if shown is not None or holds:
            # The words are the field's own, whatever was claimed: a claim is private, and a quote may reach the other.
            found.append(Realised(event, shown or words, holds))
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
