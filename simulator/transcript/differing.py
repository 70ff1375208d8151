"""How two requests, or two entries, differ: in words, with what stands around the first difference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import takewhile, zip_longest

from simulator.engine.entries import End, Entry, Header, Rejected, to_line
from simulator.models.base import Request
from simulator.transcript.text import printable
from simulator.transcript.trace import Attempt

__all__ = ["differing_entries", "differing_requests"]

_AROUND = 50  # characters shown before and after what differs
_SHOWN = 160  # characters shown of what differs, at most
_NONE = {"role": "none", "content": ""}


def differing_requests(recorded: Attempt, request: Request, model: str) -> Iterator[str]:
    """Lines on how a request differs from the one that was recorded under its name: model, seed, prompt or schema."""
    lines: list[str] = []
    if recorded.model != model:
        lines += _pair("model", recorded.model, model)
    if recorded.seed != request.seed:
        lines += _pair("sampling seed", str(recorded.seed), str(request.seed))
    if list(recorded.messages) != list(request.messages):
        lines += _prompts(recorded, request)
    yield from lines or ["  schema: the simulator asks for replies of another form than it did"]


def _prompts(recorded: Attempt, request: Request) -> Iterator[str]:
    pairs = enumerate(zip_longest(recorded.messages, request.messages, fillvalue=_NONE), 1)
    changed = [(number, old, new) for number, (old, new) in pairs if old != new]
    number, old, new = changed[0]
    more = f"; {len(changed) - 1} more of its messages differ" if changed[1:] else ""
    role = old["role"] if old["role"] != "none" else new["role"]
    yield from _pair(f"prompt, message {number} ({role}{more})", *_excerpts(old["content"], new["content"]))


def differing_entries(recorded: Entry | Header, now: Entry | Header | None) -> Iterator[str]:
    """Lines on how an entry differs from the one that was recorded in its place."""
    if now is None or _named(recorded) != _named(now):
        yield from _pair("entry", _named(recorded), _named(now) if now else "nothing: the run is over")
        return
    old, new = json.loads(to_line(recorded)), json.loads(to_line(now))
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key):
            texts = (json.dumps(value, ensure_ascii=False) for value in (old.get(key), new.get(key)))
            yield from _pair(key, *_excerpts(*texts))
            return


def _named(entry: Entry | Header) -> str:
    if isinstance(entry, Header | End):
        return f"the {entry.kind}"
    why = f" ({', '.join(violation.rule for violation in entry.violations)})" if isinstance(entry, Rejected) else ""
    return f"{entry.kind} {entry.id}{why}"


def _pair(what: str, old: str, new: str) -> Iterator[str]:
    yield f"  {what}:"
    yield f"    recorded: {printable(old)}"
    yield f"    now:      {printable(new)}"


def _excerpts(old: str, new: str) -> tuple[str, str]:
    """Both texts around what differs, which stands between « and »."""
    old, new = old.replace("\n", " / "), new.replace("\n", " / ")
    start = _common(old, new)
    start = old.rfind(" ", 0, start) + 1  # whole words
    end = _common(old[start:][::-1], new[start:][::-1])
    same = old[len(old) - end :]
    end -= same.find(" ") if " " in same else len(same)
    return _excerpt(old, start, len(old) - end), _excerpt(new, start, len(new) - end)


def _common(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _excerpt(text: str, start: int, stop: int) -> str:
    before, middle, after = text[max(0, start - _AROUND) : start], text[start:stop], text[stop : stop + _AROUND]
    if len(middle) > _SHOWN:
        middle, after = f"{middle[:_SHOWN]}…", ""
    return f"{'…' if start > _AROUND else ''}{before}«{middle}»{after}{'…' if stop + _AROUND < len(text) else ''}"
