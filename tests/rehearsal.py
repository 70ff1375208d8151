"""Whole runs on the model seam, without HTTP."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from simulator.engine.cue import Cue
from simulator.engine.entries import Entry, Header
from simulator.engine.fold import advance, begin, open_stage
from simulator.engine.scheduler import step
from simulator.engine.settle import settle
from simulator.models.understudy import answer
from simulator.play.loading import default_play, load
from simulator.play.types import Play

Answer = Callable[[Play, Cue], str | None]


@cache
def default() -> Play:
    """The play that comes with the simulator."""
    return load(default_play())


def understudy(play: Play, cue: Cue) -> str:
    """What the understudy replies."""
    return answer(play, cue.messages, cue.sampling_seed, cue.name)


def perform_play(play: Play, seed: int, reply: Answer = understudy) -> tuple[Header, list[Entry]]:
    """A run from its header to its end."""
    header = begin(play, seed, dict.fromkeys(play.leads, "understudy"))
    stage, entries = open_stage(play, header), list[Entry]()
    while (coming := step(stage)) is not None:
        entry = settle(stage, coming, reply(play, coming)) if isinstance(coming, Cue) else coming
        entries.append(entry)
        stage = advance(stage, entry)
    return header, entries
