"""Systematic mutants of a play: each event dropped, moved, retimed, given another actor, other observers, effects, words.

A mutant is one beat's file (sometimes with its lines, or with the next beat) changed in one way. They are made from the files
as data, so that each goes through the loader as an author's mistake would.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Mutant", "mutants"]

Data = dict[str, Any]
Files = Mapping[str, Any]  # name within the play's folder: its data
Change = Callable[[Data], None]
Path = tuple[str, ...]
_EFFECTS = ("set", "learn", "move", "locate", "promise")


@dataclass(frozen=True)
class Mutant:
    """One change of a play."""

    operator: str
    event: str
    what: str
    files: Files  # only those that change

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.event}: {self.what}"


def mutants(files: Files, leads: tuple[str, str], order: list[str]) -> Iterator[Mutant]:
    """All mutants of a play whose files are given as data; beats in the order of performance."""
    for number, beat in enumerate(order):
        following = order[number + 1] if number + 1 < len(order) else None
        making = _Making(files, leads, beat, following)
        for index in range(len(making.data["events"])):
            yield from making.of_event(index)


class _Making:
    """The mutants of one beat."""

    def __init__(self, files: Files, leads: tuple[str, str], beat: str, following: str | None) -> None:
        self.files = files
        self.leads = leads
        self.beat = beat
        self.following = following
        self.data: Data = files[f"beats/{beat}.yaml"]

    def of_event(self, index: int) -> Iterator[Mutant]:
        event = self.data["events"][index]
        yield from self._drops(event, index)
        yield from self._moves(event, index)
        for operator, changes in (
            ("retime", self._times(event)),
            ("actor", self._actors(event)),
            ("observers", self._observers(event)),
            ("effects", self._effects(event)),
            ("evidence", self._evidence(event)),
            ("fallback", self._fallbacks(event)),
        ):
            for what, change in changes:
                yield self._of(operator, index, what, change)

    # Making one.

    def _mutant(self, operator: str, index: int, what: str, change: Change, others: Files | None = None) -> Mutant:
        data = copy.deepcopy(self.data)
        change(data)
        event = self.data["events"][index]["id"]
        return Mutant(operator, event, what, {f"beats/{self.beat}.yaml": data, **(others or {})})

    def _of(self, operator: str, index: int, what: str, change: Change) -> Mutant:
        return self._mutant(operator, index, what, lambda data: change(data["events"][index]))

    # Operators on the beat.

    def _drops(self, event: Data, index: int) -> Iterator[Mutant]:
        yield self._mutant("drop", index, "dropped", _drop(index))
        name = f"beats/lines/{self.beat}.yaml"
        lines = self.files.get(name) or []
        kept = [exchange for exchange in lines if exchange.get("event") != event["id"]]
        if len(kept) < len(lines):
            yield self._mutant("drop", index, "dropped with its lines", _drop(index), {name: kept})

    def _moves(self, event: Data, index: int) -> Iterator[Mutant]:
        events = self.data["events"]
        if index + 1 < len(events):
            yield self._mutant("move", index, "behind the next in the file", _swap(index))
        if "after" in event:
            yield self._of("move", index, "waits for nothing", _without(("after",)))
        others = [one["id"] for one in events if one["id"] not in (event["id"], *event.get("after", ()))]
        if others:
            longer = _put(("after",), [*event.get("after", ()), others[-1]])
            yield self._of("move", index, f"waits for {others[-1]} too", longer)
        if self.following:
            name = f"beats/{self.following}.yaml"
            moved = copy.deepcopy(self.files[name])
            moved["events"].insert(0, {key: value for key, value in event.items() if key not in ("after", "answers")})
            yield self._mutant("move", index, "to the next beat", _drop(index), {name: moved})

    # Operators on one event: what is changed, and how.

    def _times(self, event: Data) -> Iterator[tuple[str, Change]]:
        last = self.data["turns"]["max"]
        if "window" in event:
            first, end = event["window"]
            yield "a window two turns later", _put(("window",), [first + 2, end + 2])
            yield "a window two turns earlier", _put(("window",), [max(1, first - 2), max(1, end - 2)])
            yield "a window of its first turn only", _put(("window",), [first, first])
            yield "a window of the beat's last turn only", _put(("window",), [last, last])
            yield "a window turned round", _put(("window",), [end, first])
            yield "no window", _without(("window",))
        if "at" in event:
            yield "two turns later", _put(("at",), event["at"] + 2)
            yield "after the last turn", _put(("at",), last + 1)
        if "answers" in event:
            yield "no answer, but any time", _both(_without(("answers",)), _put(("after",), [event["answers"]]))

    def _actors(self, event: Data) -> Iterator[tuple[str, Change]]:
        for by in (*self.leads, "nobody") if "evidence" in event else ("world", "nobody"):
            if by != event["by"]:
                yield f"by {by}", _put(("by",), by)

    def _observers(self, event: Data) -> Iterator[tuple[str, Change]]:
        if "evidence" in event:
            for channel in ("speech", "action", "aside"):
                if channel != event["channel"]:
                    yield f"as {channel}", _put(("channel",), channel)
            if "innocent" in event:
                yield "no innocent version", _without(("innocent",))
            return
        for seen_by in ([], *([lead] for lead in self.leads), list(self.leads)):
            if seen_by != event.get("seen_by", list(self.leads)):
                yield f"seen by {' and '.join(seen_by) or 'nobody'}", _put(("seen_by",), seen_by)

    def _effects(self, event: Data) -> Iterator[tuple[str, Change]]:
        for path, value in _leaves({kind: event[kind] for kind in _EFFECTS if kind in event}):
            yield f"without {'.'.join(path)}", _without(path)
            yield f"{'.'.join(path)} turned round", _put(path, _turned(value))
            if path[1] in self.leads:
                other = self.leads[path[1] == self.leads[0]]
                yield f"{'.'.join(path)} for {other}", _both(_without(path), _put((path[0], other, *path[2:]), value))

    def _evidence(self, event: Data) -> Iterator[tuple[str, Change]]:
        evidence = event.get("evidence", {})
        for kind in ("all", "any"):
            patterns, half = evidence.get(kind, []), (len(evidence.get(kind, [])) + 1) // 2
            if patterns:
                yield f"{kind} without its first half", _put(("evidence", kind), patterns[half:])
                yield (
                    f"{kind} without its second half",
                    _put(("evidence", kind), patterns[:half] if half < len(patterns) else []),
                )
        for kind in ("none", "allow"):
            if kind in evidence:
                yield f"evidence without {kind}", _without(("evidence", kind))
        if evidence:
            yield "any word is evidence", _put(("evidence",), {"any": [r"\w"]})
            yield "evidence that nobody gives", _put(("evidence",), {"any": [r"\bxyzzy\b"]})

    def _fallbacks(self, event: Data) -> Iterator[tuple[str, Change]]:
        if "fallback" not in event:
            return
        others = [one["fallback"] for one in self.data["events"] if "fallback" in one and one["id"] != event["id"]]
        for text in others[:1]:
            yield "the fallback of another", _put(("fallback",), text)
        yield "the hint as fallback", _put(("fallback",), event["hint"])
        yield "a fallback that does nothing", _put(("fallback",), "says nothing and waits")


def _drop(index: int) -> Change:
    def change(data: Data) -> None:
        del data["events"][index]

    return change


def _swap(index: int) -> Change:
    def change(data: Data) -> None:
        events = data["events"]
        events[index], events[index + 1] = events[index + 1], events[index]

    return change


def _without(path: Path) -> Change:
    def change(data: Data) -> None:
        for key in path[:-1]:
            data = data[key]
        del data[path[-1]]

    return change


def _put(path: Path, value: object) -> Change:
    def change(data: Data) -> None:
        for key in path[:-1]:
            data = data.setdefault(key, {})
        data[path[-1]] = value

    return change


def _both(one: Change, other: Change) -> Change:
    def change(data: Data) -> None:
        one(data)
        other(data)

    return change


def _leaves(data: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every single value with the path to it."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*path, key))
    else:
        yield path, data


def _turned(value: object) -> object:
    if isinstance(value, bool):
        return not value
    return {"made": "broken", "broken": "made"}.get(str(value), "elsewhere")
