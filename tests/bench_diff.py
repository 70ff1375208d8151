"""`python -m tests.bench_diff`: two runs of 10,000 turns compared, in three ways that differ in what they share."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from simulator.engine.entries import BeatEntry, Entry
from tests.transcripts import COMMAND, run, turn, written

TURNS = 10_000
SECONDS, MEGABYTES = 3.0, 300


def large(path: Path, seed: int, beats: int, *, alike: bool) -> Path:
    """A run whose lines are another seed's with one word changed (`alike`), or share nothing with it."""
    entries: list[Entry] = []
    for number in range(TURNS):
        name = f"b{number * beats // TURNS}"
        if number % (TURNS // beats) == 0:
            entries.append(BeatEntry(id=name, place="room", contact="together", present=("ada", "ben"), sees={}))
        words = [f"word{(number * 31 + place * 7919 + (0 if alike else seed * 977)) % 30011}" for place in range(25)]
        words[number % 25] = f"seed{seed}"
        entries.append(turn(f"{name}/{number}", "ada" if number % 2 else "ben", " ".join(words)))
    return written(path, run(*entries, seed=seed))


def _processor() -> float:
    """Seconds of processor that the finished children took: the machine may be shared."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    """Time each; 1 where one takes too long or too much."""
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for beats, alike in ((16, False), (16, True), (1, False), (1, True)):
            one, other = (large(Path(folder) / f"{seed}.jsonl", seed, beats, alike=alike) for seed in (1, 2))
            begun, used = time.perf_counter(), _processor()
            told = subprocess.run([*COMMAND, "diff", str(one), str(other)], stdout=subprocess.DEVNULL, check=False)
            seconds, wall = _processor() - used, time.perf_counter() - begun
            megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            kind = "one word changed in each line" if alike else "no line in common"
            size = f"{TURNS:,} turns in {beats:>2} beats"
            print(f"{size}, {kind}: {seconds:.2f} s of processor ({wall:.2f} s), {megabytes:.0f} MB at most so far")
            failed |= told.returncode != 1 or seconds > SECONDS or megabytes > MEGABYTES
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
