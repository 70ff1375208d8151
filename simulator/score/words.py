"""How a run's lines repeat themselves and one another."""

from __future__ import annotations

import re
from collections.abc import Iterable

from simulator.engine.entries import TurnEntry
from simulator.engine.settle import FALLBACK
from simulator.score.figures import Risk

__all__ = ["echo", "repetition", "spoken"]

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_RUN = 3  # words

Run = tuple[str, ...]


def spoken(turn: TurnEntry) -> list[str]:
    """The words said aloud."""
    return _words(turn.speech)


def _words(speech: str | None) -> list[str]:
    return _WORD.findall((speech or "").casefold())


def _runs(words: list[str]) -> list[Run]:
    return [tuple(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1)]


def repetition(turns: Iterable[TurnEntry]) -> Risk:
    """Runs of three words that a lead had said before in this run, of all: 1 - distinct-3 (Li et al. 2016), by lead."""
    said: dict[str, set[Run]] = {}
    again = number = 0
    for turn in turns:
        known = said.setdefault(turn.by, set())
        for run in _runs(spoken(turn)):
            again += run in known
            number += 1
            known.add(run)
    return Risk(again, number)


def echo(turns: Iterable[TurnEntry]) -> Risk:
    """Runs of three words taken from what the other last said, of all in answers (Dubuisson Duplessis et al. 2017)."""
    heard: dict[str, set[Run]] = {}
    taken = number = 0
    for turn in turns:
        if turn.by in heard and turn.model != FALLBACK:
            runs = _runs(spoken(turn))
            taken += sum(run in heard[turn.by] for run in runs)
            number += len(runs)
        for lead, seen in turn.sees.items():
            if lead != turn.by:
                heard[lead] = set(_runs(_words(turn.speech if seen == "full" else seen.get("speech"))))
    return Risk(taken, number)
