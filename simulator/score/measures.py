"""Figures as measures: what each is called, its value, and how it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.score.figures import Figures, Leaks, Risk, Spent

__all__ = ["Measure", "measures"]

Value = int | float | None


@dataclass(frozen=True)
class Measure:
    """One measure. Groups are joined by dots: events.free, rejected.evidence."""

    key: str
    value: Value
    shown: str


def measures(figures: Figures) -> Iterator[Measure]:
    """All measures of a run, or of several, in the order of docs/score.md."""
    yield from (_number("runs", figures.runs), _number("complete", figures.complete), _number("turns", figures.turns))
    yield _number("accepted", figures.accepted)
    yield from _events(figures)
    yield from _risk("rejected", Risk(figures.rejected, figures.rejected + figures.accepted), "replies")
    yield from _counted("rejected", figures.rules)
    yield from _risk("claims.held", figures.claims, "claims")
    if figures.leaks is not None:
        yield from _leaks(figures.leaks)
    yield from _counted("flags", figures.flags)
    yield from _words(figures)
    yield from _risk("repetition", figures.repeated, "runs of three words")
    yield from _risk("echo", figures.echoed, "runs of three words")
    yield from _spent(figures.spent)


def _events(figures: Figures) -> Iterator[Measure]:
    for rung in ("free", "cued", "required", "fed"):
        yield _number(f"events.{rung}", figures.rungs[rung])
    unforced = Risk(figures.rungs["free"] + figures.rungs["cued"], figures.rungs.total())
    yield from _risk("events.unforced", unforced, "events")


def _leaks(leaks: Leaks) -> Iterator[Measure]:
    yield from _risk("leaks.stopped", leaks.stopped, "replies at risk", bound=True)
    yield from _risk("leaks.heard", leaks.heard, "turns at risk", bound=True)
    yield from _risk("leaks.epistemic", leaks.epistemic, "turns at risk", bound=True)


def _words(figures: Figures) -> Iterator[Measure]:
    turns, words = figures.spoken_by.total(), figures.words.total()
    yield _ratio("words_a_turn", words / turns if turns else None)
    for lead in figures.spoken_by:
        spoken = figures.words[lead]
        yield _ratio(f"words_a_turn.{lead}", spoken / figures.spoken_by[lead])
        yield _share(f"share_of_words.{lead}", spoken / words if words else None)


def _spent(spent: Spent) -> Iterator[Measure]:
    if spent.calls:
        yield _number("calls", spent.calls)
        yield from (_number("tokens.prompt", spent.prompt), _number("tokens.cached", spent.cached))
        yield _number("tokens.completion", spent.completion)
        yield _ratio("tokens_a_turn", spent.tokens_a_turn)
        yield from _cost(spent)


def _cost(spent: Spent) -> Iterator[Measure]:
    if spent.cost is None:
        yield Measure("cost", None, "price unknown")
        return
    yield Measure("cost", float(spent.cost), f"${spent.cost:.4f} at list prices")
    if spent.accepted:
        a_turn = spent.cost / spent.accepted
        yield Measure("cost_a_turn", float(a_turn), f"${a_turn:.6f}")


def _counted(group: str, counts: Counter[str]) -> Iterator[Measure]:
    for name, count in sorted(counts.items()):
        yield _number(f"{group}.{name}", count)


def _risk(key: str, risk: Risk, of: str, *, bound: bool = False) -> Iterator[Measure]:
    shown = f"no {of}" if risk.share is None else f"{risk.count:,} of {risk.chances:,} {of}, {risk.share:.1%}"
    if bound and risk.upper is not None:
        shown += f", at most {risk.upper:.1%} with 95% confidence"
    yield Measure(key, risk.share, shown)
    yield Measure(f"{key}.count", risk.count, "")
    yield Measure(f"{key}.of", risk.chances, "")
    if bound:
        yield Measure(f"{key}.upper95", risk.upper, "")


def _number(key: str, value: int) -> Measure:
    return Measure(key, value, f"{value:,}")


def _ratio(key: str, value: float | None) -> Measure:
    return Measure(key, value, "none" if value is None else f"{value:,.1f}")


def _share(key: str, value: float | None) -> Measure:
    return Measure(key, value, "none" if value is None else f"{value:.1%}")
