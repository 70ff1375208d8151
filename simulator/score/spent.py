"""What a run's model calls took, from the trace beside its transcript."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from simulator.engine.entries import TurnEntry
from simulator.engine.settle import FALLBACK
from simulator.score.figures import Spent
from simulator.transcript.log import trace_path
from simulator.transcript.reading import Transcript

__all__ = ["spent_on"]


def spent_on(file: Path, run: Transcript) -> Spent | None:
    """The sum over a run's trace, with its price where all its models have one; None where there is no trace."""
    path = trace_path(file)
    if str(file) == "-" or not path.is_file():
        return None
    from simulator.models.cast import roles_of  # noqa: PLC0415 (only where there is something to count)
    from simulator.transcript.accounts import Accounts  # noqa: PLC0415

    accounts, roles = Accounts.kept_in(path), roles_of(run.header.cast)
    costs = [accounts.cost(lead, roles[lead]) for lead in accounts.calls if lead in roles]
    known = [cost for cost in costs if cost is not None]
    usages = [usage for calls in accounts.calls.values() for usage in calls]
    return Spent(
        calls=len(usages),
        accepted=sum(isinstance(entry, TurnEntry) and entry.model != FALLBACK for entry in run.entries),
        prompt=sum(usage.prompt for usage in usages),
        cached=sum(usage.cached for usage in usages),
        completion=sum(usage.completion for usage in usages),
        cost=sum(known, Decimal(0)) if len(known) == len(costs) else None,
    )
