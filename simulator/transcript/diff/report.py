"""`simulate diff`: two files in, one comparison out."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from simulator.errors import UsageError
from simulator.transcript.diff.compare import Comparison, compare
from simulator.transcript.diff.json import as_json
from simulator.transcript.diff.page import as_page
from simulator.transcript.diff.text import as_text
from simulator.transcript.output import colours, write
from simulator.transcript.reading import read_transcript

__all__ = ["print_comparison"]

Format = Literal["text", "json", "html"]


def print_comparison(one: Path, other: Path, form: Format, *, stat: bool, lead: str | None, words: bool) -> int:
    """Print a comparison; 0 where nothing differs, else 1. Raises TranscriptError, UsageError."""
    if str(one) == str(other) == "-":
        raise UsageError("only one of the two transcripts can come from standard input")
    comparison = compare(read_transcript(one), read_transcript(other), lead=lead, words=words)
    write(_formatted(comparison, form, stat))
    return 0 if comparison.same else 1


def _formatted(comparison: Comparison, form: Format, stat: bool) -> str:
    if form == "json":
        return as_json(comparison, stat=stat)
    if form == "html":
        return as_page(comparison, stat=stat)
    return as_text(comparison, stat=stat, colour=colours())
