"""One run at the command line: the play, the cast, the log and the screen brought together."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from rich.console import Console, RenderableType
from rich.status import Status

from simulator.engine.entries import BeatEntry, End, Entry, Header, TurnEntry
from simulator.engine.fold import begin, open_stage
from simulator.engine.stage import Stage
from simulator.errors import LimitReached, ModelUnreachable, TranscriptError
from simulator.models.base import Model, Reply, Request
from simulator.models.budget import Budget, Limits
from simulator.models.cast import Role, choose_cast, close_cast, label, open_cast
from simulator.perform import perform
from simulator.play.loading import default_play, load
from simulator.transcript.accounts import Accounts, bill
from simulator.transcript.log import Log, default_name, first_difference, new_log, trace_path
from simulator.transcript.summary import tally
from simulator.transcript.text import WIDTH, heading, rendered
from simulator.transcript.trace import Trace

__all__ = ["Casting", "Run", "Screen", "go_on", "limits", "perform_new"]

INTERRUPTED = 3


@dataclass(frozen=True)
class Casting:
    """What the command line says of the cast, and of what it may spend."""

    model: str | None
    base_url: str | None
    cast: tuple[str, ...]
    limits: Limits = field(default_factory=Limits)


def limits(tokens: int | None, cost: float | None) -> Limits:
    """What --max-tokens and --max-cost allow."""
    return Limits(tokens, None if cost is None else Decimal(str(cost)))


class Screen:
    """Prints a run as it happens; with a progress line on a terminal, plain text in a pipe."""

    def __init__(self, *, quiet: bool, folder: Path | None = None) -> None:
        """`folder`: the play's, as it was named on the command line; the way on has to name it again."""
        self.quiet = quiet
        self._folder = folder
        terminal = sys.stdout.isatty()
        width = min(Console().width, WIDTH) if terminal else WIDTH
        self.console = Console(width=width, highlight=False, markup=False, emoji=False)
        self._leads: tuple[str, ...] = ()
        self._status = Status("", console=self.console) if terminal and not quiet else None

    def begin(self, header: Header) -> None:
        """Print what is performed."""
        self._leads = tuple(header.cast)
        if not self.quiet:
            self._print(heading(header))

    def show(self, entry: Entry) -> None:
        """Print one entry."""
        if not self.quiet:
            for piece in rendered(entry, self._leads):
                self._print(piece)

    def _print(self, piece: RenderableType) -> None:
        if self.console.is_terminal:
            self.console.print(piece)
            return
        with self.console.capture() as captured:
            self.console.print(piece)
        for line in captured.get().splitlines():
            print(line.rstrip())

    def progress(self, entry: Entry, tokens: int) -> None:
        """Keep the progress line up to date."""
        if self._status is not None and isinstance(entry, BeatEntry | TurnEntry):
            self._status.update(f"{entry.id} · {tokens:,} tokens")

    def running(self) -> Status | nullcontext[None]:
        """A context in which the progress line stands."""
        return self._status if self._status is not None else nullcontext()

    def say(self, line: str) -> None:
        """Print one line about the run."""
        print(line)

    def stopped(self, reason: str, path: Path) -> None:
        """Print why a run stopped early, and the command that goes on with it."""
        command = ["simulate", "resume", str(path), *(["--play", str(self._folder)] if self._folder else [])]
        print(f"simulate: {reason}", file=sys.stderr)
        print(f"the transcript so far is kept; go on with: {shlex.join(command)}", file=sys.stderr)


@dataclass
class Run:
    """A run under way: where its entries go."""

    log: Log
    trace: Trace
    screen: Screen
    entries: list[Entry]  # of the whole run, also from before it was resumed
    roles: Mapping[str, Role]
    accounts: Accounts = field(default_factory=Accounts)

    def attempted(self, request: Request, reply: Reply) -> None:
        """Note a model call."""
        self.trace.attempted(request, reply)
        self.accounts.attempted(request, reply)

    def take(self, entry: Entry) -> None:
        """Write an entry, and print it."""
        if isinstance(entry, BeatEntry | End):
            self.trace.sync()
        self.log.append(entry)
        self.entries.append(entry)
        self.screen.show(entry)
        self.screen.progress(entry, self.trace.usage.total)


def perform_new(folder: Path | None, seed: int, casting: Casting, out: Path | None, screen: Screen) -> int:
    """Perform a play from its beginning into a new transcript; the exit code."""
    play = load(folder or default_play())
    roles = choose_cast(play, casting.model, casting.base_url, casting.cast)
    header = begin(play, seed, {lead: label(role) for lead, role in roles.items()})
    wanted = out or Path("transcripts") / default_name(play.id, header.cast, seed)
    cast = open_cast(play, roles, Budget(casting.limits))
    with new_log(wanted, exactly=out is not None) as log:
        log.begin(header)
        screen.begin(header)
        run = Run(log, Trace(trace_path(log.path), header.cast), screen, [], roles)
        code = go_on(run, open_stage(play, header), cast)
    if code == 0:
        _say_where(log.path, wanted, screen)
    return code


def go_on(run: Run, stage: Stage, cast: dict[str, Model]) -> int:
    """Perform to the end, or to what stops it; the exit code."""
    try:
        with run.screen.running():
            asyncio.run(_perform(run, stage, cast))
    except KeyboardInterrupt:
        return _stopped(run, "interrupted")
    except (ModelUnreachable, LimitReached, TranscriptError) as error:
        return _stopped(run, str(error))
    finally:
        run.trace.close()
    for line in _closing(run):
        run.screen.say(line)
    return 0


async def _perform(run: Run, stage: Stage, cast: dict[str, Model]) -> None:
    try:
        async for entry in perform(stage, cast, run.attempted):
            run.take(entry)
    finally:
        await close_cast(cast)


def _stopped(run: Run, reason: str) -> int:
    run.trace.stopped(reason)
    run.screen.stopped(reason, run.log.path)
    return INTERRUPTED


def _closing(run: Run) -> Iterable[str]:
    if run.screen.quiet:
        return
    counts = tally(run.entries)
    events = ", ".join(f"{number} {rung}" for rung, number in counts.rungs.items())
    yield ""
    yield f"{counts.turns} turns; events: {events} ({counts.unforced:.0%} unforced)"
    yield from bill(run.accounts, run.entries, run.roles)


def _say_where(path: Path, wanted: Path, screen: Screen) -> None:
    """Say where the transcript is; a run that repeats an earlier one to the byte leaves one file."""
    if path == wanted or not wanted.exists():
        screen.say(f"transcript: {path}")
        return
    parting = first_difference(wanted, path)
    if parting is not None:
        screen.say(f"transcript: {path} (parts from {wanted} at {parting})")
        return
    path.unlink()
    if trace_path(wanted).exists():
        trace_path(path).unlink()
    else:
        trace_path(path).rename(trace_path(wanted))
    screen.say(f"transcript: {wanted} (this run is the same, byte for byte)")
