"""Counting a run's figures from its log, its play and its trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from simulator.engine.entries import Rejected, TurnEntry
from simulator.engine.settle import FALLBACK
from simulator.play.types import Play
from simulator.score.figures import Figures, Risk, Spent
from simulator.score.leaks import count_leaks
from simulator.score.words import echo, repetition, spoken
from simulator.transcript.reading import Transcript
from simulator.transcript.summary import tally

__all__ = ["figures_of"]


def figures_of(run: Transcript, play: Play | None, spent: Spent | None) -> Figures:
    """One run's figures; those of leaks only with its play, those of tokens only with its trace."""
    turns = [entry for entry in run.entries if isinstance(entry, TurnEntry)]
    accepted = [turn for turn in turns if turn.model != FALLBACK]
    rejected = [entry for entry in run.entries if isinstance(entry, Rejected)]
    counts = tally(run.entries)
    return Figures(
        runs=1,
        complete=int(run.complete),
        turns=len(turns),
        accepted=len(accepted),
        rungs=Counter(counts.rungs),
        rejected=len(rejected),
        rules=Counter(rule for entry in rejected for rule in {violation.rule: None for violation in entry.violations}),
        claims=_claims(accepted, rejected),
        leaks=None if play is None else count_leaks(run, play),
        flags=Counter(flag for turn in turns for flag in turn.flags),
        words=_sum((turn.by, len(spoken(turn))) for turn in accepted),
        spoken_by=Counter(turn.by for turn in accepted),
        repeated=repetition(accepted),
        echoed=echo(turns),
        spent=spent or Spent(),
    )


def _claims(accepted: list[TurnEntry], rejected: list[Rejected]) -> Risk:
    held = sum(done.claimed for turn in accepted for done in turn.events)
    failed = sum(violation.rule == "claim" for entry in rejected for violation in entry.violations)
    return Risk(held, held + failed)


def _sum(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for name, number in pairs:
        sums[name] += number
    return sums
