"""Kills and cuts: `python -m tests.durability` kills runs after every entry and at any moment, and cuts their files anywhere.

Each must go on to the bytes of a run that nothing happened to. It is a program of its own, because it forks.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from simulator.engine.entries import Entry, Rejected, TurnEntry
from simulator.engine.settle import FALLBACK
from simulator.play.loading import default_play, load
from simulator.replay import replay
from simulator.resume import resume
from simulator.session import Casting, Screen, perform_new
from simulator.transcript.log import find_log, trace_path
from simulator.transcript.trace import read_trace

UNDERSTUDIES = Casting(None, None, ())
MOMENTS = 0.3  # seconds within which a run is killed: the understudy takes about as many for thirty entries


@dataclass
class Toll:
    """What was done to the runs of one seed, and what it cost."""

    kills: int = 0
    cuts: int = 0
    lost: int = 0  # entries that had been written, and were gone
    in_flight: int = 0  # replies that had come, and were not yet entries
    most_in_flight: int = 0  # of one kill


class Held(Screen):
    """A screen that, once so many entries were written, says so and holds the run until it is killed."""

    def __init__(self, entries: int, say: int) -> None:
        super().__init__(quiet=True)
        self._left = entries
        self._say = say

    def show(self, entry: Entry) -> None:
        """Count an entry."""
        self._left -= 1
        if self._left == 0:
            os.write(self._say, b".")
            signal.pause()


def killed(entries: int, act: Callable[[Screen], object], seconds: float | None = None) -> None:
    """Do something in a process that is killed once it has written so many entries, or after a time."""
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            act(Held(entries, said))
        finally:
            os._exit(0)
    os.close(said)
    if seconds is None:
        os.read(heard, 1)  # or the end of the file, where the process ends by itself
    else:
        time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(heard)


class Ordeal:
    """The runs of one seed."""

    def __init__(self, folder: Path, seed: int, scratch: Path) -> None:
        self.folder, self.play, self.seed = folder, load(folder), seed
        self.path, self.copy = scratch / "run.jsonl", scratch / "copy.jsonl"
        whole = scratch / "whole.jsonl"
        with quiet():
            perform_new(folder, seed, UNDERSTUDIES, whole, Screen(quiet=True))
        self.whole = whole.read_bytes()
        self.entries = self.whole.count(b"\n") - 1
        self.toll = Toll()

    def kill_after_every_entry(self) -> None:
        """One run, killed after each of its entries; after each kill a copy of it is resumed to the end."""
        killed(1, self._begin)
        for entries in range(1, self.entries):
            self._count_kill(entries)
            self._resume_copy(replayed=entries % 20 == 0)
            killed(1, self._go_on)
        self._is_whole(self.path)
        self._forget()

    def kill_at_any_moment(self, kills: int, chance: random.Random) -> None:
        """Runs killed at moments that nobody chose, again and again, until they are through."""
        for _ in range(kills):
            if not self.path.exists():
                killed(1, self._begin)
            killed(0, self._go_on, chance.random() * MOMENTS)
            self._count_kill(0)
            if self.path.read_bytes() == self.whole:
                self._forget()
        if self.path.exists():
            self._resume_copy(replayed=True)
            self._forget()

    def cut_anywhere(self, cuts: int, chance: random.Random) -> None:
        """The file, cut behind any byte after its first line."""
        begins = self.whole.index(b"\n") + 1
        for _ in range(cuts):
            self.copy.write_bytes(self.whole[: chance.randint(begins, len(self.whole))])
            with quiet():
                resume(self.play, self.copy, Screen(quiet=True))
            self._is_whole(self.copy)
            self.copy.unlink()
            trace_path(self.copy).unlink(missing_ok=True)
            self.toll.cuts += 1

    def _begin(self, screen: Screen) -> object:
        return perform_new(self.folder, self.seed, UNDERSTUDIES, self.path, screen)

    def _go_on(self, screen: Screen) -> object:
        return resume(self.play, self.path, screen)

    def _count_kill(self, entries: int) -> None:
        kept = self.path.read_bytes()
        assert self.whole.startswith(kept), "what was written differs from the run that nothing happened to"
        in_flight = unsettled(self.path)
        self.toll.kills += 1
        self.toll.lost += max(0, entries + 1 - kept.count(b"\n"))
        self.toll.in_flight += in_flight
        self.toll.most_in_flight = max(self.toll.most_in_flight, in_flight)

    def _resume_copy(self, *, replayed: bool) -> None:
        shutil.copy(self.path, self.copy)
        shutil.copy(trace_path(self.path), trace_path(self.copy))
        with quiet():
            resume(self.play, self.copy, Screen(quiet=True))
            self._is_whole(self.copy)
            assert not replayed or replay(self.play, self.copy) == 0, "the trace does not hold the replies of the run"
        self.copy.unlink()
        trace_path(self.copy).unlink()

    def _is_whole(self, path: Path) -> None:
        assert path.read_bytes() == self.whole, f"{path} is not what an uninterrupted run is"

    def _forget(self) -> None:
        self.path.unlink()
        trace_path(self.path).unlink()


def unsettled(path: Path) -> int:
    """How many replies a trace holds that did not become an entry of its transcript."""
    if not trace_path(path).exists():
        return 0
    asked = {attempt.cue for attempt in read_trace(trace_path(path))}
    return len(asked - set(_settled(find_log(path).entries)))


def _settled(entries: tuple[Entry, ...]) -> Iterator[str]:
    attempt = 1
    for entry in entries:
        if isinstance(entry, Rejected):
            yield f"{entry.id.partition('~')[0]}/{entry.by}/{attempt}"
            attempt += 1
        elif isinstance(entry, TurnEntry):
            if entry.model != FALLBACK:
                yield f"{entry.id}/{entry.by}/{attempt}"
            attempt = 1


def quiet() -> contextlib.AbstractContextManager[io.StringIO]:
    """Print nothing."""
    return contextlib.redirect_stdout(io.StringIO())


def put_through(folder: Path, seed: int, cuts: int, moments: int) -> Toll:
    """All of it, for one seed."""
    with tempfile.TemporaryDirectory() as scratch:
        ordeal = Ordeal(folder, seed, Path(scratch))
        ordeal.kill_after_every_entry()
        ordeal.kill_at_any_moment(moments, random.Random(seed))
        ordeal.cut_anywhere(cuts, random.Random(seed))
    return ordeal.toll


def main() -> None:
    """Put seeds through it, and print the toll."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="*", default=[1, 7, 42])
    parser.add_argument("--play", type=Path, default=default_play())
    parser.add_argument("--cuts", type=int, default=200, help="random byte offsets at which a file is cut")
    parser.add_argument("--moments", type=int, default=100, help="kills at random moments")
    options = parser.parse_args()
    for seed in options.seeds:
        toll = put_through(options.play, seed, options.cuts, options.moments)
        print(
            f"seed {seed}: {toll.kills} kills and {toll.cuts} cuts survived, byte for byte; {toll.lost} entries lost, "
            f"{toll.in_flight} replies in flight (at most {toll.most_in_flight} at a kill)",
            flush=True,
        )
        if toll.lost or toll.most_in_flight > 1:
            sys.exit(1)


if __name__ == "__main__":
    main()
