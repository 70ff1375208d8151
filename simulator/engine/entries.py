"""The entries of a log, in the order of their keys, and the one line of JSON that each is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from simulator.engine.world import World
from simulator.play.types import Channel, Contact, Effects

__all__ = [
    "ActEntry",
    "BeatEntry",
    "End",
    "Entry",
    "Happened",
    "Header",
    "Parent",
    "Rejected",
    "Revised",
    "Rung",
    "Seen",
    "TurnEntry",
    "Violation",
    "WorldEntry",
    "from_line",
    "to_line",
    "well_formed",
]

Rung = Literal["free", "cued", "required", "fed"]
Seen = Mapping[str, Literal["full"] | Mapping[str, str | None]]  # lead: all of it, or the fields that reach them


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parent(_Part):
    """Where a fork left its parent."""

    seed: int
    at: str  # id of the last shared entry
    sha256: str  # of the shared lines


class Header(_Part):
    """The first line: what is performed, by whom, and the world before the first beat."""

    kind: Literal["header"] = "header"
    format: Literal[1] = 1
    play: str
    play_hash: str
    lines_hash: str
    seed: int
    cast: Mapping[str, str]  # lead: model, or model@url
    parent: Parent | None = None
    world: World


class ActEntry(_Part):
    """An act begins; each lead keeps what they remember of the one before."""

    kind: Literal["act"] = "act"
    id: str
    remember: Mapping[str, str]


class BeatEntry(_Part):
    """A beat begins."""

    kind: Literal["beat"] = "beat"
    id: str
    place: str
    contact: Contact
    present: tuple[str, ...]
    sees: Mapping[str, str]  # lead: the scene as they perceive it


class WorldEntry(_Part):
    """Something that the simulator performs: an event of the world, or a walk-on's words."""

    kind: Literal["world"] = "world"
    id: str
    event: str | None  # None: a walk-on's answer, which is no fixed event
    by: str
    text: str
    effects: Effects
    sees: Seen


class Violation(_Part):
    """One reason why a reply was not used."""

    rule: str
    detail: str  # for people and for the model that is asked again


class Rejected(_Part):
    """A reply that was not used."""

    kind: Literal["rejected"] = "rejected"
    id: str  # beat/turn~k
    by: str
    model: str
    reply: str | None  # as it came; None where none came
    violations: tuple[Violation, ...]


class Happened(_Part):
    """An event that a turn brought about."""

    event: str
    field: Channel
    quote: str
    rung: Rung
    claimed: bool  # whether the model said so itself
    effects: Effects


class TurnEntry(_Part):
    """One turn of a lead."""

    kind: Literal["turn"] = "turn"
    id: str  # beat/turn
    by: str
    model: str  # "fallback" where the author's words were used
    intent: str | None
    speech: str | None
    action: str | None
    aside: str | None
    events: tuple[Happened, ...]
    flags: tuple[str, ...]
    sees: Seen


class Revised(_Part):
    """The run goes on with another version of its play: the hashes are those of the play from here on."""

    kind: Literal["revised"] = "revised"
    id: str  # revised/ and the beginning of play_hash
    play_hash: str
    lines_hash: str


class End(_Part):
    """The run is complete."""

    kind: Literal["end"] = "end"
    reason: Literal["complete"] = "complete"


Entry = ActEntry | BeatEntry | WorldEntry | Rejected | TurnEntry | Revised | End
_ANY: TypeAdapter[Header | Entry] = TypeAdapter(Annotated[Header | Entry, Field(discriminator="kind")])
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029]")


def to_line(entry: Header | Entry) -> str:
    """The entry as one line of JSON, without the newline."""
    data = entry.model_dump(mode="python")
    if data.get("parent", ...) is None:
        del data["parent"]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", well_formed(text))


def from_line(line: str) -> Header | Entry:
    """The entry that a line holds. Raises pydantic.ValidationError."""
    return _ANY.validate_json(line)


def well_formed(text: str) -> str:
    """The text with U+FFFD in the place of lone surrogates."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
