"""The understudy behind the chat completions API: an ASGI application, served in process or on a port."""

from __future__ import annotations

import hashlib
import json

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.models.base import CUE_HEADER
from simulator.models.cast import UNDERSTUDY
from simulator.models.understudy import answer
from simulator.play.types import Play

__all__ = ["application"]


def application(play: Play) -> Starlette:
    """The understudy of a play, at /v1/chat/completions."""

    async def completions(request: HttpRequest) -> JSONResponse:
        try:
            body = json.loads(await request.body())
            if body.get("stream"):
                return _error(400, "the understudy does not stream: leave out stream")
            reply = answer(play, body["messages"], int(body.get("seed") or 0), request.headers.get(CUE_HEADER, ""))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            return _error(400, f"the understudy cannot answer this request: {error}")
        return JSONResponse(_completion(play, body, reply))

    async def models(_request: HttpRequest) -> JSONResponse:
        one = {"id": UNDERSTUDY, "object": "model", "created": 0, "owned_by": "simulator"}
        return JSONResponse({"object": "list", "data": [one]})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", completions, methods=["POST"]),
            Route("/v1/models", models, methods=["GET"]),
        ]
    )


def _error(status: int, message: str) -> JSONResponse:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return JSONResponse({"error": error}, status_code=status)


def _completion(play: Play, body: dict[str, object], reply: str) -> dict[str, object]:
    """The reply as a chat completion. It has no tokenizer: its tokens are four bytes each."""
    sent = json.dumps(body, ensure_ascii=False, sort_keys=True)
    prompt, completion = -(-len(json.dumps(body["messages"]).encode()) // 4), -(-len(reply.encode()) // 4)
    message = {"role": "assistant", "content": reply, "refusal": None}
    return {
        "id": "chatcmpl-" + hashlib.sha256(sent.encode("utf-8", "surrogatepass")).hexdigest()[:24],
        "object": "chat.completion",
        "created": 0,
        "model": UNDERSTUDY,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion},
        "system_fingerprint": f"understudy-{play.lines_hash()[:12]}",
    }
