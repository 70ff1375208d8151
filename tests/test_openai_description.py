"""Requests and the understudy's replies, judged by OpenAI's own description of chat completions.

The description is read from `shared/openai/` in a folder above the project's, and is no part of the project.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest

from simulator.engine.contract import REPLY_SCHEMA
from simulator.engine.fold import begin, open_stage
from simulator.models.abilities import Abilities, body
from simulator.models.base import CUE_HEADER, Request
from simulator.models.client import ChatModel, Endpoint
from simulator.models.server import application
from simulator.perform import perform
from tests.rehearsal import default, perform_play
from tests.scenarios import small

NAME = "shared/openai/chat-completions.openapi.json"
FOUND = next((folder / NAME for folder in Path(__file__).parents if (folder / NAME).is_file()), None)
described = pytest.mark.skipif(FOUND is None, reason=f"no {NAME} in a folder above")

Judge = Callable[[object], list[str]]


@cache
def judge(name: str) -> Judge:
    """What is wrong with a body, by one schema of the description."""
    assert FOUND is not None
    description = json.loads(FOUND.read_text(encoding="utf-8"))
    schema = {**description, "$ref": f"#/components/schemas/{name}"}
    validator = jsonschema_rs.Draft202012Validator(schema)
    return lambda value: [f"{list(error.instance_path)}: {error.message}"[:300] for error in validator.iter_errors(value)]


def kinds_of_request() -> Iterator[dict[str, object]]:
    """Every kind of request, for messages of the small play."""
    cues: list[Request] = []
    perform_play(small(), 3, lambda _play, cue: cues.append(Request(cue.name, cue.messages, cue.sampling_seed)))
    assert any("[again]" in request.messages[-1]["content"] for request in cues)
    for abilities in (
        Abilities(),
        Abilities(format="json_object", limit="max_tokens"),
        Abilities(format="text", limit=None, seed=False, system=False),
        Abilities(room=8000),
    ):
        yield from (body("gpt-4.1-mini", request, abilities) for request in cues)


@described
def test_every_kind_of_request_is_as_openai_describes_it() -> None:
    wrong = judge("CreateChatCompletionRequest")
    for request in kinds_of_request():
        assert wrong(json.loads(json.dumps(request))) == []


@described
def test_the_judge_finds_what_is_wrong() -> None:
    request = next(kinds_of_request())
    wrong = judge("CreateChatCompletionRequest")
    assert wrong({**request, "seed": "seven"})
    assert wrong({**request, "response_format": {"type": "json_schema"}})
    assert wrong({**request, "messages": [{"role": "narrator", "content": "…"}]})
    assert judge("CreateChatCompletionResponse")({"id": "x", "choices": []})


@described
def test_every_reply_of_the_understudy_is_as_openai_describes_it() -> None:
    wrong, bodies = judge("CreateChatCompletionResponse"), list[str]()
    understudy = httpx2.ASGITransport(app=application(default()))

    class Noting(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            response = await understudy.handle_async_request(request)
            bodies.append((await response.aread()).decode())
            return httpx2.Response(response.status_code, headers=response.headers, text=bodies[-1])

    async def perform_it() -> None:
        model = ChatModel(Endpoint("understudy", "http://understudy/v1", "none"), transport=Noting())
        header = begin(default(), 7, dict.fromkeys(default().leads, "understudy"))
        cast = dict.fromkeys(default().leads, model)
        assert [entry async for entry in perform(open_stage(default(), header), cast, lambda *_: None)]

    asyncio.run(perform_it())
    assert len(bodies) > 100
    assert [problem for text in bodies for problem in wrong(json.loads(text))] == []


@described
@pytest.mark.parametrize(
    ("cue", "sent"),
    [
        ("", b"{}"),
        ("x", b"not json"),
        ("quay/1/nobody/1", b'{"messages": []}'),
        ("quay/1/keeper/1", b'{"messages": 3}'),
        ("", b"[]"),
        ("", b'{"stream": true}'),
    ],
)
def test_an_error_of_the_understudy_is_as_openai_describes_it(cue: str, sent: bytes) -> None:
    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=application(small()))
        async with httpx2.AsyncClient(transport=transport, base_url="http://understudy/v1") as client:
            return await client.post("/chat/completions", content=sent, headers={CUE_HEADER: cue})

    response = asyncio.run(ask())
    assert response.status_code == 400
    assert judge("ErrorResponse")(response.json()) == []


# The strict subset of JSON Schema, as OpenAI's guide to structured outputs gives it.

KEYWORDS = {"type", "properties", "required", "additionalProperties", "items", "enum", "description", "anyOf", "$ref", "$defs"}


def objects_in(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from objects_in(inner)
    if "items" in schema:
        yield from objects_in(schema["items"])


def test_the_replys_schema_keeps_to_what_strict_servers_take() -> None:
    assert REPLY_SCHEMA["type"] == "object"
    for schema in objects_in(REPLY_SCHEMA):
        assert schema.keys() <= KEYWORDS
        if "properties" in schema:
            assert set(schema["required"]) == set(schema["properties"])
            assert schema["additionalProperties"] is False
