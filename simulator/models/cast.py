"""Who plays whom: from the names on the command line, or in a transcript's header, to models that reply."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.errors import UsageError
from simulator.models.abilities import Learnt
from simulator.models.base import Model
from simulator.models.budget import Budget, Purse
from simulator.models.chaos import ChaosModel
from simulator.models.prices import price_of
from simulator.play.types import Play

__all__ = [
    "UNDERSTUDY",
    "Role",
    "choose_cast",
    "close_cast",
    "is_embedded",
    "key_of",
    "label",
    "open_cast",
    "roles_of",
]

UNDERSTUDY = "understudy"
_CHAOS = "chaos:"  # hostile models, in process like the understudy


@dataclass(frozen=True)
class Role:
    """Who plays one lead: a model's name, and where it is served (None: the default place)."""

    model: str
    url: str | None = None


def choose_cast(play: Play, model: str | None, base_url: str | None, cast: Sequence[str]) -> dict[str, Role]:
    """The roles that --model, --base-url and --cast ask for. A key in the environment alone makes nothing live.

    Raises UsageError.
    """
    if base_url is not None and model is None and not cast:
        raise UsageError("--base-url needs a model: add --model NAME")
    roles = {lead: Role(model or UNDERSTUDY, base_url if model else None) for lead in play.leads}
    for entry in cast:
        lead, equals, name = entry.partition("=")
        if not equals or not name or lead not in play.leads:
            raise UsageError(f"--cast {entry!r}: expected ROLE=MODEL or ROLE=MODEL@URL, with ROLE {' or '.join(play.leads)}")
        named = _role(name)
        roles[lead] = Role(named.model, named.url or (None if _is_embedded(named.model) else base_url))
    return {lead: Role(role.model, role.url or _default_url(role.model)) for lead, role in roles.items()}


def _role(text: str) -> Role:
    model, at, url = text.partition("@http")
    return Role(model, f"http{url}" if at else None)


def _is_embedded(model: str) -> bool:
    return model == UNDERSTUDY or model.startswith(_CHAOS)


def _default_url(model: str) -> str | None:
    return None if _is_embedded(model) else os.environ.get("OPENAI_BASE_URL") or None


def roles_of(cast: Mapping[str, str]) -> dict[str, Role]:
    """The roles of a transcript's header. Where OPENAI_BASE_URL names the same place, with what no header holds, it counts."""
    named = {lead: _role(name) for lead, name in cast.items()}
    return {lead: Role(role.model, _with_query(role.url)) for lead, role in named.items()}


def _with_query(url: str | None) -> str | None:
    from simulator.models.url import public_url  # noqa: PLC0415

    whole = os.environ.get("OPENAI_BASE_URL")
    return whole if url and whole and public_url(whole) == url else url


def label(role: Role) -> str:
    """How a transcript names who plays a role: without user, password or query.

    Raises UsageError for a URL that is none.
    """
    if role.url is None:
        return role.model
    from simulator.models.url import public_url  # noqa: PLC0415

    return f"{role.model}@{public_url(role.url)}"


def open_cast(play: Play, roles: Mapping[str, Role], budget: Budget | None = None) -> dict[str, Model]:
    """A model for each role. Roles with the same model at the same place share what is learnt of it.

    Raises ModelUnreachable where a key is missing, UsageError for a URL that is none, or a cost that cannot be known.
    """
    learnt = {role: Learnt() for role in roles.values()}
    purses = {role: _purse(role, budget) for role in roles.values()}
    return {lead: _open(play, role, key_of(lead), learnt[role], purses[role]) for lead, role in roles.items()}


async def close_cast(cast: Mapping[str, Model]) -> None:
    """Close the connections of those who have any."""
    for model in cast.values():
        close = getattr(model, "close", None)
        if close is not None:
            await close()


def key_of(lead: str) -> str | None:
    """The key for a role: its own, or the one for all. Raises UsageError where it is no key."""
    for name in (f"SIMULATE_KEY_{lead.upper()}", "OPENAI_API_KEY"):
        key = os.environ.get(name, "").strip()
        if key and not (key.isascii() and key.isprintable()):
            raise UsageError(f"{name} holds characters that no key has: copy the key again")
        if key:
            return key
    return None


def _purse(role: Role, budget: Budget | None) -> Purse | None:
    if budget is None or budget.limits.cost is None or is_embedded(role):
        return Purse(budget, None) if budget is not None else None
    price = price_of(role.model, role.url)
    if price is None:
        raise UsageError(f"--max-cost cannot be kept: nobody lists a price for {role.model}; use --max-tokens")
    return Purse(budget, price)


def is_embedded(role: Role) -> bool:
    """Whether a role is played in this process, by the understudy or a chaos model, which costs nothing."""
    return _is_embedded(role.model) and role.url is None


def _open(play: Play, role: Role, key: str | None, learnt: Learnt, purse: Purse | None) -> Model:
    if role.model.startswith(_CHAOS) and role.url is None:
        return ChaosModel(role.model)
    # The openai package takes about a second to import: only those who call a model pay for it.
    import httpx2  # noqa: PLC0415

    from simulator.models.client import ChatModel, Endpoint  # noqa: PLC0415
    from simulator.models.server import application  # noqa: PLC0415

    if role.model == UNDERSTUDY and role.url is None:
        transport = httpx2.ASGITransport(app=application(play))
        return ChatModel(Endpoint(UNDERSTUDY, "http://understudy/v1", "none"), purse=purse, transport=transport)
    return ChatModel(Endpoint(role.model, role.url, key), learnt=learnt, purse=purse)
