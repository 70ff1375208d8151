"""A transcript as it is read: from a file or from standard input, whole or as one persona perceived it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.engine.entries import ActEntry, BeatEntry, End, Entry, Header, Seen, TurnEntry, WorldEntry
from simulator.engine.world import World
from simulator.errors import UsageError
from simulator.play.types import Effects
from simulator.transcript.log import read_log

__all__ = ["Transcript", "as_perceived", "read_transcript", "spelled"]

_STANDARD_INPUT = Path("/dev/stdin")


@dataclass(frozen=True)
class Transcript:
    """One run's log, and what to call it."""

    name: str
    header: Header
    entries: tuple[Entry, ...]

    @property
    def leads(self) -> tuple[str, ...]:
        """The leads, in the play's order."""
        return tuple(self.header.cast)

    @property
    def complete(self) -> bool:
        """Whether the run came to its end."""
        return bool(self.entries) and isinstance(self.entries[-1], End)


def read_transcript(path: Path) -> Transcript:
    """A transcript from a file, or from standard input where the path is `-`. Raises TranscriptError."""
    header, entries = read_log(_STANDARD_INPUT if str(path) == "-" else path)
    return Transcript("standard input" if str(path) == "-" else str(path), header, tuple(entries))


def spelled(name: str) -> str:
    """An id as people write it."""
    return name.replace("_", " ")


def as_perceived(transcript: Transcript, lead: str) -> Transcript:
    """What one lead perceived of a run: their own part whole, of the rest what reached them. Raises UsageError.

    It holds nothing that the lead's prompts do not: no rejected replies, no events, no effects, nobody else's intent.
    """
    if lead not in transcript.leads:
        raise UsageError(f"--as {lead}: {transcript.name} has nobody of that id; its leads are {', '.join(transcript.leads)}")
    own = {name: value for name, value in transcript.header.cast.items() if name == lead}
    header = transcript.header.model_copy(update={"world": _own_world(transcript.header.world, lead), "cast": own})
    perceived = (_perceived(entry, lead) for entry in transcript.entries)
    return Transcript(transcript.name, header, tuple(entry for entry in perceived if entry is not None))


def _own_world(world: World, lead: str) -> World:
    return World(
        facts={},
        beliefs={lead: world.beliefs.get(lead, {})},
        items={},
        locations={lead: world.locations.get(lead, {})},
        promises={},
        circumstances={},
    )


def _perceived(entry: Entry, lead: str) -> Entry | None:
    match entry:
        case ActEntry():
            return entry.model_copy(update={"remember": _only(entry.remember, lead)})
        case BeatEntry() if lead in entry.present:
            return entry.model_copy(update={"sees": _only(entry.sees, lead), "present": (lead,)})
        case WorldEntry() if lead in entry.sees:
            return entry.model_copy(update={"effects": Effects(), "sees": _full(lead)})
        case TurnEntry() if lead in entry.sees:
            hidden = {"model": "", "events": (), "flags": (), "sees": _full(lead)}
            return entry.model_copy(update={**hidden, **_reaching(entry, lead)})
        case End():
            return entry
    return None


def _reaching(entry: TurnEntry, lead: str) -> Mapping[str, str | None]:
    """The fields of a turn that are otherwise for a lead than for the reader."""
    if entry.by == lead:
        return {}
    seen = entry.sees[lead]
    fields = {"speech": entry.speech, "action": entry.action} if seen == "full" else seen
    return {"intent": None, "aside": None, "speech": fields.get("speech"), "action": fields.get("action")}


def _only(texts: Mapping[str, str], lead: str) -> Mapping[str, str]:
    return {name: text for name, text in texts.items() if name == lead}


def _full(lead: str) -> Seen:
    return {lead: "full"}
