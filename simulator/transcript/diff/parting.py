"""Where two runs part, and by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from simulator.engine.entries import ActEntry, BeatEntry, End, Entry, Rejected, TurnEntry, WorldEntry
from simulator.transcript.reading import spelled

__all__ = ["Parting", "find_parting"]

Cause = Literal["scheduler", "reply", "rejection", "end"]


@dataclass(frozen=True)
class Parting:
    """The first difference in the order of the logs."""

    one: str | None  # id of the entry; None where the log is over
    other: str | None
    cause: Cause
    what: str  # in words


def find_parting(ones: Sequence[Entry], others: Sequence[Entry]) -> Parting | None:
    """The first entries that differ; None where there are none."""
    for one, other in zip_longest(ones, others):
        if one is None or other is None or one != other:
            cause, what = _cause(one, other)
            return Parting(_id(one), _id(other), cause, what)
    return None


def _id(entry: Entry | None) -> str | None:
    return None if entry is None else entry.kind if isinstance(entry, End) else entry.id


def _cause(one: Entry | None, other: Entry | None) -> tuple[Cause, str]:
    match one, other:
        case (None, _) | (_, None):
            return "end", f"{'A' if one is None else 'B'} stops here, and the other goes on"
        case (Rejected() as rejected, Rejected()):
            return "reply", f"{spelled(rejected.by)}'s model wrote something else, and neither reply was used"
        case (Rejected() as rejected, _) | (_, Rejected() as rejected):
            rules = ", ".join(dict.fromkeys(violation.rule for violation in rejected.violations))
            where = "A" if rejected is one else "B"
            return "rejection", f"a reply of {spelled(rejected.by)} was not used in {where} ({rules})"
        case (TurnEntry(), TurnEntry()) if one.by == other.by:
            return _turns(one, other)
    return "scheduler", _scheduled(one, other)


def _turns(one: TurnEntry, other: TurnEntry) -> tuple[Cause, str]:
    ours, theirs = (one.intent, one.speech, one.action, one.aside), (other.intent, other.speech, other.action, other.aside)
    if ours != theirs:
        return "reply", f"{spelled(one.by)} takes this turn otherwise"
    if one.model != other.model:
        return "reply", f"the same words of {spelled(one.by)} come from another model"
    return "scheduler", f"{spelled(one.by)}'s turn counts otherwise: by its events, their rungs, or who perceives it"


def _scheduled(one: Entry | None, other: Entry | None) -> str:
    if isinstance(one, WorldEntry) and isinstance(other, WorldEntry) and one.id == other.id:
        return f"the simulator's own words for {_called(one)} differ"
    if isinstance(one, BeatEntry) and isinstance(other, BeatEntry) and one.id == other.id:
        return f"the scene of {spelled(one.id)} is set otherwise"
    if isinstance(one, ActEntry) and isinstance(other, ActEntry) and one.id == other.id:
        return "what is remembered of the act before differs"
    return f"A goes on with {_called(one)}, B with {_called(other)}"


def _called(entry: Entry | None) -> str:
    match entry:
        case WorldEntry(event=None) | TurnEntry():
            return f"a turn of {spelled(entry.by)}"
        case WorldEntry():
            return spelled(entry.event or "")
        case None | End():
            return "the end"
    return f"{entry.kind} {spelled(entry.id)}"
