"""Who plays whom: from the names on the command line, or in a transcript's header, to models that reply."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.errors import UsageError
from simulator.models.base import Model
from simulator.models.chaos import ChaosModel
from simulator.play.types import Play

__all__ = ["UNDERSTUDY", "Role", "choose_cast", "is_embedded", "label", "open_cast", "roles_of"]

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
    """The roles of a transcript's header."""
    return {lead: _role(name) for lead, name in cast.items()}


def label(role: Role) -> str:
    """How a transcript names who plays a role: without user, password or query.

    Raises UsageError for a URL that is none.
    """
    if role.url is None:
        return role.model
    from simulator.models.url import public_url  # noqa: PLC0415

    return f"{role.model}@{public_url(role.url)}"


def open_cast(play: Play, roles: Mapping[str, Role]) -> dict[str, Model]:
    """A model for each role. Roles with the same model at the same place share one.

    Raises ModelUnreachable where a key is missing, UsageError for a URL that is none.
    """
    opened: dict[tuple[str, str | None, str | None], Model] = {}
    cast: dict[str, Model] = {}
    for lead, role in roles.items():
        key = os.environ.get(f"SIMULATE_KEY_{lead.upper()}") or os.environ.get("OPENAI_API_KEY")
        place = (role.model, role.url, key)
        if place not in opened:
            opened[place] = _open(play, role, key)
        cast[lead] = opened[place]
    return cast


def is_embedded(role: Role) -> bool:
    """Whether a role is played in this process, by the understudy or a chaos model, which costs nothing."""
    return _is_embedded(role.model) and role.url is None


def _open(play: Play, role: Role, key: str | None) -> Model:
    if role.model.startswith(_CHAOS) and role.url is None:
        return ChaosModel(role.model)
    # The openai package takes about a second to import: only those who call a model pay for it.
    import httpx2  # noqa: PLC0415

    from simulator.models.client import ChatModel, Endpoint  # noqa: PLC0415
    from simulator.models.server import application  # noqa: PLC0415

    if role.model == UNDERSTUDY and role.url is None:
        transport = httpx2.ASGITransport(app=application(play))
        return ChatModel(Endpoint(UNDERSTUDY, "http://understudy/v1", "none"), transport=transport)
    return ChatModel(Endpoint(role.model, role.url, key))
