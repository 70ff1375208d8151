"""Systematic mutants of a play: each event dropped, moved, retimed, given another actor, other observers, effects, words.

A mutant is one beat's file (and its lines) changed in one way. They are made from the files as data, so that each goes through the
loader as an author's mistake would.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Mutant", "mutants"]

Data = dict[str, Any]
Files = Mapping[str, Any]  # name within the play's folder: its data
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
        return f"{self.operator}: {self.event}: {self.what}"


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
        yield from self._drops(index)
        yield from self._moves(index)
        yield from self._times(event, index)
        yield from self._actors(event, index)
        yield from self._observers(event, index)
        yield from self._effects(event, index)
        if "evidence" in event:
            yield from self._evidence(event, index)
            yield from self._fallbacks(event, index)

    # Making one.

    def _mutant(self, operator: str, index: int, what: str, change: Callable[[Data], object], **others: Any) -> Mutant:
        data = copy.deepcopy(self.data)
        change(data)
        event = self.data["events"][index]["id"]
        return Mutant(operator, event, what, {f"beats/{self.beat}.yaml": data, **others})

    def _of(self, operator: str, index: int, what: str, change: Callable[[Data], object]) -> Mutant:
        return self._mutant(operator, index, what, lambda data: change(data["events"][index]))

    # Operators.

    def _drops(self, index: int) -> Iterator[Mutant]:
        yield self._mutant("drop", index, "the event", lambda data: data["events"].pop(index))
        event, name = self.data["events"][index]["id"], f"beats/lines/{self.beat}.yaml"
        kept = [exchange for exchange in self.files.get(name) or [] if exchange.get("event") != event]
        if len(kept) < len(self.files.get(name) or []):
            yield self._mutant("drop", index, "with its lines", lambda data: data["events"].pop(index), **{name: kept})

    def _moves(self, index: int) -> Iterator[Mutant]:
        events = self.data["events"]
        if index + 1 < len(events):
            yield self._mutant("move", index, "behind the next in the file", lambda data: _swap(data["events"], index))
        if "after" in events[index]:
            yield self._of("move", index, "waits for nothing", lambda event: event.pop("after"))
        others = [event["id"] for event in events if event["id"] not in (events[index]["id"], *events[index].get("after", ()))]
        if others:
            yield self._of("move", index, f"waits for {others[-1]} too", lambda event: _append(event, "after", others[-1]))
        if self.following:
            name = f"beats/{self.following}.yaml"
            moved = copy.deepcopy(self.files[name])
            moved["events"].insert(0, {**copy.deepcopy(events[index])})
            for key in ("after", "answers"):
                moved["events"][0].pop(key, None)
            yield self._mutant("move", index, "to the next beat", lambda data: data["events"].pop(index), **{name: moved})

    def _times(self, event: Data, index: int) -> Iterator[Mutant]:
        last = self.data["turns"]["max"]
        if "window" in event:
            first, end = event["window"]
            for what, window in (
                ("a window two turns later", [first + 2, end + 2]),
                ("a window two turns earlier", [max(1, first - 2), max(1, end - 2)]),
                ("a window of its first turn only", [first, first]),
                ("a window of the last turn only", [last, last]),
                ("a window turned round", [end, first]),
            ):
                yield self._of("retime", index, what, lambda event, window=window: event.update(window=window))
            yield self._of("retime", index, "no window", lambda event: event.pop("window"))
        if "at" in event:
            yield self._of("retime", index, "two turns later", lambda event: event.update(at=event["at"] + 2))
            yield self._of("retime", index, "after the last turn", lambda event: event.update(at=last + 1))
        if "answers" in event:
            yield self._of("retime", index, "no answer, but any time", lambda event: event.update(after=[event.pop("answers")]))

    def _actors(self, event: Data, index: int) -> Iterator[Mutant]:
        for by in (*self.leads, "world", "nobody"):
            if by != event["by"] and ("evidence" in event) == (by in (*self.leads, "nobody")):
                yield self._of("actor", index, f"by {by}", lambda event, by=by: event.update(by=by))

    def _observers(self, event: Data, index: int) -> Iterator[Mutant]:
        if "evidence" in event:
            for channel in ("speech", "action", "aside"):
                if channel != event["channel"]:
                    yield self._of("observers", index, f"as {channel}", lambda event, to=channel: event.update(channel=to))
            if "innocent" in event:
                yield self._of("observers", index, "no innocent version", lambda event: event.pop("innocent"))
            return
        for what, seen_by in (
            ("nobody", []),
            *((f"{lead} alone", [lead]) for lead in self.leads),
            ("both", list(self.leads)),
        ):
            if seen_by != event.get("seen_by", list(self.leads)):
                yield self._of("observers", index, f"seen by {what}", lambda event, to=seen_by: event.update(seen_by=to))

    def _effects(self, event: Data, index: int) -> Iterator[Mutant]:
        for kind in _EFFECTS:
            for path, value in _leaves(event.get(kind, {})):
                at = ".".join((kind, *path))
                yield self._of("effects", index, f"without {at}", lambda event, path=(kind, *path): _pop(event, path))
                yield self._of(
                    "effects",
                    index,
                    f"{at} turned round",
                    lambda event, path=(kind, *path), to=_turned(value): _put(event, path, to),
                )
                if path[0] in self.leads:
                    other = self.leads[path[0] == self.leads[0]]
                    yield self._of(
                        "effects",
                        index,
                        f"{at} for {other}",
                        lambda event, path=(kind, *path), to=value, other=other: (
                            _pop(event, path),
                            _put(event, (path[0], other, *path[2:]), to),
                        ),
                    )

    def _evidence(self, event: Data, index: int) -> Iterator[Mutant]:
        evidence = event["evidence"]
        for kind in ("all", "any"):
            patterns = evidence.get(kind, [])
            for number in sorted({0, len(patterns) - 1} if patterns else ()):
                what = f"{kind} without its {'first' if number == 0 else 'last'} pattern"
                yield self._of("evidence", index, what, lambda event, kind=kind, at=number: event["evidence"][kind].pop(at))
        for kind in ("none", "allow"):
            if kind in evidence:
                yield self._of("evidence", index, f"without {kind}", lambda event, kind=kind: event["evidence"].pop(kind))
        yield self._of("evidence", index, "any word", lambda event: event.update(evidence={"any": ["\\w"]}))
        yield self._of(
            "evidence", index, "words that nobody says", lambda event: event.update(evidence={"any": ["\\bxyzzy\\b"]})
        )

    def _fallbacks(self, event: Data, index: int) -> Iterator[Mutant]:
        others = [one["fallback"] for one in self.data["events"] if "fallback" in one and one["id"] != event["id"]]
        texts = {
            "another event's": others[0] if others else None,
            "the hint": event["hint"],
            "silence": "says nothing and waits",
        }
        for what, text in texts.items():
            if text is not None:
                yield self._of("fallback", index, what, lambda event, text=text: event.update(fallback=text))


def _swap(events: list[Data], index: int) -> None:
    events[index], events[index + 1] = events[index + 1], events[index]


def _append(event: Data, key: str, value: str) -> None:
    event[key] = [*event.get(key, ()), value]


def _leaves(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*path, key))
    else:
        yield path, data


def _pop(data: Data, path: tuple[str, ...]) -> None:
    for key in path[:-1]:
        data = data[key]
    del data[path[-1]]


def _put(data: Data, path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        data = data.setdefault(key, {})
    data[path[-1]] = value


def _turned(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return {"made": "broken", "broken": "made"}.get(value, "elsewhere")
