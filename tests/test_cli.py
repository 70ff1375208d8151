"""The command line, as processes."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator import __version__
from simulator.models.server import application
from tests.golden import golden_path
from tests.recording import served
from tests.rehearsal import default

LETTER = Path(__file__).parent / "plays" / "letter"
CANARY = "sk-canary-0123456789"
COMMAND = [sys.executable, "-c", "from simulator.cli import main; main()"]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with served(application(default())) as url:
        yield url


def simulate(cwd: Path, *arguments: str, key: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "SIMULATE_"))}
    if key is not None:
        environment["OPENAI_API_KEY"] = key
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_version_and_help_are_quick_and_say_how_to_start(tmp_path: Path) -> None:
    assert simulate(tmp_path, "--version").stdout == f"simulate {__version__}\n"
    shown = simulate(tmp_path, "--help").stdout
    assert "simulate --seed 7" in shown
    assert "Exit codes" in shown


def test_help_does_not_import_the_openai_package(tmp_path: Path) -> None:
    program = "import sys\nfrom simulator.cli import main\ntry:\n    main()\nfinally:\n    print('openai' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program, "--help"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert run.stdout.endswith("False\n")


def test_a_run_prints_the_play_and_says_what_it_came_to(tmp_path: Path) -> None:
    run = simulate(tmp_path, "--seed", "7")
    assert run.returncode == 0, run.stderr
    assert "\x1b" not in run.stdout
    assert all(name in run.stdout for name in ("PIERRE", "KATYA", "EDITOR:", "── diary · loft ──", "unseen: ", "wants: "))
    assert run.stdout.splitlines()[-1] == "transcript: transcripts/interview-understudy-s7.jsonl"
    assert "0 fed" in run.stdout
    written = tmp_path / "transcripts" / "interview-understudy-s7.jsonl"
    assert written.read_bytes() == golden_path(7).read_bytes()
    assert written.with_suffix(".trace.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_second_run_leaves_one_file_where_it_is_the_same_and_two_where_it_differs(tmp_path: Path) -> None:
    first = tmp_path / "transcripts" / "letter-understudy-s1.jsonl"
    assert simulate(tmp_path, "--play", str(LETTER), "--seed", "1", "--quiet").returncode == 0
    again = simulate(tmp_path, "--play", str(LETTER), "--seed", "1", "--quiet")
    assert "byte for byte" in again.stdout
    assert sorted(path.name for path in first.parent.iterdir()) == [first.name, "letter-understudy-s1.trace.jsonl"]
    first.write_text(first.read_text().replace("stirs a cold cup", "stirs a hot cup"))
    changed = simulate(tmp_path, "--play", str(LETTER), "--seed", "1", "--quiet")
    assert "letter-understudy-s1-2.jsonl" in changed.stdout
    assert "parts from" in changed.stdout
    assert "at entry supper/2" in changed.stdout


def test_without_a_seed_one_is_drawn_printed_and_recorded(tmp_path: Path) -> None:
    run = simulate(tmp_path, "--play", str(LETTER))
    [transcript] = (tmp_path / "transcripts").glob("letter-understudy-s*[0-9].jsonl")
    seed = transcript.stem.rpartition("-s")[2]
    assert f"seed {seed}" in run.stdout.splitlines()[0]
    assert f'"seed":{seed},' in transcript.read_text()


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text("mine")
    run = simulate(tmp_path, "--play", str(LETTER), "--seed", "1", "--out", "mine.jsonl")
    assert (run.returncode, (tmp_path / "mine.jsonl").read_text()) == (2, "mine")
    assert "nothing is overwritten" in run.stderr


def test_a_key_in_the_environment_alone_makes_no_run_live(tmp_path: Path) -> None:
    run = simulate(tmp_path, "--play", str(LETTER), "--seed", "1", key=CANARY)
    assert "ada: understudy · ben: understudy" in run.stdout


def test_a_live_run_goes_through_a_server_and_keeps_the_key_to_itself(tmp_path: Path, server: str) -> None:
    run = simulate(tmp_path, "--seed", "7", "--model", "m", "--base-url", server, "--out", "live.jsonl", key=CANARY)
    assert run.returncode == 0, run.stderr
    recorded = (tmp_path / "live.jsonl").read_text()
    assert f'"cast":{{"pierre":"m@{server}","katya":"m@{server}"}}' in recorded
    golden = golden_path(7).read_text().splitlines()[1:]
    assert recorded.replace(f"m@{server}", "understudy").splitlines()[1:] == golden
    everything = run.stdout + run.stderr + recorded + (tmp_path / "live.trace.jsonl").read_text()
    assert CANARY not in everything


def test_one_role_may_be_live_and_the_other_the_understudy(tmp_path: Path, server: str) -> None:
    run = simulate(tmp_path, "--seed", "7", "--cast", f"katya=m@{server}", "--quiet", key=CANARY)
    assert run.returncode == 0, run.stderr
    assert "transcripts/interview-understudy+m-s7.jsonl" in run.stdout


def test_a_server_that_nobody_runs_ends_the_run_in_one_line_with_the_way_on(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = simulate(tmp_path, "--seed", "7", "--model", "m", "--base-url", f"http://127.0.0.1:{port}/v1", "--quiet")
    assert run.returncode == 3
    assert "is the server running" in run.stderr
    assert "simulate resume transcripts/interview-m-s7.jsonl" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_interrupt_keeps_the_log_and_prints_the_way_on(tmp_path: Path) -> None:
    arrived = socket.socket()
    arrived.bind(("127.0.0.1", 0))
    arrived.listen()

    async def never(_request: Request) -> JSONResponse:
        with socket.create_connection(arrived.getsockname()):
            pass
        await asyncio.Event().wait()
        return JSONResponse({})

    with served(Starlette(routes=[Route("/v1/chat/completions", never, methods=["POST"])])) as url:
        command = [*COMMAND, "--seed", "7", "--model", "m", "--base-url", url, "--quiet"]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        arrived.accept()[0].close()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    arrived.close()
    assert process.returncode == 3
    assert "interrupted" in stderr
    assert "simulate resume transcripts/interview-m-s7.jsonl" in stderr
    assert (tmp_path / "transcripts" / "interview-m-s7.jsonl").read_text().count("\n") >= 3


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--base-url", "http://127.0.0.1:9/v1"], "add --model"),
        (["--model", "m", "--base-url", "localhost:8000"], "is no server's address"),
        (["--cast", "hamlet=m"], "ROLE pierre or katya"),
        (["--seed", "seven"], "valid integer"),
        (["--model", "m"], "set OPENAI_API_KEY"),
        (["--play", "nowhere"], "nowhere: no play is here: there is no beats/play.yaml in it"),
        (["resume", "nothing.jsonl"], "cannot be read"),
    ],
)
def test_wrong_usage_gets_one_clear_error_and_no_traceback(tmp_path: Path, arguments: list[str], expected: str) -> None:
    run = simulate(tmp_path, *arguments)
    assert run.returncode in (2, 3)
    assert expected in run.stderr
    assert "Traceback" not in run.stderr
