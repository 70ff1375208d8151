"""What an author writes, as types: the play, its personas and its beats, with their events and the understudy's lines.

The keys are those of the files; docs/guide.md explains them for writers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from simulator.play.events import AnyEvent, Effects, Event, Evidence, LeadEvent, StageEvent
from simulator.play.exchanges import Exchange, Line
from simulator.play.vocabulary import Authored, Channel, Circumstances, Contact, Id, Pattern, Remark, Text, Texts

__all__ = [
    "Beat",
    "Channel",
    "Circumstances",
    "Conceal",
    "Contact",
    "Effects",
    "Ensure",
    "Event",
    "Evidence",
    "Exchange",
    "Fact",
    "Floor",
    "Forbidden",
    "Item",
    "LeadEvent",
    "Line",
    "Persona",
    "Play",
    "PlayFile",
    "Promise",
    "Remark",
    "StageEvent",
    "Turns",
    "Voice",
    "VoiceReply",
    "WalkOn",
]


class Fact(Authored):
    """Something that is true or false, and that a lead may believe or not."""

    statement: Text
    truth: StrictBool  # when the play begins
    known: tuple[Id, ...] = ()  # leads who believe the truth from the beginning
    fingerprints: tuple[Pattern, ...] = ()  # words that give the truth away


class Item(Authored):
    """A thing that somebody or something holds."""

    at: Id  # its holder when the play begins: a lead, or a thing
    known: tuple[Id, ...] = ()  # leads who know where it is


class Promise(Authored):
    """A promise between the leads: open, then made, then perhaps broken."""

    by: Id
    to: Id


class WalkOn(Authored):
    """Somebody with authored lines only."""

    name: Text
    manner: Text | None = None  # where the voice comes from, as the hearer has it


class Persona(Authored):
    """A lead: the prompt, and what the engine draws for them."""

    id: Id
    name: Text
    tries: tuple[Text, ...] = Field(min_length=1)  # what this person does to the other, one drawn for each turn
    silences: tuple[Text, ...] = Field(min_length=1)  # actions, for a turn where a model had nothing usable
    circumstances: Circumstances = Field(default_factory=dict)
    prompt: Text  # the body of the file


class Floor(Authored):
    """Who speaks: both in turn from the first, or one alone."""

    first: Id | None = None
    only: Id | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Floor:
        if (self.first is None) == (self.only is None):
            raise ValueError("give either first or only")
        return self


class Turns(Authored):
    """How many turns a beat takes, over both leads."""

    min: Annotated[int, Field(ge=1)]
    max: Annotated[int, Field(ge=1, le=10_000)]

    @model_validator(mode="after")
    def _in_order(self) -> Turns:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is more than max {self.max}")
        return self


class VoiceReply(Authored):
    """What a walk-on may answer; without `when`, to anything."""

    when: Pattern | None = None
    lines: Texts


class Voice(Authored):
    """A walk-on who answers a lead's turns, with each line once."""

    by: Id
    seen_by: tuple[Id, ...]
    after_turns_of: Id
    after: tuple[Id, ...] = ()  # on the line once these have happened
    replies: tuple[VoiceReply, ...] = Field(min_length=1)


class Conceal(Authored):
    """A fact that one lead must not give away to the other."""

    fact: Id
    by: Id
    from_: Id = Field(alias="from")


class Forbidden(Authored):
    """Words that no turn of a beat may contain."""

    pattern: Pattern
    reason: Text  # told to the model, so it may name nothing hidden
    by: Id | None = None  # both leads, if left out


class Ensure(Authored):
    """What holds when a beat is over."""

    facts: Mapping[Id, StrictBool] = Field(default_factory=dict)
    believes: Mapping[Id, Mapping[Id, StrictBool]] = Field(default_factory=dict)
    items: Mapping[Id, Id] = Field(default_factory=dict)
    locates: Mapping[Id, Mapping[Id, Id]] = Field(default_factory=dict)
    promises: Mapping[Id, Literal["made", "broken"]] = Field(default_factory=dict)


class Beat(Authored):
    """The unit of drama: a place, who is there, what they want, and what must happen."""

    id: Id
    place: Id
    contact: Contact
    floor: Floor
    turns: Turns
    scene: Mapping[Id, Texts] = Field(default_factory=dict)
    brief: Mapping[Id, Text]
    tries: Mapping[Id, Annotated[tuple[Text, ...], Field(min_length=1)]] = Field(default_factory=dict)  # not the persona's
    breath: Mapping[Id, tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0, le=200)]]] = Field(
        default_factory=dict
    )  # words a turn for a lead here, instead of the drawn ones
    voice: Voice | None = None
    events: tuple[AnyEvent, ...] = ()
    conceal: tuple[Conceal, ...] = ()
    reserved: tuple[Text, ...] = ()
    forbid: tuple[Forbidden, ...] = ()
    ensures: tuple[Ensure, ...] = ()
    remember: Mapping[Id, Text] = Field(default_factory=dict)

    def speaker(self, turn: int, leads: tuple[str, ...]) -> str:
        """Who has the floor in a turn, counted from 1."""
        if self.floor.only is not None:
            return self.floor.only
        first, second = sorted(leads, key=lambda lead: lead != self.floor.first)
        return first if turn % 2 else second

    def present(self, leads: tuple[str, ...]) -> tuple[str, ...]:
        """The leads who are there, in the play's order."""
        return leads if self.floor.only is None else (self.floor.only,)

    def perceives(self, lead: str, event: LeadEvent | StageEvent, leads: tuple[str, ...]) -> bool:
        """Whether a lead perceives an event as it is."""
        if lead not in self.present(leads):
            return False
        if isinstance(event, StageEvent):
            return event.seen_by is None or lead in event.seen_by
        if lead == event.by:
            return True
        heard = event.channel == "speech" and self.contact != "apart"
        return heard or (event.channel == "action" and self.contact == "together")


class PlayFile(Authored):
    """`beats/play.yaml`: what the beats have in common. Leads are in the author's order."""

    id: Id
    title: Text
    leads: tuple[Id, Id]
    acts: tuple[Annotated[tuple[Id, ...], Field(min_length=1)], ...] = Field(min_length=1)
    places: tuple[Id, ...]
    facts: Mapping[Id, Fact] = Field(default_factory=dict)
    items: Mapping[Id, Item] = Field(default_factory=dict)
    promises: Mapping[Id, Promise] = Field(default_factory=dict)
    circumstances: Circumstances = Field(default_factory=dict)
    walk_ons: Mapping[Id, WalkOn] = Field(default_factory=dict)


class Play(PlayFile):
    """A whole play, loaded and checked."""

    personas: Mapping[Id, Persona]
    beats: Mapping[Id, Beat]  # in the order of performance
    lines: Mapping[Id, tuple[Exchange, ...]] = Field(default_factory=dict)  # by beat

    def other(self, lead: str) -> str:
        """The other lead."""
        return self.leads[1] if lead == self.leads[0] else self.leads[0]

    def play_hash(self) -> str:
        """SHA-256 of all but the understudy's lines, in hexadecimal."""
        return _digest(self.model_dump_json(exclude={"lines"}, by_alias=True))

    def lines_hash(self) -> str:
        """SHA-256 of the understudy's lines, in hexadecimal."""
        return _digest(self.model_dump_json(include={"lines"}, by_alias=True))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
