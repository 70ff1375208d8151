"""What each role's calls came to: how many, how many were of use, their tokens, and what they cost at list prices."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from simulator.engine.entries import Entry, Rejected
from simulator.models.base import Reply, Request, Usage
from simulator.models.budget import Budget, Limits
from simulator.models.cast import Role, is_embedded
from simulator.models.prices import price_of

__all__ = ["Accounts", "bill"]


@dataclass
class Accounts:
    """The usage of every call of a run, by role."""

    calls: dict[str, list[Usage]] = field(default_factory=dict)

    @classmethod
    def kept_in(cls, trace: Path) -> Accounts:
        """The accounts of the calls that a trace holds; of none where there is no such file."""
        accounts = cls()
        try:
            lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return accounts
        for line in lines:
            call = _call(line)
            if call is not None:
                accounts.calls.setdefault(call[0], []).append(call[1])
        return accounts

    def attempted(self, request: Request, reply: Reply) -> None:
        """Note one call."""
        self.calls.setdefault(_lead(request.name), []).append(reply.usage)

    def cost(self, lead: str, role: Role) -> Decimal | None:
        """What a role's calls cost, in US dollars; None where the price is unknown."""
        if is_embedded(role):
            return Decimal(0)
        price = price_of(role.model, role.url)
        return sum((price.of(usage) for usage in self.calls.get(lead, ())), Decimal(0)) if price is not None else None

    def budget(self, limits: Limits, roles: Mapping[str, Role]) -> Budget:
        """What is left of the limits after these calls."""
        tokens = sum(usage.total for calls in self.calls.values() for usage in calls)
        costs = (self.cost(lead, role) or Decimal(0) for lead, role in roles.items())
        return Budget(limits, tokens, sum(costs, Decimal(0)) if limits.cost is not None else Decimal(0))


def _lead(cue: str) -> str:
    return cue.split("/")[2]


def _call(line: str) -> tuple[str, Usage] | None:
    """Who called, and what it took; None for a line that is no call, or was cut off."""
    try:
        data = json.loads(line)
        return _lead(data["cue"]), Usage(**data["usage"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def bill(accounts: Accounts, entries: Iterable[Entry], roles: Mapping[str, Role]) -> Iterator[str]:
    """The lines for the end of a run: one for each role, and what they cost together."""
    rules = _rejections(entries)
    known: list[Decimal] = []
    for lead, role in roles.items():
        calls = accounts.calls.get(lead, [])
        if not calls:
            continue
        cost = accounts.cost(lead, role)
        known += [] if cost is None or is_embedded(role) else [cost]
        yield f"{lead}: {_counts(len(calls), rules.get(lead, Counter()))}; {_tokens(calls)}; {_money(role, cost)}"
    if len(known) > 1:
        yield f"together ${sum(known, Decimal(0)):.4f}"


def _rejections(entries: Iterable[Entry]) -> dict[str, Counter[str]]:
    """By role, how many replies each rule sent back; a reply counts for the first of its rules."""
    rules: dict[str, Counter[str]] = {}
    for entry in entries:
        if isinstance(entry, Rejected):
            rules.setdefault(entry.by, Counter())[entry.violations[0].rule] += 1
    return rules


def _counts(calls: int, rules: Counter[str]) -> str:
    rejected = rules.total()
    why = ", ".join(f"{rule} {number}" for rule, number in rules.most_common())
    return f"{calls} {'call' if calls == 1 else 'calls'}, {calls - rejected} accepted, {rejected} rejected" + (
        f" ({why})" if why else ""
    )


def _tokens(calls: list[Usage]) -> str:
    total = sum(calls, Usage())
    if not total.total:
        return "the server counts no tokens"
    cached = f" ({total.cached / total.prompt:.0%} from the cache)" if total.cached else ""
    reasoning = f" ({total.reasoning:,} of reasoning)" if total.reasoning else ""
    return f"{total.prompt:,} tokens in{cached}, {total.completion:,} out{reasoning}"


def _money(role: Role, cost: Decimal | None) -> str:
    if is_embedded(role):
        return "free"
    price = price_of(role.model, role.url)
    return "price unknown" if cost is None or price is None else f"${cost:.4f} at {price.provider}'s list price"
