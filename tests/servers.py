"""Servers with the manners that are met in the field, around the understudy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

Body = Mapping[str, Any]
Manner = Callable[[int, Body], Response | None]  # the number of the call, from 1, and its body; None: the understudy answers


def with_manner(app: ASGIApp, manner: Manner) -> ASGIApp:
    """The application, behind a manner."""
    calls = 0

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal calls
        calls += 1
        raw = await _whole(receive)
        answer = manner(calls, json.loads(raw or b"{}"))
        if answer is not None:
            await answer(scope, receive, send)
            return

        async def again() -> dict[str, Any]:
            return {"type": "http.request", "body": raw, "more_body": False}

        await app(scope, again, send)

    return served


async def _whole(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def error(status: int, message: str, **headers: str) -> JSONResponse:
    """An error as OpenAI words it."""
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
    return JSONResponse(body, status, headers)


def without_schemas(_number: int, body: Body) -> Response | None:
    """No structured output of any kind."""
    if "response_format" in body:
        return error(400, "Unrecognized request argument supplied: response_format")
    return None


def old(_number: int, body: Body) -> Response | None:
    """An old server: JSON mode at most, the old name for the limit, no seeds, no system messages."""
    kind = body.get("response_format", {}).get("type")
    if kind == "json_schema":
        return error(400, "'response_format.type' must be one of 'text', 'json_object'")
    if "max_completion_tokens" in body:
        return JSONResponse({"detail": [{"type": "extra_forbidden", "loc": ["body", "max_completion_tokens"]}]}, 422)
    if "seed" in body:
        return error(400, "Unsupported parameter: 'seed'")
    if body["messages"][0]["role"] == "system":
        return error(400, "System role not supported")
    return None


def limiting(number: int, _body: Body) -> Response | None:
    """429 to every second call."""
    return error(429, "Rate limit reached", **{"Retry-After": "0"}) if number % 2 else None


def gateway(number: int, _body: Body) -> Response | None:
    """Now and then the page of a gateway, with status 200."""
    return HTMLResponse("<!doctype html><title>502 Bad Gateway</title>") if number % 4 == 3 else None


def completion(content: str | None, finish: str = "stop", **message: Any) -> JSONResponse:  # noqa: ANN401 (any field)
    """A completion with this content."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content, "refusal": None, **message}}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return JSONResponse(
        {
            "id": "chatcmpl-test",
            "object": "chat.completion",
            "created": 0,
            "model": "test",
            "choices": [{**choice, "finish_reason": finish, "logprobs": None}],
            "usage": usage,
        }
    )
