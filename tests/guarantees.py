"""The guarantees, shown: `python -m tests.guarantees` performs the default play with every chaos model and prints one table.

It fails if one run does not complete, misses or misorders an event, needs more calls than the play implies, lets a secret
through that a lead may not know, or does not say which lines were fed.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import reduce
from itertools import product

from simulator.engine.cue import Cue
from simulator.engine.entries import End, Entry, Header, Rejected, TurnEntry, WorldEntry
from simulator.engine.fold import advance, begin, open_stage
from simulator.engine.scheduler import step
from simulator.engine.settle import ATTEMPTS, FALLBACK, settle
from simulator.models.base import Reply, Request
from simulator.models.chaos import CHAOS
from simulator.play.types import Play
from simulator.score.leaks import count_leaks
from simulator.transcript.reading import Transcript
from simulator.transcript.summary import tally
from tests.rehearsal import default, understudy

SEEDS = range(1, 11)
PROCESSES = 2


@dataclass(frozen=True)
class Run:
    """One run: who played what, the log, and what was asked of each lead."""

    model: str
    roles: tuple[str, ...]  # played by the model; the understudy plays the others
    seed: int
    header: Header
    entries: tuple[Entry, ...]
    asked: tuple[tuple[str, str], ...]  # (lead, the whole prompt), for each call


def perform(model: str, roles: tuple[str, ...], seed: int) -> Run:
    """The default play with a model in some roles."""
    play = default()
    header = begin(play, seed, {lead: model if lead in roles else "understudy" for lead in play.leads})
    stage, entries, asked = open_stage(play, header), list[Entry](), list[tuple[str, str]]()
    while (coming := step(stage)) is not None:
        if isinstance(coming, Cue):
            asked.append((coming.by, "\n".join(message["content"] for message in coming.messages)))
            reply = _reply(play, model, coming) if coming.by in roles else Reply(understudy(play, coming))
            coming = settle(stage, coming, reply.text, reply.trouble)
        entries.append(coming)
        stage = advance(stage, coming)
    return Run(model, roles, seed, header, tuple(entries), tuple(asked))


def _reply(play: Play, model: str, cue: Cue) -> Reply:
    if model == "understudy":
        return Reply(understudy(play, cue))
    answer = CHAOS[model](Request(cue.name, cue.messages, cue.sampling_seed))
    return answer if isinstance(answer, Reply) else Reply(answer)


def call_bound(play: Play) -> int:
    """The most model calls that a run of a play can take."""
    return ATTEMPTS * sum(beat.turns.max for beat in play.beats.values())


def broken(run: Run) -> list[str]:
    """Every guarantee that a run breaks."""
    play = default()
    happened = list(_happened(run.entries))
    expected = [event.id for beat in play.beats.values() for event in beat.events]
    problems = [] if run.entries[-1] == End() else ["the run does not end"]
    problems += [] if sorted(happened) == sorted(expected) else [f"events: {set(expected) ^ set(happened)}"]
    problems += [f"{event} before what it waits for" for event in _misordered(play, happened)]
    problems += [] if len(run.asked) <= call_bound(play) else [f"{len(run.asked)} calls, {call_bound(play)} allowed"]
    problems += [f"{told(run)} turns told what their speaker had to keep"] if told(run) else []
    problems += [f"{lead} was told what was done unseen: {aside}" for lead, aside in _shared_asides(run)]
    problems += [f"{turn}: fed, and the log does not say so" for turn in _silently_fed(run.entries)]
    return problems


def told(run: Run) -> int:
    """Turns that were heard and told a secret which their speaker knew."""
    return count_leaks(Transcript(run.model, run.header, run.entries), default()).heard.count


def _happened(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, WorldEntry) and entry.event:
            yield entry.event
        elif isinstance(entry, TurnEntry):
            yield from (done.event for done in entry.events)


def _misordered(play: Play, happened: list[str]) -> Iterator[str]:
    events = {event.id: event for beat in play.beats.values() for event in beat.events}
    for index, name in enumerate(happened):
        if not set(events[name].waits_for) <= set(happened[:index]):
            yield name


def _shared_asides(run: Run) -> Iterator[tuple[str, str]]:
    asides = [(entry.by, entry.aside) for entry in run.entries if isinstance(entry, TurnEntry) and entry.aside]
    for (by, aside), (lead, prompt) in product(asides, run.asked):
        if lead != by and aside in prompt:
            yield lead, aside


def _silently_fed(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, TurnEntry) and any(done.rung == "fed" for done in entry.events):
            said = entry.model == FALLBACK or "grafted" in entry.flags
            yield from () if said else (entry.id,)


# The table.


@dataclass(frozen=True)
class Row:
    """What the runs of one model came to."""

    model: str
    roles: str
    runs: int
    completed: int
    rungs: Counter[str]
    rejected: int
    calls: int  # the most in one run
    told: int
    problems: tuple[str, ...]


def summed(runs: list[Run]) -> Row:
    """The runs of one model in the same roles as one row."""
    rungs = reduce(lambda sum_, run: sum_ + Counter(tally(run.entries).rungs), runs, Counter[str]())
    return Row(
        model=runs[0].model,
        roles="both roles" if len(runs[0].roles) == 2 else "one role",
        runs=len(runs),
        completed=sum(run.entries[-1] == End() for run in runs),
        rungs=rungs,
        rejected=sum(isinstance(entry, Rejected) for run in runs for entry in run.entries),
        calls=max(len(run.asked) for run in runs),
        told=sum(map(told, runs)),
        problems=tuple(f"{run.model}, seed {run.seed}: {problem}" for run in runs for problem in broken(run)),
    )


def row(model: str, both: bool, seeds: Iterable[int]) -> Row:
    """Perform with a model in both roles, or in each against the understudy."""
    leads = default().leads
    castings = [leads] if both else [(lead,) for lead in leads]
    return summed([perform(model, roles, seed) for roles in castings for seed in seeds])


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The rows as Markdown."""
    yield "| model | in | runs | completed | free | cued | required | fed | rejected | most calls | bound | leaks |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for one in rows:
        counts = " | ".join(str(one.rungs[rung]) for rung in ("free", "cued", "required", "fed"))
        done = f"{one.completed} of {one.runs}"
        rest = f"{one.rejected} | {one.calls} | {call_bound(default())} | {one.told}"
        yield f"| {one.model} | {one.roles} | {one.runs} | {done} | {counts} | {rest} |"


def _row(task: tuple[str, bool]) -> Row:
    return row(*task, SEEDS)


def main() -> None:
    """Perform, print the table, and exit with 1 where a guarantee is broken."""
    tasks = [("understudy", True), *((model, both) for model in CHAOS for both in (True, False))]
    with ProcessPoolExecutor(PROCESSES) as pool:
        rows = list(pool.map(_row, tasks))
    print("\n".join(table(rows)))
    problems = [problem for one in rows for problem in one.problems]
    print(f"\n{sum(one.runs for one in rows)} runs, {len(problems)} broken guarantees")
    print("\n".join(problems[:50]))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
