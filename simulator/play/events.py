"""The fixed points of a plot, as types: what brings them about, what shows them, and what they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, SerializerFunctionWrapHandler, StrictBool, Tag, model_serializer, model_validator

from simulator.play.vocabulary import Authored, Channel, Id, Pattern, Text, Texts

__all__ = ["AnyEvent", "Effects", "Event", "Evidence", "LeadEvent", "StageEvent"]


class Effects(Authored):
    """What an event changes in the world."""

    set: Mapping[Id, StrictBool] = Field(default_factory=dict)  # fact: its truth
    learn: Mapping[Id, Mapping[Id, StrictBool]] = Field(default_factory=dict)  # lead: fact: what they believe
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
