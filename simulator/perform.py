"""One run: step, prompt, reply, check, append."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

from simulator.engine.cue import Cue
from simulator.engine.entries import Entry
from simulator.engine.fold import advance
from simulator.engine.scheduler import step
from simulator.engine.settle import settle
from simulator.engine.stage import Stage
from simulator.models.base import Model, Reply, Request

__all__ = ["Attempted", "perform"]

Attempted = Callable[[Request, Reply], None]


async def perform(stage: Stage, cast: Mapping[str, Model], attempted: Attempted) -> AsyncIterator[Entry]:
    """The entries of a run from a stage to its end, each as it comes about.

    `attempted` is told of every model call, before the entry that it leads to. Raises ModelUnreachable.
    """
    while (coming := step(stage)) is not None:
        entry = await _settled(stage, coming, cast[coming.by], attempted) if isinstance(coming, Cue) else coming
        yield entry
        stage = advance(stage, entry)


async def _settled(stage: Stage, cue: Cue, model: Model, attempted: Attempted) -> Entry:
    request = Request(cue.name, cue.messages, cue.sampling_seed)
    reply = await model.reply(request)
    attempted(request, reply)
    return settle(stage, cue, reply.text, reply.trouble)
