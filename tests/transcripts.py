"""Transcripts for tests: the golden ones, and small ones made by hand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from simulator.engine.entries import BeatEntry, End, Entry, Happened, Header, Rejected, TurnEntry, Violation, to_line
from simulator.engine.world import World
from simulator.play.types import Effects
from simulator.transcript.reading import Transcript, read_transcript
from tests.golden import golden_path

COMMAND = [sys.executable, "-c", "from simulator.cli import main; main()"]


@cache
def golden(seed: int) -> Transcript:
    """A golden transcript."""
    return read_transcript(golden_path(seed))


def turns_of(transcript: Transcript, by: str | None = None) -> list[TurnEntry]:
    """The turns of a run, or of one lead in it."""
    return [entry for entry in transcript.entries if isinstance(entry, TurnEntry) and by in (None, entry.by)]


def hidden_deed(transcript: Transcript) -> tuple[TurnEntry, str, str]:
    """A turn with a deed that the other does not see, who that is, and what they see in its place."""
    for entry in turns_of(transcript):
        for lead, seen in entry.sees.items():
            if entry.aside and seen != "full" and seen.get("action"):
                return entry, lead, str(seen["action"])
    raise LookupError("no deed is hidden")


def simulate(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command line, as a process."""
    return subprocess.run([*COMMAND, *map(str, arguments)], input=stdin, capture_output=True, timeout=60, check=False)


def written(path: Path, transcript: Transcript) -> Path:
    """A transcript in a file."""
    path.write_text("".join(f"{to_line(entry)}\n" for entry in (transcript.header, *transcript.entries)), encoding="utf-8")
    return path


def changed(transcript: Transcript, change: Callable[[Entry], Iterable[Entry]], name: str = "changed") -> Transcript:
    """A transcript with each entry replaced by what `change` makes of it."""
    return Transcript(name, transcript.header, tuple(new for entry in transcript.entries for new in change(entry)))


def header(**parts: object) -> Header:
    """A first line: two leads, one fact that both know to be false."""
    world = World(
        facts={"lit": False},
        beliefs={"ada": {"lit": False}, "ben": {"lit": False}},
        items={},
        locations={},
        promises={},
        circumstances={},
    )
    whole = {"play": "small", "play_hash": "p", "lines_hash": "l", "seed": 1, "cast": {"ada": "m", "ben": "m"}, "world": world}
    return Header.model_validate({**whole, **parts})


def beat(name: str, **parts: object) -> BeatEntry:
    """A beat begins, for both."""
    whole = {"id": name, "place": "room", "contact": "together", "present": ("ada", "ben"), "sees": {"ada": "A room."}}
    return BeatEntry.model_validate({**whole, **parts})


def turn(name: str, by: str, speech: str | None, *events: Happened, **parts: object) -> TurnEntry:
    """A turn that both perceive as it is."""
    whole = {
        "id": name, "by": by, "model": "m", "intent": None, "speech": speech, "action": None, "aside": None,
        "events": events, "flags": (), "sees": {"ada": "full", "ben": "full"},
    }  # fmt: skip
    return TurnEntry.model_validate({**whole, **parts})


def happened(event: str, rung: str = "free", *, claimed: bool = True, **effects: object) -> Happened:
    """An event in somebody's speech."""
    whole = {"event": event, "field": "speech", "quote": "q", "rung": rung, "claimed": claimed}
    return Happened.model_validate({**whole, "effects": Effects.model_validate(effects)})


def rejected(name: str, by: str, *rules: str, reply: str | None = "{}") -> Rejected:
    """A reply that was not used."""
    reasons = tuple(Violation(rule=rule, detail=f"about {rule}") for rule in rules)
    return Rejected(id=name, by=by, model="m", reply=reply, violations=reasons)


def run(*entries: Entry, name: str = "small", end: bool = True, **parts: object) -> Transcript:
    """A small run."""
    return Transcript(name, header(**parts), (*entries, *([End()] if end else [])))
