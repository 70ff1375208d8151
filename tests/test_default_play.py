"""The default play with the understudy: the same bytes, and an evening worth reading."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from simulator.engine.entries import Entry, Header, Rejected, TurnEntry, WorldEntry
from simulator.engine.fold import fold
from simulator.engine.world import unmet
from tests.golden import SEEDS, as_bytes, golden_path
from tests.rehearsal import default, perform_play

ALL_SEEDS = range(1, 21)


@cache
def evening(seed: int) -> tuple[Header, list[Entry]]:
    return perform_play(default(), seed)


def spoken(seed: int) -> list[str]:
    """Every line that is said in a run, the walk-ons' with them."""
    _, entries = evening(seed)
    turns = [entry.speech for entry in entries if isinstance(entry, TurnEntry) and entry.speech]
    return turns + [entry.text for entry in entries if isinstance(entry, WorldEntry) and entry.by != "world"]


@pytest.mark.parametrize("seed", SEEDS)
def test_golden_transcripts_are_performed_to_the_byte(seed: int) -> None:
    assert as_bytes(*evening(seed)) == golden_path(seed).read_bytes()


@pytest.mark.parametrize("seed", ALL_SEEDS)
def test_two_runs_in_lockstep_never_part(seed: int) -> None:
    header, entries = evening(seed)
    again, repeated = perform_play(default(), seed)
    assert again == header
    for one, other in zip(entries, repeated, strict=True):
        assert one == other


def test_whole_processes_agree_under_three_hash_seeds(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from simulator.cli import main; main()", "--seed", "7", "--quiet", "--out"]
    runs = []
    for number, hash_seed in enumerate(("0", "1", "4242")):
        out = tmp_path / f"{number}.jsonl"
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "LC_ALL": "C"}
        subprocess.run([*command, str(out)], check=True, env=environment, capture_output=True)
        runs.append(out.read_bytes())
    assert runs[0] == runs[1] == runs[2] == golden_path(7).read_bytes()


@pytest.mark.parametrize("seed", ALL_SEEDS)
def test_every_event_comes_once_and_none_is_fed_or_sent_back_but_for_manners(seed: int) -> None:
    _, entries = evening(seed)
    happened = [entry.event for entry in entries if isinstance(entry, WorldEntry) and entry.event]
    happened += [done.event for entry in entries if isinstance(entry, TurnEntry) for done in entry.events]
    events = [event.id for beat in default().beats.values() for event in beat.events]
    assert sorted(happened) == sorted(events)
    rungs = {done.rung for entry in entries if isinstance(entry, TurnEntry) for done in entry.events}
    assert rungs == {"free", "cued", "required"}
    sent_back = [violation.rule for entry in entries if isinstance(entry, Rejected) for violation in entry.violations]
    assert set(sent_back) <= {"band"}
    assert len(sent_back) < 20


@pytest.mark.parametrize("seed", ALL_SEEDS)
def test_each_beat_ends_in_the_world_that_its_author_ensures(seed: int) -> None:
    header, entries = evening(seed)
    ends = {
        entry.id.partition("/")[0]: index for index, entry in enumerate(entries) if isinstance(entry, TurnEntry | WorldEntry)
    }
    for beat in default().beats.values():
        world = fold(default(), header, entries[: ends[beat.id] + 1]).world
        assert [problem for ensure in beat.ensures for problem in unmet(world, ensure)] == []


@pytest.mark.parametrize("seed", ALL_SEEDS)
def test_an_evening_has_80_to_140_turns_and_no_line_twice(seed: int) -> None:
    _, entries = evening(seed)
    assert 80 <= sum(isinstance(entry, TurnEntry) for entry in entries) <= 140
    assert [line for line, times in Counter(spoken(seed)).items() if times > 1] == []
    assert 8 <= statistics.median(len(line.split()) for line in spoken(seed)) <= 30


def test_any_two_evenings_share_less_than_half_of_their_lines() -> None:
    lines = {seed: set(spoken(seed)) for seed in ALL_SEEDS}
    for one, other in combinations(ALL_SEEDS, 2):
        shared = len(lines[one] & lines[other]) / min(len(lines[one]), len(lines[other]))
        assert shared < 0.5, f"seeds {one} and {other} share {shared:.0%}"


def test_the_turns_that_the_beats_allow_add_up_to_an_evening() -> None:
    beats = default().beats.values()
    assert sum(beat.turns.min for beat in beats) >= 80
    assert sum(beat.turns.max for beat in beats) <= 140


def test_there_is_a_pool_of_lines_and_versions_as_large_as_the_brief_asks() -> None:
    play = default()
    lines = [
        text for exchanges in play.lines.values() for exchange in exchanges for line in exchange.lines for text in line.speech
    ]
    assert len(lines) >= 600
    versions = Counter(exchange.event for exchanges in play.lines.values() for exchange in exchanges if exchange.event)
    leads = [event.id for beat in play.beats.values() for event in beat.events if event.by in play.leads]
    assert [event for event in leads if versions[event] < 4] == []


def test_seeds_move_the_cues_and_draw_the_circumstances() -> None:
    drawn = {seed: evening(seed)[0].world.circumstances for seed in ALL_SEEDS}
    assert {values["fate"] for values in drawn.values()} == set(default().circumstances["fate"])
    rungs: dict[str, set[str]] = {}
    for seed in ALL_SEEDS:
        for entry in evening(seed)[1]:
            if isinstance(entry, TurnEntry):
                for done in entry.events:
                    rungs.setdefault(done.event, set()).add(f"{entry.id} {done.rung}")
    assert statistics.mean(map(len, rungs.values())) > 2
