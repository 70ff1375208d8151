"""The understudy's lines, as types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from simulator.play.vocabulary import Authored, Id, Remark, Text, one_or_many

__all__ = ["Exchange", "Line"]


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
        return {**rest, "by": speakers[0], "speech": one_or_many(value[speakers[0]])}


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
