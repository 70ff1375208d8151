"""Cassettes: recorded runs over HTTP, as JSON that a person can review. `tests.scenarios` says which there are.

`python -m tests.recording` records them again, against the understudy on a loopback port; `python -m tests.recording live`
records a whole run against the server in OPENAI_BASE_URL, with the model in MODEL.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
import vcr
from vcr.cassette import Cassette
from vcr.request import Request as RecordedRequest

from simulator.engine.entries import Entry, Header
from simulator.engine.fold import begin, open_stage
from simulator.models.base import CUE_HEADER, Reply, Request
from simulator.models.client import ChatModel, Endpoint
from simulator.models.transport import Sleep
from simulator.perform import perform
from simulator.play.types import Play
from tests.golden import as_bytes
from tests.rehearsal import default

CASSETTES = Path(__file__).parent / "cassettes"
WHOLE_RUN = CASSETTES / "whole_run.json"
LIVE = CASSETTES / "live"  # runs recorded with real models, each beside its transcript
SEED = 7


class JsonSerializer:
    """Cassettes as JSON with the bodies parsed."""

    @staticmethod
    def serialize(cassette: dict[str, Any]) -> str:
        """To text: one object for each request and its answer."""
        for exchange in cassette["interactions"]:
            exchange["request"]["body"] = json.loads(exchange["request"]["body"])
            body = exchange["response"]["body"]
            body["string"] = _parsed(body["string"])
        return json.dumps(cassette, ensure_ascii=False, indent=1) + "\n"

    @staticmethod
    def deserialize(text: str) -> dict[str, Any]:
        """From text."""
        cassette: dict[str, Any] = json.loads(text)
        for exchange in cassette["interactions"]:
            exchange["request"]["body"] = json.dumps(exchange["request"]["body"])
            string = exchange["response"]["body"]["string"]
            exchange["response"]["body"]["string"] = string if isinstance(string, str) else json.dumps(string)
        return cassette


def _parsed(text: str) -> Any:  # noqa: ANN401 (whatever the server sent)
    try:
        return json.loads(text)
    except ValueError:
        return text


def _cue(one: RecordedRequest, other: RecordedRequest) -> None:
    assert one.headers.get(CUE_HEADER) == other.headers.get(CUE_HEADER)


def _body(one: RecordedRequest, other: RecordedRequest) -> None:
    ours, theirs = json.loads(one.body), json.loads(other.body)
    assert ours == theirs, "\n".join(_differences(ours, theirs))


def _differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    """The parts of two request bodies that differ."""
    for key in sorted(ours.keys() | theirs.keys()):
        if key == "messages":
            for index, (mine, recorded) in enumerate(zip(ours[key], theirs[key], strict=False)):
                if mine != recorded:
                    yield f"message {index} was recorded as:\n{recorded['content']}\nand is now:\n{mine['content']}"
        elif ours.get(key) != theirs.get(key):
            yield f"{key} was recorded as {theirs.get(key)!r} and is now {ours.get(key)!r}"


def _reviewable_request(request: RecordedRequest) -> RecordedRequest:
    cues = [value for name, value in request.headers.items() if name.lower() == CUE_HEADER.lower()]
    request.headers = {CUE_HEADER: cues[0]} if cues else {}
    request.uri = urlsplit(request.uri)._replace(netloc="server", query="").geturl()
    return request


def _reviewable_response(response: dict[str, Any]) -> dict[str, Any]:
    response["headers"] = {name: value for name, value in response["headers"].items() if name.lower() == "content-type"}
    text = response["body"]["string"]
    response["body"]["string"] = _without_secrets(text) if isinstance(text, str) else _without_secrets(text.decode()).encode()
    return response


def _without_secrets(text: str) -> str:
    """The text without what the environment holds for servers, should one of them repeat it."""
    names = [name for name in os.environ if name.startswith(("OPENAI_", "SIMULATE_KEY_"))]
    values = [part for name in names for line in os.environ[name].splitlines() for part in (line, line.partition(": ")[2])]
    for value in sorted({value.strip() for value in values if len(value.strip()) > 3}, key=len, reverse=True):
        text = text.replace(value, "…")
    return text


def recorder(mode: str) -> vcr.VCR:
    """Records or replays; matched on what is asked, never on its position."""
    recording = vcr.VCR(
        record_mode=mode,
        match_on=["method", "path", "cue", "body"],
        before_record_request=_reviewable_request,
        before_record_response=_reviewable_response,
        serializer="reviewable",
    )
    recording.register_serializer("reviewable", JsonSerializer)
    recording.register_matcher("cue", _cue)
    recording.register_matcher("body", _body)
    return recording


@contextmanager
def served(app: Any) -> Iterator[str]:  # noqa: ANN401 (any ASGI application)
    """An application on a loopback port, for as long as the block lasts: its base URL."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.01)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.should_exit = True
        thread.join(10)


