"""What if: a fork shares every line with its parent up to where it leaves it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.engine.entries import TurnEntry
from simulator.errors import ModelUnreachable, TranscriptError, UsageError
from simulator.fork import Change, fork
from simulator.models.server import application
from simulator.replay import replay
from simulator.resume import resume
from simulator.session import Screen
from simulator.transcript.lineage import digest
from simulator.transcript.log import read_log
from tests.golden import as_bytes
from tests.recording import served
from tests.rehearsal import default, perform_play
from tests.test_cli import simulate
from tests.test_engine import letter
from tests.test_replay import performed

MUTE = Screen(quiet=True)


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    path = tmp_path / "parent.jsonl"
    path.write_bytes(as_bytes(*perform_play(letter(), 1)))
    return path


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def test_a_fork_at_a_beat_with_another_seed_shares_every_line_up_to_there_and_parts_after(tmp_path: Path) -> None:
    parent = tmp_path / "parent.jsonl"
    parent.write_bytes(performed(7)[0])
    run = simulate(tmp_path, "fork", str(parent), "--at", "cancer", "--seed", "8", "--quiet")
    assert run.returncode == 0, run.stderr
    forked = tmp_path / "interview-understudy-s8-at-cancer.jsonl"
    assert str(forked) in run.stdout
    shared = next(number for number, line in enumerate(lines(parent), 1) if line.startswith(b'{"kind":"beat","id":"cancer"'))
    assert lines(forked)[1:shared] == lines(parent)[1:shared]
    assert lines(forked)[shared:] != lines(parent)[shared:]
    header, old = json.loads(lines(forked)[0]), json.loads(lines(parent)[0])
    assert header["parent"] == {"seed": 7, "at": "cancer", "sha256": digest(lines(parent)[1:shared])}
    assert header["world"] == old["world"]
    assert replay(default(), forked) == 0


def test_a_fork_at_any_turn_without_a_change_goes_on_as_its_parent_did(parent: Path, tmp_path: Path) -> None:
    _, entries = read_log(parent)
    for entry in entries:
        if isinstance(entry, TurnEntry):
            out = tmp_path / f"{entry.id.replace('/', '-')}.jsonl"
            assert fork(letter(), parent, Change(entry.id), out, MUTE) == 0
            assert lines(out)[1:] == lines(parent)[1:]


def test_a_fork_of_a_fork_that_was_cut_off_resumes_to_the_same_bytes(parent: Path, tmp_path: Path) -> None:
    once, twice = tmp_path / "once.jsonl", tmp_path / "twice.jsonl"
    assert fork(letter(), parent, Change("supper/3", seed=2), once, MUTE) == 0
    assert fork(letter(), once, Change("supper/6", seed=3), twice, MUTE) == 0
    shared = 1 + next(number for number, line in enumerate(lines(once)) if b'"id":"supper/6"' in line)
    assert lines(twice)[1:shared] == lines(once)[1:shared]
    finished = lines(twice)
    for kept in range(shared, len(finished)):
        twice.write_bytes(b"\n".join(finished[:kept]) + b"\n")
        assert resume(letter(), twice, MUTE) == 0
        assert lines(twice) == finished
    assert replay(letter(), twice) == 0


def test_a_fork_with_another_cast_recasts_one_role_and_keeps_the_other(parent: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "out.jsonl", tmp_path / "again.jsonl"
    with served(application(letter())) as url:
        assert fork(letter(), parent, Change("supper/4", cast=(f"ben=m@{url}",)), out, MUTE) == 0
        assert fork(letter(), out, Change("supper/8", cast=("ada=chaos:echo",)), again, MUTE) == 0
    assert read_log(again)[0].cast == {"ada": "chaos:echo", "ben": f"m@{url}"}
    header, entries = read_log(out)
    assert header.cast == {"ada": "understudy", "ben": f"m@{url}"}
    models = {(entry.by, entry.model) for entry in entries[-6:] if isinstance(entry, TurnEntry)}
    assert models == {("ada", "understudy"), ("ben", f"m@{url}")}


def test_a_fork_with_a_changed_play_keeps_the_circumstances_and_draws_the_new_ones(parent: Path, tmp_path: Path) -> None:
    prompt = letter().personas["ada"].prompt + " It is {hour}."
    ada = letter().personas["ada"].model_copy(update={"prompt": prompt})
    weather = {"weather": ("snow",), "hour": ("six",)}
    play = letter().model_copy(update={"personas": {**letter().personas, "ada": ada}, "circumstances": weather})
    out = tmp_path / "out.jsonl"
    assert fork(play, parent, Change("supper/4"), out, MUTE) == 0
    header, _ = read_log(out)
    assert header.play_hash == play.play_hash()
    assert header.world.circumstances == {**read_log(parent)[0].world.circumstances, "hour": "six"}
    assert b"It is six." in out.with_suffix(".trace.jsonl").read_bytes()
    assert replay(play, out) == 0


@pytest.mark.parametrize(
    ("at", "near"),
    [
        ("super", r"no beat and no turn 'super'; expected something like supper"),
        ("supper/9", r"supper goes from supper/1 to supper/8"),
        ("hamlet", r"expected something like supper, call"),
        ("supper/knock", r"supper goes from"),
    ],
)
def test_a_wrong_place_lists_the_near_ones(parent: Path, at: str, near: str) -> None:
    with pytest.raises(UsageError, match=near):
        fork(letter(), parent, Change(at), None, MUTE)
    assert list(parent.parent.iterdir()) == [parent]


def test_a_fork_whose_shared_lines_are_not_its_parents_is_refused(parent: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert fork(letter(), parent, Change("supper/4", seed=2), out, MUTE) == 0
    whole = lines(out)
    place = next(number for number, line in enumerate(whole) if b'"id":"supper/2"' in line)
    damaged = [*whole[:place], whole[place].replace(b'"intent":"', b'"intent":"un'), *whole[place + 1 : -1]]
    out.write_bytes(b"\n".join(damaged) + b"\n")
    with pytest.raises(TranscriptError, match=r"lines 2 to \d+ are damaged: they are not those of its parent"):
        resume(letter(), out, MUTE)
    out.write_bytes(b"\n".join(whole[:4]) + b"\n")
    with pytest.raises(TranscriptError, match=r"ends before supper/4, where it leaves its parent"):
        resume(letter(), out, MUTE)


def test_a_fork_never_overwrites_and_a_cast_that_cannot_play_leaves_no_file(
    parent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    before = parent.read_bytes()
    with pytest.raises(TranscriptError, match="nothing is overwritten"):
        fork(letter(), parent, Change("supper"), parent, MUTE)
    with pytest.raises(ModelUnreachable, match="set OPENAI_API_KEY"):
        fork(letter(), parent, Change("supper", cast=("ben=m",)), None, MUTE)
    assert parent.read_bytes() == before
    assert list(tmp_path.iterdir()) == [parent]
