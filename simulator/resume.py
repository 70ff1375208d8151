"""Going on with a run that stopped early."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from simulator.engine.entries import End, Header, Revised
from simulator.errors import TranscriptError, UsageError
from simulator.models.budget import Limits
from simulator.models.cast import UNDERSTUDY, Role, is_embedded, open_cast, roles_of
from simulator.play.circumstances import names_of
from simulator.play.types import Play
from simulator.session import Run, Screen, go_on
from simulator.transcript.accounts import Accounts
from simulator.transcript.files import locked
from simulator.transcript.lineage import hashes, restage
from simulator.transcript.log import Found, Log, find_log, trace_path
from simulator.transcript.trace import Trace

__all__ = ["resume", "same_endpoints"]


def resume(play: Play, path: Path, screen: Screen, *, limits: Limits | None = None, force: bool = False) -> int:
    """Go on with a transcript that ends before its run does; the exit code.

    `limits` count what the run has spent before; `force` takes another version of the play, and records its hashes.
    """
    if not path.is_file():
        raise TranscriptError(f"{path} cannot be read: there is no such file")
    with locked(path):
        found = find_log(path)
        if found.entries and isinstance(found.entries[-1], End):
            with Log(path, found):
                _tell_mended(path, found, screen)
            screen.say(f"{path} is finished: there is nothing to go on with")
            return 0
        return _go_on(play, path, found, screen, limits=limits or Limits(), force=force)


def _go_on(play: Play, path: Path, found: Found, screen: Screen, *, limits: Limits, force: bool) -> int:
    header = found.header
    revised = _revision(play, found, path, force=force)
    stage = restage(play, found, str(path), same_play=revised is None)
    roles = roles_of(header.cast)
    same_endpoints(roles, path)
    accounts = Accounts.kept_in(trace_path(path))
    cast = open_cast(play, roles, accounts.budget(limits, roles))
    with Log(path, found) as log:
        _tell_mended(path, found, screen)
        screen.begin(header)
        run = Run(log, Trace(trace_path(path), header.cast), screen, list(found.entries), roles, accounts)
        if revised is not None:
            run.take(revised)
        code = go_on(run, stage, cast)
    if code == 0:
        screen.say(f"transcript: {path}")
    return code


def _tell_mended(path: Path, found: Found, screen: Screen) -> None:
    if found.torn:
        screen.say(f"{path}:{len(found.lines) + 1} was cut off after {len(found.torn)} bytes: that line is performed again")
    elif found.unended:
        screen.say(f"{path}:{len(found.lines)} lacked its newline, which is added")


def _revision(play: Play, found: Found, path: Path, *, force: bool) -> Revised | None:
    """The entry that records another version of the play; None where it is the same."""
    performed, lines = hashes(found.header, found.entries)
    same_lines = lines == play.lines_hash() or UNDERSTUDY not in found.header.cast.values()
    if performed == play.play_hash() and same_lines:
        return None
    if not force:
        what = "another play" if found.header.play != play.id else "another version of the play"
        if performed == play.play_hash():
            what = "other lines of the understudy"
        raise TranscriptError(
            f"{path} was performed from {what} than {play.id} as it is now: "
            "name the right folder with --play, or go on with this one with --force, which the transcript records"
        )
    _circumstances_are_drawn(play, found.header, path)
    return Revised(id=f"revised/{play.play_hash()[:12]}", play_hash=play.play_hash(), lines_hash=play.lines_hash())


def _circumstances_are_drawn(play: Play, header: Header, path: Path) -> None:
    """A circumstance that the play has gained was never drawn in this run: its texts would stay open."""
    owners = [play.circumstances, *(persona.circumstances for persona in play.personas.values())]
    missing = sorted({name for owner in owners for name in names_of(owner)} - header.world.circumstances.keys())
    if missing:
        raise TranscriptError(
            f"{path} cannot go on: the play now has circumstances that this run never drew ({', '.join(missing)}); "
            "`simulate fork` draws them"
        )


def same_endpoints(roles: Mapping[str, Role], path: Path) -> None:
    """Refuse to go on where the environment would send a role's requests elsewhere than the run's beginning did."""
    elsewhere = os.environ.get("OPENAI_BASE_URL")
    lost = [role.model for role in roles.values() if role.url is None and not is_embedded(role)]
    if elsewhere and lost:
        raise UsageError(
            f"{path} was performed with {lost[0]} at its default server, and OPENAI_BASE_URL now names another: "
            "unset it and resume, or fork the run with --cast"
        )
