"""What an author writes, as types: the play, its personas, beats and events, and the understudy's lines.

The keys are those of the files; docs/guide.md explains them for writers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

__all__ = [
    "Beat",
    "Channel",
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

Channel = Literal["speech", "action", "aside"]
Contact = Literal["together", "phone", "apart"]
Remark = Literal["question", "remark", "silence"]


class Authored(BaseModel):
    """A part of a play, as it stands in its file: fixed, and without keys that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) or value is None else value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return value


Text = Annotated[str, Field(min_length=1, max_length=4000)]
_Several = BeforeValidator(_one_or_many, json_schema_input_type=Text | Annotated[list[Text], Field(min_length=1)])
Texts = Annotated[tuple[Text, ...], _Several, Field(min_length=1)]
Pattern = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_pattern)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Bundle = Mapping[Id, Mapping[Id, Text]]  # version: its texts, by name
Circumstances = Mapping[
    Id,
    Annotated[
        Annotated[Bundle, Tag("bundle")] | Annotated[Texts, Tag("texts")],
        Discriminator(lambda value: "bundle" if isinstance(value, Mapping) else "texts"),
    ],
]


class Fact(Authored):
    """Something that is true or false, and that a lead may believe or not."""

    statement: Text
    truth: bool  # when the play begins
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


class Effects(Authored):
    """What an event changes in the world."""

    set: Mapping[Id, bool] = Field(default_factory=dict)  # fact: its truth
    learn: Mapping[Id, Mapping[Id, bool]] = Field(default_factory=dict)  # lead: fact: what they believe
    move: Mapping[Id, Id] = Field(default_factory=dict)  # item: its holder
    locate: Mapping[Id, Mapping[Id, Id]] = Field(default_factory=dict)  # lead: item: who they think holds it
    promise: Mapping[Id, Literal["made", "broken"]] = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _without_empty_ones(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        return {name: value for name, value in handler(self).items() if value or name not in Effects.model_fields}


class Evidence(Authored):
    """How words show that an event happened: patterns, looked for sentence by sentence."""

    all: tuple[Pattern, ...] = ()
    any: tuple[Pattern, ...] = ()
    none: tuple[Pattern, ...] = ()
    allow: tuple[Literal["negated", "hypothetical", "reported"], ...] = ()

    @model_validator(mode="after")
    def _looks_for_something(self) -> Evidence:
        if not self.all and not self.any:
            raise ValueError("give at least one pattern under all or any")
        return self


class Event(Effects):
    """A fixed point of the plot."""

    id: Id
    by: Id
    after: tuple[Id, ...] = ()  # permitted once all of these have happened

    @property
    def effects(self) -> Effects:
        """What it changes, without the rest of the event."""
        return Effects(**{name: getattr(self, name) for name in Effects.model_fields})


class LeadEvent(Event):
    """An event that a lead brings about in one field of a turn."""

    channel: Channel
    window: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] | None = None  # turns of the beat
    answers: Id | None = None  # required in the actor's first turn after this event
    lure: Text  # offered
    hint: Text  # a motive, when it is cued
    push: Text  # when it is required
    innocent: Mapping[Id, Text] = Field(default_factory=dict)  # what another lead sees in its place
    evidence: Evidence
    fallback: Text  # performed where no reply would do

    @property
    def waits_for(self) -> tuple[str, ...]:
        """All events that must have happened first."""
        return self.after if self.answers is None else (*self.after, self.answers)


class StageEvent(Event):
    """An event that the simulator performs: the world's, or a walk-on's voice."""

    at: Annotated[int, Field(ge=1)] | None = None  # comes before this turn of the beat
    text: Texts
    seen_by: tuple[Id, ...] | None = None  # all who are there, if left out

    @property
    def waits_for(self) -> tuple[str, ...]:
        """All events that must have happened first."""
        return self.after


def _kind_of_event(value: object) -> str:
    keys = value.keys() if isinstance(value, Mapping) else type(value).model_fields if isinstance(value, Event) else ()
    return "lead" if {"channel", "window", "answers", "lure", "push", "fallback"} & set(keys) else "stage"


AnyEvent = Annotated[Annotated[LeadEvent, Tag("lead")] | Annotated[StageEvent, Tag("stage")], Discriminator(_kind_of_event)]


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

    facts: Mapping[Id, bool] = Field(default_factory=dict)
    believes: Mapping[Id, Mapping[Id, bool]] = Field(default_factory=dict)
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


class Line(Authored):
    """One turn of an exchange. In the file the speaker's id is the key of the words."""

    by: Id
    speech: tuple[Text | None, ...]
    action: Text | None = None
    aside: Text | None = None
    intent: Text | None = None
    cut: bool = False  # an event may come instead of the answer

    @model_validator(mode="before")
    @classmethod
    def _speaker_is_the_key(cls, value: Any) -> Any:  # noqa: ANN401 (pydantic hands over whatever the file holds)
        if not isinstance(value, Mapping) or "by" in value:
            return value
        speakers = [key for key in value if key not in cls.model_fields]
        if len(speakers) != 1:
            raise ValueError("a line has one speaker: write it as {id: words, …}")
        rest = {key: entry for key, entry in value.items() if key != speakers[0]}
        return {**rest, "by": speakers[0], "speech": _one_or_many(value[speakers[0]])}


class Exchange(Authored):
    """A few lines that belong together; the understudy plays them in order."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_.]+$", max_length=80)]
    level: Annotated[int, Field(ge=1, le=5)] = 3  # tension
    needs: Mapping[Id, Text] = Field(default_factory=dict)  # circumstances
    hook: Id | None = None  # what its last line leaves in the air
    event: Id | None = None  # the first line does this event
    follows: tuple[Id, ...] = ()  # hooks after which it comes best
    lines: tuple[Line, ...] = Field(min_length=1)
    catch: Mapping[Remark, Text] = Field(default_factory=dict)  # the first line, after a remark nobody authored


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
