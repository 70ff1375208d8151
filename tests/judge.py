"""How any running server does: `make judge SERVER=http://127.0.0.1:8080/v1 MODEL=name`.

Performs the default play with seeds 1 to 3, and says what was learnt of the server, how the plot was carried, what was
rejected and what it took. The key comes from OPENAI_API_KEY. PLAY names another play's folder. The exit code is 1 where a
run is stopped.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.engine.entries import Entry, Rejected
from simulator.engine.fold import begin, open_stage
from simulator.errors import SimulatorError
from simulator.models.base import Reply, Request, Usage
from simulator.models.client import ChatModel, Endpoint
from simulator.perform import perform
from simulator.play.loading import load
from simulator.play.types import Play
from simulator.transcript.summary import tally
from tests.rehearsal import default

SEEDS = (1, 2, 3)


@dataclass
class Run:
    """What is noted of one run."""

    seed: int
    entries: list[Entry] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    calls: int = 0
    notes: list[str] = field(default_factory=list)
    finishes: Counter[str | None] = field(default_factory=Counter)
    seconds: float = 0.0
    stopped: str | None = None

    def attempted(self, _request: Request, reply: Reply) -> None:
        """Note one call."""
        self.calls += 1
        self.usage += reply.usage
        self.notes += reply.notes
        self.finishes[reply.finish_reason] += 1


async def performed(play: Play, endpoint: Endpoint, seed: int) -> Run:
    """One run, with the same model in both roles."""
    run, began = Run(seed), time.monotonic()
    model = ChatModel(endpoint)
    header = begin(play, seed, dict.fromkeys(play.leads, endpoint.model))
    try:
        async for entry in perform(open_stage(play, header), dict.fromkeys(play.leads, model), run.attempted):
            run.entries.append(entry)
    except SimulatorError as error:
        run.stopped = str(error)
    finally:
        await model.close()
    run.seconds = time.monotonic() - began
    return run


def report(run: Run) -> list[str]:
    """The lines that say how it went."""
    if run.stopped is not None:
        return [f"seed {run.seed}: stopped after {run.calls} calls: {run.stopped}"]
    counts = tally(run.entries)
    rules = Counter(entry.violations[0].rule for entry in run.entries if isinstance(entry, Rejected))
    return [
        f"seed {run.seed}: complete in {run.seconds:.1f} seconds",
        f"  learnt: {'; '.join(run.notes) or 'nothing, it does all that is asked'}",
        f"  events: {_listed(counts.rungs)} ({counts.unforced:.0%} unforced), over {counts.turns} turns",
        f"  {run.calls} calls, {counts.rejected} rejected: {_listed(rules)}",
        f"  finish reasons: {_listed(run.finishes)}",
        f"  tokens: {run.usage.prompt:,} in, {run.usage.cached:,} of them cached; {run.usage.completion:,} out, "
        f"{run.usage.reasoning:,} of them reasoning",
    ]


def _listed(counts: Mapping[Any, int]) -> str:
    """Counts in words, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{number} {name}" for name, number in ordered if number) or "none"


def main(server: str, model: str) -> int:
    """Perform and report."""
    if not server or not model:
        print(__doc__, file=sys.stderr)
        return 2
    play = load(Path(os.environ["PLAY"])) if os.environ.get("PLAY") else default()
    endpoint = Endpoint(model, server, os.environ.get("OPENAI_API_KEY"))
    for seed in SEEDS:
        run = asyncio.run(performed(play, endpoint, seed))
        print("\n".join(report(run)), flush=True)
        if run.stopped is not None:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*[*sys.argv[1:], "", ""][:2]))
