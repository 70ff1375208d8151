"""Whole runs in process, without HTTP: the scheduler stepped by hand, and a function in the model's place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from simulator.engine.cue import Cue
from simulator.engine.entries import Entry, Header
from simulator.engine.fold import advance, begin, open_stage
from simulator.engine.prompt import Message
from simulator.engine.scheduler import step
from simulator.engine.settle import settle
from simulator.models import understudy
from simulator.play.loading import default_play, load
from simulator.play.types import Play

__all__ = ["Answer", "default", "perform_play"]

Answer = Callable[[Play, Sequence[Message], int, str], str | None]  # play, messages, sampling seed, the call's name: a reply


@cache
def default() -> Play:
    """The default play, loaded once."""
    return load(default_play())


def perform_play(play: Play, seed: int, answer: Answer | None = None) -> tuple[Header, list[Entry]]:
    """A run from its header to its end; both leads are the understudy, unless another answers."""
    model, reply_to = ("understudy", understudy.answer) if answer is None else ("rehearsal", answer)
    header = begin(play, seed, dict.fromkeys(play.leads, model))
    stage, entries = open_stage(play, header), list[Entry]()
    while (coming := step(stage)) is not None:
        if isinstance(coming, Cue):
            reply = reply_to(play, coming.messages, coming.sampling_seed, coming.name)
            coming = settle(stage, coming, reply)
        entries.append(coming)
        stage = advance(stage, coming)
    return header, entries
