"""What a run's model calls took, from the trace beside its transcript."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from simulator.engine.entries import TurnEntry
from simulator.engine.settle import FALLBACK
from simulator.score.figures import Spent
from simulator.transcript.log import trace_path
from simulator.transcript.reading import Transcript

__all__ = ["spent_on"]


def spent_on(file: Path, run: Transcript) -> Spent | None:
    """The sum over a run's trace; None where there is no trace."""
    path = trace_path(file)
    if str(file) == "-" or not path.is_file():
        return None
    accepted = sum(isinstance(entry, TurnEntry) and entry.model != FALLBACK for entry in run.entries)
    return sum(map(_spent, _calls(path)), Spent(accepted=accepted))


def _calls(path: Path) -> Iterator[Mapping[str, Any]]:
    """The lines of a trace that tell of a call; one that was cut off tells of none."""
    for line in path.read_bytes().splitlines():
        try:
            call = json.loads(line)
        except ValueError:
            continue
        if isinstance(call, dict) and isinstance(call.get("usage"), dict):
            yield call["usage"]


def _spent(usage: Mapping[str, Any]) -> Spent:
    counts = (int(usage.get(name) or 0) for name in ("prompt", "cached", "completion"))
    return Spent(1, 0, *counts)
