"""The command line against servers on this machine that behave as servers do."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.models.client import Endpoint
from simulator.models.server import application
from simulator.transcript.log import read_log
from simulator.transcript.summary import tally
from tests.conftest import Simulate
from tests.judge import performed, report
from tests.recording import served
from tests.rehearsal import default, perform_play
from tests.scenarios import small
from tests.servers import Body, Manner, completion, error, gateway, limiting, old, with_manner, without_schemas

SMALL = Path(__file__).parent / "small_play"
EVENING = ("--seed", "3", "--play", str(SMALL), "--out", "run.jsonl")


def understudy(manner: Manner) -> ASGIApp:
    return with_manner(application(default()), manner)


def heard_by(keys: set[str], app: ASGIApp) -> ASGIApp:
    """The application, which notes whose keys it is shown."""

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        keys.update(value.decode() for name, value in scope["headers"] if name == b"authorization")
        await app(scope, receive, send)

    return noting


def trace(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("manner", [without_schemas, limiting])
def test_a_play_is_performed_on_a_server_that_can_do_less_or_asks_to_wait(simulate: Simulate, manner: Manner) -> None:
    with served(understudy(manner)) as url:
        assert simulate("--seed", "7", "--model", "m", "--base-url", url, "--out", "run.jsonl", "-q") == 0
    heard = [entry.model_dump(mode="json", exclude={"model"}) for entry in read_log(Path("run.jsonl"))[1]]
    assert heard == [entry.model_dump(mode="json", exclude={"model"}) for entry in perform_play(default(), 7)[1]]


def test_what_is_learnt_of_a_server_is_noted_once_and_costs_no_attempt_of_a_turn(simulate: Simulate) -> None:
    with served(with_manner(application(small()), old)) as url:
        assert simulate(*EVENING, "--model", "m", "--base-url", url, "-q") == 0
    first, *others = trace(Path("run.trace.jsonl"))
    assert first["cue"].endswith("/1")
    assert first["notes"] == [
        "json_schema is not supported here: asking with json_object",
        "max_completion_tokens is not supported here: asking with max_tokens",
        "seed is not supported here: left out",
        "a system message is not supported here: put before the first message",
    ]
    assert [line["notes"] for line in others] == [[]] * len(others)
    assert read_log(Path("run.jsonl"))[1][-1].kind == "end"


def test_a_gateways_page_is_a_rejected_reply_and_the_play_goes_on(simulate: Simulate) -> None:
    with served(with_manner(application(small()), gateway)) as url:
        assert simulate(*EVENING, "--model", "m", "--base-url", url) == 0
    counts = tally(read_log(Path("run.jsonl"))[1])
    assert (counts.rejected, counts.turns) == (2, 8)
    rules = {(line["trouble"] or {}).get("rule") for line in trace(Path("run.trace.jsonl"))}
    assert rules == {None, "no_completion"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """The line on standard error; the one after it says how to go on."""
    line, then = capsys.readouterr().err.splitlines()
    assert then.startswith("the transcript so far is kept; go on with: simulate resume ")
    return line


def test_where_nobody_listens_one_line_says_so(simulate: Simulate, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    assert simulate("--seed", "7", "--model", "m", "--base-url", url, "-q", "--out", "run.jsonl") == 3
    assert said(capsys) == (
        f"simulate: no answer from {url} (nothing listens there): is the server running, and is --base-url right?"
    )
    assert Path("run.jsonl").read_text(encoding="utf-8").count("\n") >= 1


def refusing(status: int, message: str) -> Manner:
    return lambda _number, _body: error(status, message)


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (refusing(401, "Incorrect API key provided: sk-wro***ng."), "set OPENAI_API_KEY"),
        (refusing(403, "Country, region, or territory not supported"), "set OPENAI_API_KEY"),
        (refusing(404, "The model `m` does not exist"), "knows no model 'm'"),
        (refusing(404, "Not Found"), "mostly ends in /v1"),
        (refusing(400, "Invalid model name passed in model=m"), "knows no model 'm'"),
        (refusing(400, "the request exceeds the available context size"), "too small a context"),
        (refusing(400, "no"), "answers HTTP 400: no"),
    ],
)
def test_a_call_that_can_never_work_is_one_line_that_helps(
    simulate: Simulate, capsys: pytest.CaptureFixture[str], answer: Manner, advice: str
) -> None:
    with served(understudy(answer)) as url:
        assert simulate("--seed", "7", "--model", "m", "--base-url", url, "-q", "--out", "run.jsonl") == 3
    line = said(capsys)
    assert line.startswith(f"simulate: {url} ") or line.startswith("simulate: m at ")
    assert advice in line


def test_an_address_that_is_no_models_is_given_up_with_what_it_says(
    simulate: Simulate, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(understudy(lambda _number, _body: gateway(3, {}))) as url:
        assert simulate("--seed", "7", "--model", "m", "--base-url", url, "-q", "--out", "run.jsonl") == 3
    assert "never with a chat completion (<!doctype html>" in said(capsys)


def test_each_role_has_its_own_server_its_own_key_and_its_own_abilities(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app, of_keeper, of_guest = application(small()), set[str](), set[str]()
    monkeypatch.setenv("OPENAI_API_KEY", "key-for-all")
    monkeypatch.setenv("SIMULATE_KEY_GUEST", "key-of-guest")
    with (
        served(heard_by(of_keeper, app)) as one,
        served(heard_by(of_guest, with_manner(app, without_schemas))) as other,
    ):
        cast = ("--cast", f"keeper=a@{one}", "--cast", f"guest=b@{other}")
        assert simulate(*EVENING, *cast) == 0
    assert (of_keeper, of_guest) == ({"Bearer key-for-all"}, {"Bearer key-of-guest"})
    lines = trace(Path("run.trace.jsonl"))
    assert {line["cue"].split("/")[2] for line in lines if line["notes"]} == {"guest"}
    assert "keeper: 4 calls, 4 accepted, 0 rejected" in capsys.readouterr().out


def test_the_judge_carries_gibberish_through_the_whole_plot_and_says_what_it_learnt() -> None:
    def gibberish(number: int, body: Body) -> Response | None:
        words = json.dumps({"intent": "", "speech": "qwx " * (number % 9), "action": None, "aside": None, "claims": []})
        return without_schemas(number, body) or completion(words, "length" if number % 5 == 0 else "stop")

    with served(with_manner(application(small()), gibberish)) as url:
        run = asyncio.run(performed(small(), Endpoint("random", url), 1))
    said = "\n".join(report(run))
    assert "seed 1: complete" in said
    assert "asking with text" in said
    assert "events: 2 fed (0% unforced), over 8 turns" in said
