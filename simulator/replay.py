"""A run performed again with the replies in its trace: whether the play and the engine, as they are now, ask the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.engine.entries import End, Entry, Header, to_line
from simulator.engine.fold import begin, open_stage
from simulator.engine.stage import Stage
from simulator.models.base import Reply, Request
from simulator.perform import perform
from simulator.play.types import Play
from simulator.transcript.differing import differing_entries, differing_requests
from simulator.transcript.lineage import expect_play, hashes, inherited, restage
from simulator.transcript.log import Found, find_log, trace_path
from simulator.transcript.trace import Attempt, read_trace, request_hash

__all__ = ["replay"]


def replay(play: Play, path: Path) -> int:
    """Perform a run again from its trace, and print what differs first: 0 where nothing does, and else 1."""
    found = find_log(path)
    expect_play(play, found.header, str(path))
    attempts = tuple(read_trace(trace_path(path)))
    result = asyncio.run(_perform(play, found, attempts, path))
    same_play = hashes(found.header, found.entries)[0] == play.play_hash()
    for line in _report(result, found, path, same_play=same_play):
        print(line)
    return 1 if result.miss or result.parting else 0


class _Miss(Exception):
    """A request that the recorded run did not make."""

    def __init__(self, request: Request, model: str, recorded: Attempt | None) -> None:
        super().__init__(request.name)
        self.request = request
        self.model = model
        self.recorded = recorded  # what was asked under the same name


class _Recorded:
    """A lead's model, which replies as it did in the recorded run."""

    def __init__(self, model: str, attempts: tuple[Attempt, ...]) -> None:
        self._model = model
        # Where a call was made twice, the first was lost with its process: the log goes on from the last.
        self._replies: Mapping[tuple[str, int], Reply] = {(one.request, one.number): one.reply for one in attempts}
        self._named: Mapping[str, Attempt] = {one.cue: one for one in attempts}

    async def reply(self, request: Request) -> Reply:
        attempt = int(request.name.rpartition("/")[2])
        reply = self._replies.get((request_hash(request, self._model), attempt))
        if reply is None:
            raise _Miss(request, self._model, self._named.get(request.name))
        return reply


@dataclass
class _Result:
    """What a replay came to."""

    given: int  # entries that were not performed again
    calls: int = 0  # that were found in the trace
    parting: tuple[int, Entry | Header, Entry | Header | None] | None = None  # line, recorded and now: the first that differs
    miss: _Miss | None = None


async def _perform(play: Play, found: Found, attempts: tuple[Attempt, ...], path: Path) -> _Result:
    header, given = found.header, inherited(found.header, found.entries)
    result = _Result(given)
    stage = _beginning(play, found, result, path)
    cast = {lead: _Recorded(model, attempts) for lead, model in header.cast.items()}

    def count(_request: Request, _reply: Reply) -> None:
        result.calls += 1

    stream = perform(stage, cast, count)
    try:
        for line, recorded in enumerate(found.entries[given:], given + 2):
            now = await anext(stream, None)
            if result.parting is None and (now is None or to_line(now) != to_line(recorded)):
                result.parting = line, recorded, now
            if now is None:
                break
    except _Miss as miss:
        result.miss = miss
    return result


def _beginning(play: Play, found: Found, result: _Result, path: Path) -> Stage:
    """The stage from which a run can be performed again: its first, or behind what other files have performed."""
    header, given = found.header, result.given
    if given:
        kept = Found(header, found.entries[:given], found.lines[: given + 1], torn=b"", unended=False)
        return restage(play, kept, str(path), same_play=False)
    now = begin(play, header.seed, header.cast)
    if now.world != header.world:
        result.parting = 1, header, header.model_copy(update={"world": now.world})
    return open_stage(play, now)


def _report(result: _Result, found: Found, path: Path, *, same_play: bool) -> Iterator[str]:
    cause = "the play is as it was" if same_play else "the play has changed since this run"
    if result.given:
        last = found.entries[result.given - 1]
        yield f"{path}: replayed from {getattr(last, 'id', 'its last version')} on; what is before has another origin"
    if result.parting is not None:
        line, recorded, now = result.parting
        yield f"{path}:{line}: the first entry that differs ({cause})"
        yield from differing_entries(recorded, now)
    if result.miss is not None:
        yield from _miss(result.miss, result.calls, path, cause)
    elif result.parting is None:
        unfinished = "" if found.entries and isinstance(found.entries[-1], End) else " so far: the run is unfinished"
        performed = len(found.entries) - result.given
        yield f"{path}: {result.calls} calls replayed; every request and all {performed} entries are the same{unfinished}"
        if not same_play:
            yield f"{cause}, and this run is not touched by it"


def _miss(miss: _Miss, calls: int, path: Path, cause: str) -> Iterator[str]:
    _, _, lead, _ = miss.request.name.split("/")
    yield f"{path}: {miss.request.name} is the first request that differs, {lead}'s ({cause}); the {calls} before are the same"
    if miss.recorded is None:
        yield "  it was not made in the recorded run"
        return
    if cause == "the play is as it was":
        yield "  the simulator asks otherwise than the one that performed this run"
    yield from differing_requests(miss.recorded, miss.request, miss.model)
