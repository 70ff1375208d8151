"""One run's figures. They are counts, so that the figures of many runs are their sum; shares are taken at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from math import exp, lgamma, log, log1p

__all__ = ["Figures", "Leaks", "Risk", "Spent", "total"]


@dataclass(frozen=True)
class Risk:
    """How often something happened, out of how often it could have."""

    count: int = 0
    chances: int = 0

    def __add__(self, other: Risk) -> Risk:
        return Risk(self.count + other.count, self.chances + other.chances)

    @property
    def share(self) -> float | None:
        """The share; None where there was no chance."""
        return self.count / self.chances if self.chances else None

    @property
    def upper(self) -> float | None:
        """The one-sided upper 95% bound of the share (Clopper and Pearson 1934); None where there was no chance.

        The largest p at which so few of the chances, or fewer, still come about with a probability of 5%. For none of n it
        is 1 - 0.05^(1/n), about 3/n.
        """
        if not self.chances:
            return None
        if self.count >= self.chances:
            return 1.0
        low, high = self.count / self.chances, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if _at_most(self.count, self.chances, middle) > 0.05 else (low, middle)
        return high


def _at_most(count: int, chances: int, share: float) -> float:
    """The probability of at most so many successes: the binomial distribution, term by term, by logarithms."""
    yes, no = log(share), log1p(-share)
    ways = lgamma(chances + 1)
    return sum(
        exp(ways - lgamma(index + 1) - lgamma(chances - index + 1) + index * yes + (chances - index) * no)
        for index in range(count + 1)
    )


@dataclass(frozen=True)
class Leaks:
    """Secrets given away, by class."""

    stopped: Risk = field(default_factory=Risk)  # replies rejected for giving one away, of the replies at risk
    heard: Risk = field(default_factory=Risk)  # accepted turns that gave one away, of those at risk
    epistemic: Risk = field(default_factory=Risk)  # turns that told what their speaker could not know, of those at risk

    def __add__(self, other: Leaks) -> Leaks:
        return Leaks(self.stopped + other.stopped, self.heard + other.heard, self.epistemic + other.epistemic)


@dataclass(frozen=True)
class Spent:
    """What the model calls of a lead took."""

    calls: int = 0
    accepted: int = 0  # turns that came of them
    prompt: int = 0  # tokens
    cached: int = 0  # tokens of the prompt that the provider had kept
    completion: int = 0  # tokens
    cost: Decimal | None = Decimal(0)  # US dollars at list prices; None where a price is unknown

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.calls + other.calls,
            self.accepted + other.accepted,
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.completion + other.completion,
            None if self.cost is None or other.cost is None else self.cost + other.cost,
        )

    @property
    def tokens_a_turn(self) -> float | None:
        """Prompt and completion tokens for each accepted turn, those of rejected replies included."""
        return (self.prompt + self.completion) / self.accepted if self.accepted else None


@dataclass(frozen=True)
class Figures:
    """The counts of one run, or of several."""

    runs: int = 0
    complete: int = 0  # runs that came to their end
    turns: int = 0  # in the log
    accepted: int = 0  # of them a model's own: not the author's words alone
    rungs: Counter[str] = field(default_factory=Counter)  # the leads' events, by how they came
    rejected: int = 0  # replies that were not used
    rules: Counter[str] = field(default_factory=Counter)  # of them those that broke a rule; a reply may break several
    claims: Risk = field(default_factory=Risk)  # claims that held, of those made
    leaks: Leaks | None = None  # None where the play is not at hand: the words that tell are there
    flags: Counter[str] = field(default_factory=Counter)  # soft rules that were broken and let pass
    words: Counter[str] = field(default_factory=Counter)  # spoken, by lead
    spoken_by: Counter[str] = field(default_factory=Counter)  # accepted turns, by lead
    repeated: Risk = field(default_factory=Risk)  # runs of three words that this lead had said before, of all
    echoed: Risk = field(default_factory=Risk)  # runs of three words from what the other had just said, of all
    spent: Spent = field(default_factory=Spent)  # in the runs that have a trace

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            runs=self.runs + other.runs,
            complete=self.complete + other.complete,
            turns=self.turns + other.turns,
            accepted=self.accepted + other.accepted,
            rungs=self.rungs + other.rungs,
            rejected=self.rejected + other.rejected,
            rules=self.rules + other.rules,
            claims=self.claims + other.claims,
            leaks=None if self.leaks is None or other.leaks is None else self.leaks + other.leaks,
            flags=self.flags + other.flags,
            words=self.words + other.words,
            spoken_by=self.spoken_by + other.spoken_by,
            repeated=self.repeated + other.repeated,
            echoed=self.echoed + other.echoed,
            spent=self.spent + other.spent,
        )


def total(figures: Iterable[Figures]) -> Figures:
    """The figures of all runs together. There is at least one."""
    first, *rest = figures
    for other in rest:
        first += other
    return first
