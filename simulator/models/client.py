"""Any OpenAI-compatible server, through the openai package's own transport.

Requests go through `client.post`: the package's typed helpers walk the whole history at every call. Its retries are off;
the policy here is the only one.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import httpx2
import openai
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, stop_after_delay

from simulator.engine.contract import REPLY_SCHEMA
from simulator.engine.entries import Violation
from simulator.errors import ModelUnreachable
from simulator.models.base import CUE_HEADER, Reply, Request, Usage
from simulator.models.url import public_url

__all__ = ["ChatModel", "Endpoint"]

Sleep = Callable[[float], Awaitable[None]]

ATTEMPTS = 6  # of one request, over passing failures
TOTAL_WAIT = 120.0  # seconds, over all attempts of one request
LONGEST_WAIT = 30.0  # seconds, before one attempt
TIMEOUT = 120.0  # seconds, for one answer
REPLY_TOKENS = 2_000  # room for a model that reasons first
_PASSING = frozenset({408, 409, 429})


@dataclass(frozen=True)
class Endpoint:
    """A model and where it is served."""

    model: str
    base_url: str | None = None  # None: the openai package's own default
    key: str | None = None

    @property
    def place(self) -> str:
        """The server, as messages name it."""
        return public_url(self.base_url) if self.base_url else "the default server"


class ChatModel:
    """A model behind a chat completions API."""

    def __init__(
        self, where: Endpoint, *, transport: httpx2.AsyncBaseTransport | None = None, sleep: Sleep = asyncio.sleep
    ) -> None:
        if where.key is None and where.base_url is None:
            raise ModelUnreachable(f"no key for {where.model}: set OPENAI_API_KEY, or name a server with --base-url")
        self.where = where
        self._sleep = sleep
        self._client = openai.AsyncOpenAI(
            api_key=where.key or "none",
            base_url=where.base_url,
            max_retries=0,
            timeout=TIMEOUT,
            http_client=openai.DefaultAsyncHttpxClient(transport=transport) if transport else None,
        )

    async def reply(self, request: Request) -> Reply:
        """Ask the server. Passing failures are tried again; a reply that never comes is a rejected one."""
        began, retrying = time.monotonic(), self._retrying()
        try:
            raw: str = await retrying(self._post, request)
        except openai.APITimeoutError:
            return Reply(None, _trouble("no_reply", f"No reply came in {TIMEOUT:.0f} seconds."))
        except openai.APIStatusError as error:
            raise ModelUnreachable(_refused(self.where, error)) from error
        except openai.APIConnectionError as error:
            raise ModelUnreachable(_unreachable(self.where, error)) from error
        waited = float(retrying.statistics.get("idle_for", 0.0))
        return replace(_read(raw), seconds=time.monotonic() - began, waited=waited)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _post(self, request: Request) -> str:
        response = await self._client.post(
            "/chat/completions",
            body=_body(self.where.model, request),
            cast_to=httpx2.Response,
            options={"headers": {CUE_HEADER: request.name}},
        )
        return response.text

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception(_passes),
            wait=_wait,
            stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(TOTAL_WAIT),
            sleep=self._sleep,
            reraise=True,
        )


def _body(model: str, request: Request) -> dict[str, object]:
    return {
        "model": model,
        "messages": list(request.messages),
        "seed": request.seed,
        "max_completion_tokens": REPLY_TOKENS,
        "response_format": {"type": "json_schema", "json_schema": {"name": "turn", "strict": True, "schema": REPLY_SCHEMA}},
    }


# When to try again, and for how long.


def _passes(error: BaseException) -> bool:
    if isinstance(error, openai.APIStatusError):
        return error.status_code in _PASSING or error.status_code >= 500
    return isinstance(error, openai.APIConnectionError)


def _wait(state: RetryCallState) -> float:
    """Seconds to wait: what the server asks for, or exponential with jitter (random, since it reaches no log)."""
    asked = _asked_to_wait(state.outcome.exception() if state.outcome else None)
    if asked is not None:
        return min(asked, LONGEST_WAIT)
    return float(min(2.0 ** (state.attempt_number - 1), LONGEST_WAIT) * random.uniform(0.5, 1.0))


def _asked_to_wait(error: BaseException | None) -> float | None:
    if not isinstance(error, openai.APIStatusError):
        return None
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "")))
    except ValueError:
        return None


# What a server says, in words.


def _refused(where: Endpoint, error: openai.APIStatusError) -> str:
    said = re.sub(r"\s+", " ", str(error.message))[:300]
    if where.key:
        said = said.replace(where.key, "…")
    match error.status_code:
        case 401 | 403:
            return f"{where.place} does not accept the key (HTTP {error.status_code}): set OPENAI_API_KEY to one that it knows"
        case 404:
            return (
                f"{where.place} knows no model {where.model!r}, or nothing is served there (HTTP 404): "
                "check --model, and --base-url, which mostly ends in /v1"
            )
        case _:
            return f"{where.place} answers HTTP {error.status_code}: {said}"


def _unreachable(where: Endpoint, error: openai.APIConnectionError) -> str:
    why = str(error.__cause__ or error).strip() or "no connection"
    return f"no answer from {where.place} ({why}): is the server running, and is --base-url right?"


# What a reply holds.


def _trouble(rule: str, detail: str) -> Violation:
    return Violation(rule=rule, detail=detail)


def _read(raw: str) -> Reply:
    try:
        data = json.loads(raw)
        choice = data["choices"][0]
        message = choice["message"]
    except (ValueError, KeyError, IndexError, TypeError):
        return Reply(raw[:2000], _trouble("no_completion", "The server answered with something that is no completion."))
    text, refusal, finish = message.get("content"), message.get("refusal"), choice.get("finish_reason")
    return Reply(
        text=text if isinstance(text, str) else None,
        trouble=_unusable(text, refusal, finish),
        usage=_usage(data.get("usage")),
        finish_reason=finish,
        provider_id=data.get("id"),
        fingerprint=data.get("system_fingerprint"),
    )


def _unusable(text: object, refusal: object, finish: object) -> Violation | None:
    if refusal:
        return _trouble("refusal", "That left the scene. Play the second after, one line.")
    if finish == "length":
        return _trouble("length", "The reply was cut off: keep it to one line.")
    if finish == "content_filter":
        return _trouble("content_filter", "That left the scene. Play the second after, one line.")
    if not isinstance(text, str) or not text.strip():
        return _trouble("empty", "The reply was empty.")
    return None


def _usage(usage: object) -> Usage:
    if not isinstance(usage, dict):
        return Usage()

    def count(table: object, name: str) -> int:
        value = table.get(name) if isinstance(table, dict) else None
        return value if isinstance(value, int) else 0

    return Usage(
        prompt=count(usage, "prompt_tokens"),
        cached=count(usage.get("prompt_tokens_details"), "cached_tokens"),
        completion=count(usage, "completion_tokens"),
        reasoning=count(usage.get("completion_tokens_details"), "reasoning_tokens"),
    )
