"""What a proof found: each thing with its place, how a run gets there, and what to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from simulator.errors import Problem
from simulator.play.source import Key, Source
from simulator.play.types import Beat

__all__ = ["Finding", "Findings", "beat_file", "event_key"]


@dataclass(frozen=True)
class Finding:
    """One broken property, or something that is probably not meant."""

    level: Literal["error", "warning"]
    problem: Problem
    change: str  # what to do about it
    path: tuple[str, ...] = ()  # the events of the beat that lead there

    def __str__(self) -> str:
        lines = [f"{self.level}: {self.problem}"]
        if self.path:
            lines.append("    reached by: " + ", ".join(self.path))
        return "\n".join([*lines, f"    change: {self.change}"])


@dataclass
class Findings:
    """All that was found, placed in a play's files; the same thing is noted once."""

    sources: Mapping[str, Source]
    found: dict[tuple[str, Key, str], Finding] = field(default_factory=dict)

    def error(self, file: str, key: Key, message: str, change: str, path: tuple[str, ...] = ()) -> None:
        """Note what would go wrong in a run."""
        self._note("error", file, key, message, change, path)

    def warn(self, file: str, key: Key, message: str, change: str) -> None:
        """Note what is probably not meant."""
        self._note("warning", file, key, message, change, ())

    def _note(
        self, level: Literal["error", "warning"], file: str, key: Key, message: str, change: str, path: tuple[str, ...]
    ) -> None:
        problem = self.sources[file].placed(key, message)
        self.found.setdefault((file, key, message), Finding(level, problem, change, path))

    def sorted(self) -> list[Finding]:
        """Errors first; each kind in the order of the proofs, since what is wrong with the plot explains much of the rest."""
        return sorted(self.found.values(), key=lambda finding: finding.level)


def beat_file(beat: str) -> str:
    """A beat's file, as messages call it."""
    return f"beats/{beat}.yaml"


def event_key(beat: Beat, event: str, *rest: str | int) -> Key:
    """The place of an event in its beat's file."""
    return ("events", next(index for index, one in enumerate(beat.events) if one.id == event), *rest)