async def run_over_http(play: Play, seed: int, base_url: str) -> tuple[Header, list[Entry]]:
    """A whole run against a server that plays both roles; nothing is waited for."""
    endpoint = Endpoint("understudy", base_url, "a-key-for-tests")
    return await run_with(play, seed, dict.fromkeys(play.leads, endpoint), sleep=no_wait)


async def run_with(play: Play, seed: int, cast: Mapping[str, Endpoint], *, sleep: Sleep) -> tuple[Header, list[Entry]]:
    """A whole run; roles at the same endpoint share a client."""
    opened = {endpoint: ChatModel(endpoint, sleep=sleep) for endpoint in cast.values()}
    header = begin(play, seed, {lead: endpoint.model for lead, endpoint in cast.items()})
    try:
        models = {lead: opened[endpoint] for lead, endpoint in cast.items()}
        return header, [entry async for entry in perform(open_stage(play, header), models, _ignore)]
    finally:
        for model in opened.values():
            await model.close()


async def no_wait(_seconds: float) -> None:
    """Go on at once."""


def _ignore(_request: Request, _reply: Reply) -> None:
    """Nobody is told of the calls."""


@contextmanager
def replaying(path: Path) -> Iterator[None]:
    """Answer from a cassette; what was recorded and is not asked for fails."""
    with recorder("none").use_cassette(str(path)) as cassette:
        yield
    unused = [request.headers[CUE_HEADER] for request, _ in _unplayed(cassette)]
    assert not unused, f"{path.name} holds answers that nobody asked for: {', '.join(unused)}"


def _unplayed(cassette: Cassette) -> Iterator[tuple[RecordedRequest, Any]]:
    return (exchange for index, exchange in enumerate(cassette.data) if not cassette.play_counts[index])


def _record_understudy() -> None:
    from tests.scenarios import SCENARIOS, cassette_of  # noqa: PLC0415 (they are built from this module)

    for scenario in SCENARIOS:
        path = cassette_of(scenario.name)
        path.unlink(missing_ok=True)
        with scenario.served() as url, recorder("once").use_cassette(str(path)):
            asyncio.run(scenario.run(url))
        _say(path)


def _record_live() -> None:
    model = os.environ.get("MODEL")
    if not model:
        sys.exit("set MODEL to a model's name, OPENAI_API_KEY, and OPENAI_BASE_URL if it is not OpenAI's")
    endpoint = Endpoint(model, os.environ.get("OPENAI_BASE_URL"), os.environ.get("OPENAI_API_KEY"))
    path = LIVE / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', model)}.json"
    path.unlink(missing_ok=True)
    play = default()
    with recorder("once").use_cassette(str(path)):
        run = asyncio.run(run_with(play, SEED, dict.fromkeys(play.leads, endpoint), sleep=asyncio.sleep))
    path.with_suffix(".jsonl").write_bytes(as_bytes(*run))
    _say(path)


def _say(path: Path) -> None:
    print(f"{path.relative_to(Path(__file__).parent)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    _record_live() if sys.argv[1:] == ["live"] else _record_understudy()
