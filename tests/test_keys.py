"""No key and no header of the environment's is written or said anywhere."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.play.loading import load
from tests.conftest import Simulate
from tests.recording import recorder, run_over_http, served
from tests.servers import completion, error

SMALL = Path(__file__).parent / "small_play"
CANARY = "canary-5f1d"
ENVIRONMENT = {
    "OPENAI_API_KEY": f"sk-{CANARY}-key",
    "SIMULATE_KEY_GUEST": f"sk-{CANARY}-guest",
    "OPENAI_ORG_ID": f"org-{CANARY}",
    "OPENAI_PROJECT_ID": f"proj-{CANARY}",
    "OPENAI_CUSTOM_HEADERS": f"X-Gateway-Token: {CANARY}-token",
}


def _page(heard: str) -> Response:
    return HTMLResponse(f"<html>You sent: {heard}</html>")


def _turn(heard: str) -> Response:
    return completion(json.dumps({"intent": "", "speech": heard[:1900], "action": None, "aside": None, "claims": []}))


def _error(heard: str) -> Response:
    return error(400, f"I do not like this: {heard}")


def _unauthorised(heard: str) -> Response:
    return JSONResponse({"error": {"message": f"Incorrect API key provided: {heard}"}}, 401)


def _echo(answer: object) -> ASGIApp:
    async def served_here(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        heard = " ".join(value.decode() for _, value in scope["headers"] if CANARY.encode() in value)
        response: Response = answer(heard)  # type: ignore[operator]
        await response(scope, receive, send)

    return served_here


@pytest.mark.parametrize("answer", [_page, _turn, _error, _unauthorised])
def test_a_server_that_repeats_every_header_brings_none_into_a_file_or_a_message(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, answer: object
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with served(_echo(answer)) as url:
        private = url.replace("http://", f"http://somebody:{CANARY}-password@") + f"?token={CANARY}-query"
        simulate("--seed", "3", "--play", str(SMALL), "--model", "m", "--base-url", private)
    out, err = capsys.readouterr()
    texts = [out, err, *(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file())]
    assert len(texts) == 4
    assert [text for text in texts if CANARY in text] == []


def test_a_key_that_is_none_is_named_and_not_shown(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"“{CANARY}”")
    assert simulate("--model", "m", "--base-url", "http://127.0.0.1:9/v1", "-q") == 2
    said = capsys.readouterr().err
    assert "OPENAI_API_KEY holds characters that no key has" in said
    assert CANARY not in said


def test_a_recording_holds_no_header_but_the_cue(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    cassette = tmp_path / "recorded.json"
    with served(_echo(_turn)) as url, recorder("once").use_cassette(str(cassette)):
        asyncio.run(run_over_http(load(SMALL), 3, f"{url}?token={CANARY}"))
    text = cassette.read_text(encoding="utf-8")
    recorded = json.loads(text)["interactions"][0]
    assert recorded["request"]["headers"].keys() == {"X-Simulate-Cue"}
    assert CANARY not in text
    assert "somebody" not in text
