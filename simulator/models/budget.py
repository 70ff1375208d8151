"""What a run may spend. It stops before the call that could exceed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from simulator.errors import LimitReached
from simulator.models.base import Reply, Request, Usage
from simulator.models.prices import Price

__all__ = ["Budget", "Limits", "Purse"]

_FIRST_GUESS = 0.5  # tokens for a byte of prompt, before the server has counted any: more than any tokenizer needs for prose
_MARGIN = 1.1  # on the most tokens a byte that the server has counted


@dataclass(frozen=True)
class Limits:
    """The most that a run may spend, what came before a resumption included."""

    tokens: int | None = None
    cost: Decimal | None = None  # US dollars


@dataclass
class Budget:
    """What all roles together have spent, beside what they may."""

    limits: Limits
    tokens: int = 0
    cost: Decimal = field(default_factory=Decimal)

    def allow(self, tokens: int, cost: Decimal) -> None:
        """Raise LimitReached where so much more would be too much."""
        most = self.limits
        if most.tokens is not None and self.tokens + tokens > most.tokens:
            raise LimitReached(
                f"{self.tokens:,} tokens are spent, and the next call could take {tokens:,}: "
                f"more than --max-tokens {most.tokens} allows"
            )
        if most.cost is not None and self.cost + cost > most.cost:
            raise LimitReached(
                f"${self.cost:.4f} are spent, and the next call could cost ${cost:.4f}: more than --max-cost {most.cost} allows"
            )

    def spend(self, tokens: int, cost: Decimal) -> None:
        """Count what was spent."""
        self.tokens += tokens
        self.cost += cost


@dataclass
class Purse:
    """One model's way into the budget: it knows the model's price, and how its server counts."""

    budget: Budget
    price: Price | None
    tokens_per_byte: float = _FIRST_GUESS

    def allow(self, request: Request, room: int) -> None:
        """Raise LimitReached where a call could take more than is left; room: the most tokens of its reply."""
        most = Usage(prompt=round(_size(request) * self.tokens_per_byte), completion=room)
        self.budget.allow(most.total, self._cost(most))

    def pay(self, request: Request, reply: Reply) -> None:
        """Count an answer; one whose server counts nothing, by its size."""
        size, usage = _size(request), reply.usage
        if usage.prompt:
            known = 0.0 if self.tokens_per_byte == _FIRST_GUESS else self.tokens_per_byte
            self.tokens_per_byte = max(known, usage.prompt / size * _MARGIN)
        elif reply.text:
            usage = Usage(prompt=size // 4, completion=len(reply.text.encode("utf-8")) // 4)
        self.budget.spend(usage.total, self._cost(usage))

    def _cost(self, usage: Usage) -> Decimal:
        return self.price.of(usage) if self.price is not None else Decimal(0)


def _size(request: Request) -> int:
    """Bytes of the messages; never 0."""
    return sum(len(message["content"].encode("utf-8", "surrogatepass")) for message in request.messages) or 1
