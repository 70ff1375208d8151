"""Everything that can go wrong on purpose.

SimulatorError
├── PlayError            the play's files are wrong: every problem with its place (exit 2)
├── TranscriptError      a transcript cannot be read or written (exit 2)
│   └── Taken            its name is, or another process writes it
├── UsageError           the command was given something it cannot use (exit 2)
├── LimitReached         the next call could spend more than the run may (exit 3)
└── ModelUnreachable     a model's server cannot be reached or refuses the caller (exit 3)
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "LimitReached",
    "ModelUnreachable",
    "PlayError",
    "Problem",
    "SimulatorError",
    "Taken",
    "TranscriptError",
    "UsageError",
]


class SimulatorError(Exception):
    """An error for people: its text says what was wrong, where, and what to do."""

    exit_code = 2


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a play's file: where it is, and what was expected."""

    file: str
    line: int  # counted from 1; 0 where the file as a whole is meant
    field: str  # dotted path within the file, or "" for the whole file
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class PlayError(SimulatorError):
    """A play that cannot be performed, with all the problems that were found."""

    def __init__(self, problems: list[Problem]) -> None:
        # The understudy's lines last: what is wrong in a beat is mostly what is wrong in its lines.
        self.problems = tuple(sorted(set(problems), key=lambda problem: ("/lines/" in problem.file, problem)))
        super().__init__("\n".join(map(str, self.problems)))


class TranscriptError(SimulatorError):
    """A transcript that cannot be read, written or gone on with."""


class Taken(TranscriptError):
    """A transcript exists, or another process is writing it."""


class UsageError(SimulatorError):
    """The command was called with something that it cannot use."""


class LimitReached(SimulatorError):
    """The run has spent what it may."""

    exit_code = 3


class ModelUnreachable(SimulatorError):
    """A model's server does not answer, or answers that the call can never work."""

    exit_code = 3
