"""The smallest parts of a play's files: texts, names, patterns, and what may be drawn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

__all__ = ["Authored", "Channel", "Circumstances", "Contact", "Id", "Pattern", "Remark", "Text", "Texts", "one_or_many"]

Channel = Literal["speech", "action", "aside"]
Contact = Literal["together", "phone", "apart"]
Remark = Literal["question", "remark", "silence"]


class Authored(BaseModel):
    """A part of a play, as it stands in its file: fixed, and without keys that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def one_or_many(value: object) -> object:
    """A single text, or null, as a tuple of one; anything else as it is."""
    return (value,) if isinstance(value, str) or value is None else value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return value


Text = Annotated[str, Field(min_length=1, max_length=4000)]
_Several = BeforeValidator(one_or_many, json_schema_input_type=Text | Annotated[list[Text], Field(min_length=1)])
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
