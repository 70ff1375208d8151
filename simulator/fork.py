"""What if: a run's beginning, gone on with from another seed, with another cast or another version of the play."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulator.engine.entries import BeatEntry, Header, Parent, TurnEntry
from simulator.engine.fold import begin
from simulator.engine.world import World
from simulator.errors import UsageError
from simulator.models.budget import Budget, Limits
from simulator.models.cast import Role, choose_cast, label, open_cast, roles_of
from simulator.play.types import Play
from simulator.resume import same_endpoints
from simulator.session import Run, Screen, go_on
from simulator.transcript.lineage import digest, expect_play, position, restage
from simulator.transcript.log import Found, default_name, find_log, new_log, trace_path
from simulator.transcript.trace import Trace

__all__ = ["Change", "fork"]


@dataclass(frozen=True)
class Change:
    """Where a fork leaves its parent, and what is different from there on."""

    at: str  # id of a beat or a turn, the last that is shared
    seed: int | None = None  # None: the parent's
    cast: tuple[str, ...] = ()  # ROLE=NAME[@URL]; other roles stay as they are
    limits: Limits = field(default_factory=Limits)  # on what the fork itself spends


def fork(play: Play, parent: Path, change: Change, out: Path | None, screen: Screen) -> int:
    """Perform the rest of a run differently, into a new transcript; the exit code."""
    whole = find_log(parent)
    expect_play(play, whole.header, str(parent))
    found = _up_to(whole, change.at, parent)
    roles = _roles(play, found.header, change, parent)
    header = _header(play, found, change, {lead: label(role) for lead, role in roles.items()})
    forked = Found(header, found.entries, (b"", *found.lines[1:]), torn=b"", unended=False)
    stage = restage(play, forked, str(parent), same_play=False)
    cast = open_cast(play, roles, Budget(change.limits))
    with new_log(out or parent.with_name(_name(header, change.at)), exactly=out is not None) as log:
        log.begin(header, b"".join(line + b"\n" for line in found.lines[1:]))
        screen.begin(header)
        run = Run(log, Trace(trace_path(log.path), header.cast), screen, list(found.entries), roles)
        code = go_on(run, stage, cast)
    if code == 0:
        screen.say(f"transcript: {log.path} (shares {len(found.entries)} entries with {parent}, up to {change.at})")
    return code


def _roles(play: Play, header: Header, change: Change, parent: Path) -> dict[str, Role]:
    """Who plays whom from here on: as --cast says, and else as in the parent."""
    recast = {entry.partition("=")[0] for entry in change.cast}
    kept = {lead: role for lead, role in roles_of(header.cast).items() if lead in play.leads and lead not in recast}
    same_endpoints(kept, parent)
    return {**choose_cast(play, None, None, change.cast), **kept}


def _up_to(found: Found, at: str, parent: Path) -> Found:
    """The part of a transcript that is shared. Raises UsageError where it has no such beat or turn."""
    ids = [entry.id for entry in found.entries if isinstance(entry, BeatEntry | TurnEntry)]
    if at not in ids:
        raise UsageError(f"{parent} has no beat and no turn {at!r}; {_near(at, ids)}")
    count = position(found.entries, at) or 0
    return Found(found.header, found.entries[:count], found.lines[: count + 1], torn=b"", unended=False)


def _near(at: str, ids: Sequence[str]) -> str:
    """The ids that may have been meant: the turns of the beat that is named, or names like it."""
    beat = at.partition("/")[0]
    turns = [name for name in ids if name.startswith(f"{beat}/")]
    if turns:
        return f"{beat} goes from {turns[0]} to {turns[-1]}"
    near = difflib.get_close_matches(at, ids, 3) or [name for name in ids if "/" not in name]
    return "expected something like " + ", ".join(near) if near else "its first beat had not begun"


def _header(play: Play, found: Found, change: Change, cast: dict[str, str]) -> Header:
    old = found.header
    seed = old.seed if change.seed is None else change.seed
    parent = Parent(seed=old.seed, at=change.at, sha256=digest(found.lines[1:]))
    new = begin(play, seed, cast)
    return new.model_copy(update={"parent": parent, "world": _kept(old.world, new.world)})


def _kept(old: World, new: World) -> World:
    """The parent's world, with what another version of the play has in addition."""
    return World(
        facts={**new.facts, **old.facts},
        beliefs={lead: {**facts, **old.beliefs.get(lead, {})} for lead, facts in new.beliefs.items()},
        items={**new.items, **old.items},
        locations={lead: {**items, **old.locations.get(lead, {})} for lead, items in new.locations.items()},
        promises=old.promises,
        circumstances={**new.circumstances, **old.circumstances},
    )


def _name(header: Header, at: str) -> str:
    """The name of a new run, and where it left its parent."""
    plain = Path(default_name(header.play, header.cast, header.seed))
    return f"{plain.stem}-at-{at.replace('/', '-')}{plain.suffix}"
