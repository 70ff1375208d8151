"""What a run came to, in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.engine.entries import Entry, Rejected, Rung, TurnEntry

__all__ = ["Tally", "tally"]


@dataclass(frozen=True)
class Tally:
    """Counts over a run."""

    turns: int
    rejected: int
    rungs: dict[Rung, int]  # the leads' events, by how they came

    @property
    def unforced(self) -> float:
        """The share of the leads' events that came free or cued; 1 where there were none."""
        events = sum(self.rungs.values())
        return (self.rungs["free"] + self.rungs["cued"]) / events if events else 1.0


def tally(entries: Iterable[Entry]) -> Tally:
    """Count over a run's entries."""
    rungs: Counter[Rung] = Counter({"free": 0, "cued": 0, "required": 0, "fed": 0})
    turns = rejected = 0
    for entry in entries:
        rejected += isinstance(entry, Rejected)
        if isinstance(entry, TurnEntry):
            turns += 1
            rungs.update(done.rung for done in entry.events)
    return Tally(turns, rejected, dict(rungs))
