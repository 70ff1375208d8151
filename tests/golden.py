"""Golden transcripts: `python -m tests.golden` performs them again. Read the diff before it is committed."""

from __future__ import annotations

from pathlib import Path

from simulator.engine.entries import Entry, Header, to_line
from simulator.play.loading import load
from tests.rehearsal import default, perform_play

SEEDS = (1, 7, 42)
TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"
PLAYS = Path(__file__).parent / "plays"


def golden_path(seed: int) -> Path:
    """Where a seed's transcript is kept."""
    return TRANSCRIPTS / f"interview-understudy-s{seed}.jsonl"


def as_bytes(header: Header, entries: list[Entry]) -> bytes:
    """A transcript as its file holds it."""
    return "".join(to_line(entry) + "\n" for entry in (header, *entries)).encode("utf-8")


def main() -> None:
    """Perform and write all of them."""
    for seed in SEEDS:
        golden_path(seed).write_bytes(as_bytes(*perform_play(default(), seed)))
        print(golden_path(seed).name)
    for path in sorted(PLAYS.glob("*/expected.jsonl")):
        path.write_bytes(as_bytes(*perform_play(load(path.parent), 1)))
        print(path.relative_to(PLAYS))


if __name__ == "__main__":
    main()
