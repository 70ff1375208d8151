"""Secrets given away: in replies that were rejected for it, in turns that were heard, and by speakers who could not know.

The play holds the words that give a fact away (`fingerprints`); the log holds who knew what when they were said. A fact
can be given away once its truth is what its fingerprints tell: from the beginning, or from the event that makes it so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulator.engine.entries import Rejected, TurnEntry
from simulator.engine.evidence import gives_away
from simulator.engine.settle import FALLBACK
from simulator.engine.world import World
from simulator.play.types import Play
from simulator.score.figures import Leaks, Risk
from simulator.transcript.knowledge import along
from simulator.transcript.reading import Transcript

__all__ = ["count_leaks"]

_RULE = "conceal"


def count_leaks(run: Transcript, play: Play) -> Leaks:
    """The leaks of one run. At most one of each class is counted in a turn."""
    told = _told(play)
    leaks, before = Leaks(), run.header.world
    for entry, known in along(run):
        if isinstance(entry, Rejected):
            leaks += _of_rejected(entry, before, told, run.leads)
        elif isinstance(entry, TurnEntry) and entry.model != FALLBACK:
            leaks += _of_turn(entry, before, known.world, told, play)
        before = known.world
    return leaks


def _told(play: Play) -> Mapping[str, bool]:
    """For each fact with fingerprints, the truth that they tell."""
    truths = {name: fact.truth for name, fact in play.facts.items() if fact.fingerprints}
    for beat in play.beats.values():
        for event in beat.events:
            truths |= {name: value for name, value in event.set.items() if name in truths}
    return truths


def _secrets(lead: str, others: tuple[str, ...], world: World, told: Mapping[str, bool]) -> Iterator[str]:
    """The facts that a lead knows and somebody else who would hear it does not."""
    for name, truth in told.items():
        knows = world.facts.get(name) == truth == world.beliefs.get(lead, {}).get(name)
        if knows and any(world.beliefs.get(other, {}).get(name) != truth for other in others):
            yield name


def _of_rejected(entry: Rejected, world: World, told: Mapping[str, bool], leads: tuple[str, ...]) -> Leaks:
    others = tuple(lead for lead in leads if lead != entry.by)
    leaked = any(violation.rule == _RULE for violation in entry.violations)
    at_risk = leaked or any(_secrets(entry.by, others, world, told))
    return Leaks(stopped=Risk(leaked, at_risk))


def _of_turn(entry: TurnEntry, before: World, after: World, told: Mapping[str, bool], play: Play) -> Leaks:
    others = tuple(lead for lead in entry.sees if lead != entry.by)
    kept = list(_secrets(entry.by, others, after, told))
    at_risk = bool(kept) or any(_secrets(entry.by, others, before, told))
    unknown = [name for name in _unknown(entry.by, before, told) if name in set(_unknown(entry.by, after, told))]
    heard = Risk(_tells(entry, kept, play), at_risk)
    return Leaks(Risk(0, at_risk), heard, Risk(_tells(entry, unknown, play), bool(unknown)))


def _unknown(lead: str, world: World, told: Mapping[str, bool]) -> Iterator[str]:
    """The facts whose truth a lead does not know, or has wrong."""
    for name, truth in told.items():
        if world.facts.get(name) == truth != world.beliefs.get(lead, {}).get(name):
            yield name


def _tells(entry: TurnEntry, facts: list[str], play: Play) -> bool:
    return any(
        gives_away(play.facts[name].fingerprints, text) for name in facts for text in (entry.speech, entry.action) if text
    )
