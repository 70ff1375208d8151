"""Nothing is lost: a run that stopped goes on, and a file that cannot be trusted is refused."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.engine.entries import BeatEntry, Header, Rejected, Revised
from simulator.errors import Taken, TranscriptError, UsageError
from simulator.play.loading import load
from simulator.play.types import Play
from simulator.replay import replay
from simulator.resume import resume
from simulator.session import Casting, Screen, perform_new
from simulator.transcript.files import locked
from simulator.transcript.lineage import restage
from simulator.transcript.log import find_log, read_log, trace_path
from tests.golden import as_bytes
from tests.rehearsal import perform_play
from tests.test_cli import COMMAND, LETTER, simulate
from tests.test_engine import letter

MUTE = Screen(quiet=True)


@cache
def whole() -> bytes:
    """A run of the small play that nothing happened to."""
    return as_bytes(*perform_play(letter(), 1))


def lines() -> list[bytes]:
    return whole().splitlines(keepends=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def test_a_run_killed_after_every_entry_and_cut_anywhere_resumes_to_the_same_bytes() -> None:
    command = [sys.executable, "-m", "tests.durability", "1", "--play", str(LETTER), "--cuts", "20", "--moments", "3"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=LETTER.parents[2])
    assert run.stdout.startswith("seed 1: "), run.stderr
    assert "and 20 cuts survived, byte for byte; 0 entries lost" in run.stdout


@pytest.mark.parametrize("model", ["chaos:mixed", "chaos:garbage", "chaos:denier"])
def test_a_run_with_rejected_replies_resumes_from_every_line_to_the_same_bytes(path: Path, model: str) -> None:
    perform_new(LETTER, 1, Casting(model, None, ()), path, MUTE)
    uninterrupted = path.read_bytes()
    rejected = [entry for entry in read_log(path)[1] if isinstance(entry, Rejected)]
    assert {entry.id[-1] for entry in rejected} == {"1", "2"}
    parts = uninterrupted.splitlines(keepends=True)
    for kept in range(1, len(parts)):
        path.write_bytes(b"".join(parts[:kept]))
        assert resume(letter(), path, MUTE) == 0
        assert path.read_bytes() == uninterrupted
    assert replay(letter(), path) == 0


def test_a_last_line_that_was_cut_off_is_dropped_and_told(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(b"".join(lines()[:9]) + lines()[9][:30])
    assert resume(letter(), path, MUTE) == 0
    assert f"{path}:10 was cut off after 30 bytes" in capsys.readouterr().out
    assert path.read_bytes() == whole()


def test_a_last_line_that_lacks_only_its_newline_is_kept(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(b"".join(lines()[:10])[:-1])
    assert resume(letter(), path, MUTE) == 0
    assert "lacked its newline" in capsys.readouterr().out
    assert path.read_bytes() == whole()


def test_a_finished_run_says_so_and_stays_as_it_is(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for ending in (whole(), whole()[:-1]):
        path.write_bytes(ending)
        assert resume(letter(), path, MUTE) == 0
        assert "is finished" in capsys.readouterr().out
        assert path.read_bytes() == whole()
    assert list(path.parent.iterdir()) == [path]


def test_readers_are_told_how_to_mend_a_file_that_was_cut_off(path: Path) -> None:
    path.write_bytes(whole()[:-5])
    with pytest.raises(TranscriptError, match=rf":{len(lines())}: this line was cut off; `simulate resume"):
        read_log(path)


def line_of(entry: str) -> int:
    """The line of an entry of the small run, from 1."""
    return next(number for number, line in enumerate(lines(), 1) if f'"id":"{entry}"'.encode() in line)


Damage = Callable[[bytes], bytes]  # to one line, with its newline


def nothing(_line: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(
    ("entry", "damage", "reason"),
    [
        ("supper/2", lambda line: line[1:], "this line is damaged: it is not JSON: .* at character 7"),
        ("supper/2", lambda line: line.replace(b'"by"', b'"bye"'), r"this line is damaged: turn\.by"),
        ("supper/2", lambda line: line.replace(b"turn", b"tu\xffn"), r"this line is damaged: byte 12 is not UTF-8"),
        (
            "supper/2",
            lambda line: line.replace(b"supper/2", b"supper/9"),
            "expected turn supper/2 of ben, and found turn supper/9",
        ),
        ("supper/2", lambda line: line.replace(b'"by":"ben"', b'"by":"ada"'), "expected turn supper/2 of ben, and found"),
        ("supper/2", nothing, "lines before it are missing: expected turn supper/2 of ben, and found world supper/knock"),
        ("supper/2", lambda line: line + b"\n", None),
        ("supper/2", lambda line: line + line, None),
        ("supper/2", lambda line: line + lines()[0], None),
        ("supper/knock", lambda line: line.replace(b"knock.", b"bang."), "expected world supper/knock in other words"),
        ("supper/knock", nothing, "expected world supper/knock, and found"),
        ("supper", nothing, "expected beat supper, and found"),
        ("act/1", lambda line: line.replace(b"act/1", b"act/2"), "expected act act/1, and found act act/2"),
    ],
)
def test_a_line_damaged_in_the_middle_is_refused_with_its_number_and_left_alone(
    path: Path, entry: str, damage: Damage, reason: str | None
) -> None:
    number = line_of(entry)
    damaged = damage(lines()[number - 1])
    assert damaged != lines()[number - 1]
    before = b"".join([*lines()[: number - 1], damaged, *lines()[number:-1]])
    path.write_bytes(before)
    where = rf"{re.escape(str(path))}:{number}: .*{reason}" if reason else rf":{number + 1}: "
    with pytest.raises(TranscriptError, match=where):
        resume(letter(), path, MUTE)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (lambda: b"".join(lines()[1:5]), r":1: expected the header, and found act act/1"),
        (
            lambda: lines()[0].replace(b'"seed":1', b'"seed":2') + lines()[1],
            r":1: .*a run of letter from seed 2 begins otherwise",
        ),
        (lambda: lines()[0][:50], r"cut off in its first line: nothing had been performed"),
        (lambda: b"", r"is empty"),
    ],
)
def test_a_file_without_its_header_is_refused(path: Path, before: Callable[[], bytes], reason: str) -> None:
    path.write_bytes(before())
    with pytest.raises(TranscriptError, match=reason):
        resume(letter(), path, MUTE)
    assert path.read_bytes() == before()


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(b"".join(lines()[:12])) - 1), st.integers(0, 255))
def test_whatever_byte_is_damaged_the_file_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.jsonl"
    data = bytearray(b"".join(lines()[:12]))
    data[place] = byte
    path.write_bytes(data)
    with suppress(TranscriptError):  # and nothing else
        found = find_log(path)
        restage(letter(), found, "f", same_play=found.header.play_hash == letter().play_hash())


# Another version of the play.


def revised(tmp_path: Path, file: str, old: str, new: str) -> Play:
    """The small play with a word changed."""
    folder = tmp_path / "revised"
    shutil.copytree(LETTER, folder)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    return load(folder)


def test_another_version_of_the_play_is_refused_and_with_force_recorded(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play = revised(tmp_path, "personas/ada.md", "counts things aloud", "counts things twice")
    path.write_bytes(b"".join(lines()[:9]))
    with pytest.raises(TranscriptError, match=r"another version of the play.*--force"):
        resume(play, path, MUTE)
    assert path.read_bytes() == b"".join(lines()[:9])
    assert resume(play, path, Screen(quiet=False), force=True) == 0
    assert "from here on with another version of the play" in capsys.readouterr().out
    header, entries = read_log(path)
    assert path.read_bytes().startswith(b"".join(lines()[:9]))
    assert isinstance(entries[8], Revised)
    assert entries[8].play_hash == play.play_hash() != header.play_hash
    assert replay(play, path) == 0
    assert "replayed from revised/" in capsys.readouterr().out


def test_a_run_forced_once_is_resumed_with_its_new_version_and_no_longer_with_the_old(tmp_path: Path, path: Path) -> None:
    play = revised(tmp_path, "beats/call.yaml", "I burnt it.", "I burnt it, all of it.")
    path.write_bytes(b"".join(lines()[:9]))
    assert resume(play, path, MUTE, force=True) == 0
    finished = path.read_bytes()
    for kept in range(10, finished.count(b"\n")):
        path.write_bytes(b"".join(finished.splitlines(keepends=True)[:kept]))
        with pytest.raises(TranscriptError, match="another version"):
            resume(letter(), path, MUTE)
        assert resume(play, path, MUTE) == 0
        assert path.read_bytes() == finished


def test_force_does_not_take_a_play_that_does_not_fit(tmp_path: Path, path: Path) -> None:
    path.write_bytes(b"".join(lines()[:9]))
    gained = revised(tmp_path, "beats/play.yaml", "circumstances:", "circumstances:\n  hour: [six, seven]")
    with pytest.raises(TranscriptError, match=r"circumstances that this run never drew \(hour\); `simulate fork`"):
        resume(gained, path, MUTE, force=True)
    other = gained.model_copy(update={"circumstances": {}, "leads": ("ada", "carl")})
    with pytest.raises(TranscriptError, match=r"the cast is ada and ben, and the leads of letter are ada and carl"):
        resume(other, path, MUTE, force=True)
    fewer = gained.model_copy(update={"circumstances": {}, "beats": {"call": gained.beats["call"]}, "acts": (("call",),)})
    with pytest.raises(TranscriptError, match=r":3: .*the play has no 'supper'"):
        resume(fewer, path, MUTE, force=True)
    assert path.read_bytes() == b"".join(lines()[:9])


def test_another_default_server_in_the_environment_does_not_take_over_a_run(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(lines()[0].replace(b'"understudy"', b'"m"'))
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(UsageError, match="OPENAI_BASE_URL now names another"):
        resume(letter(), path, MUTE)


# One writer.


def test_a_second_process_is_told_who_writes_the_file(tmp_path: Path, path: Path) -> None:
    path.write_bytes(b"".join(lines()[:9]))
    with locked(path):
        second = simulate(tmp_path, "resume", str(path), "--play", str(LETTER))
        assert second.returncode == 2
        assert f"is being written by process {os.getpid()}" in second.stderr
    assert not path.with_name("run.jsonl.lock").exists()


def test_a_new_run_takes_the_next_name_where_another_process_has_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with locked(Path("transcripts/letter-understudy-s1.jsonl")):
        assert perform_new(LETTER, 1, Casting(None, None, ()), None, MUTE) == 0
        assert "letter-understudy-s1-2.jsonl" in capsys.readouterr().out
        with pytest.raises(Taken, match=f"is being written by process {os.getpid()}"):
            perform_new(LETTER, 1, Casting(None, None, ()), Path("transcripts/letter-understudy-s1.jsonl"), MUTE)
    assert Path("transcripts/letter-understudy-s1-2.jsonl").read_bytes() == whole()


def test_the_lock_of_a_process_that_was_killed_holds_nobody_up(tmp_path: Path, path: Path) -> None:
    lock = path.with_name("run.jsonl.lock")
    program = (
        "import os, signal, pathlib\nfrom simulator.transcript.files import locked\n"
        f"with locked(pathlib.Path({str(path)!r})):\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert (killed.returncode, lock.exists()) == (-signal.SIGKILL, True)
    path.write_bytes(b"".join(lines()[:9]))
    assert resume(letter(), path, MUTE) == 0
    assert not lock.exists()


# The disk.


def test_the_log_and_its_trace_are_forced_to_disk_at_each_beat_and_at_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: sizes.append(os.fstat(file).st_size))
    perform_new(LETTER, 1, Casting(None, None, ()), path, MUTE)
    beats = [entry for entry in read_log(path)[1] if isinstance(entry, BeatEntry)]
    assert len(sizes) == 1 + 2 * (len(beats) + 1)  # the header; then trace and log
    assert sizes[-2:] == [trace_path(path).stat().st_size, path.stat().st_size]


@pytest.mark.parametrize("kilobytes", [0, 3, 12])
def test_a_full_disk_ends_the_run_in_words_and_what_was_written_goes_on(tmp_path: Path, kilobytes: int) -> None:
    def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, resource.RLIM_INFINITY))

    path = tmp_path / "run.jsonl"
    command = [*COMMAND, "--play", str(LETTER), "--seed", "1", "--out", str(path), "--quiet"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=fill)
    assert "File too large" in run.stderr
    assert "Traceback" not in run.stderr
    if not path.exists():
        assert run.returncode == 2
        return
    assert run.returncode == 3
    assert f"go on with: simulate resume {path} --play {shlex.quote(str(LETTER))}\n" in run.stderr
    assert whole().startswith(path.read_bytes())
    assert path.read_bytes().endswith(b"\n")
    assert resume(letter(), path, MUTE) == 0
    assert path.read_bytes() == whole()
    assert replay(letter(), path) == 0


@pytest.mark.parametrize("command", [["--seed", "1", "--out", "file/run.jsonl"], ["resume", "gone/run.jsonl"]])
def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").write_text("no folder")
    run = simulate(tmp_path, *command, "--play", str(LETTER))
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert command[-1] in run.stderr


def test_a_header_stands_alone_until_the_first_entry(path: Path) -> None:
    path.write_bytes(lines()[0])
    assert isinstance(find_log(path).header, Header)
    assert resume(letter(), path, MUTE) == 0
    assert path.read_bytes() == whole()
    assert json.loads(lines()[-1]) == {"kind": "end", "reason": "complete"}
