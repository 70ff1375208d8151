"""Any OpenAI-compatible server, through the openai package's own transport.

Requests go through `client.post`: the package's typed helpers walk the whole history at every call. Its retries are off;
`transport` has the only policy. What the server cannot do is learnt within the call that finds it out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

import httpx2
import openai

from simulator.errors import ModelUnreachable
from simulator.models.abilities import Abilities, Learnt, body, changes, roomier, simpler, simpler_format
from simulator.models.base import CUE_HEADER, Reply, Request, Usage
from simulator.models.budget import Purse
from simulator.models.reading import no_reply, read_answer, unfit, was_starved
from simulator.models.refusals import is_filtered, refused, strange, unreachable
from simulator.models.transport import TIMEOUT, Sleep, retrying
from simulator.models.url import public_url

__all__ = ["ChatModel", "Endpoint"]

_PATIENCE = 6  # answers that are no completion, from a server that has never given one
_HARMLESS = ("accept", "content-type", "user-agent", "x-stainless-")  # headers that the openai package itself fills in


@dataclass(frozen=True)
class Endpoint:
    """A model and where it is served."""

    model: str
    base_url: str | None = None  # None: the openai package's own default
    key: str | None = None

    @property
    def place(self) -> str:
        """The server, as messages name it."""
        return public_url(self.base_url) if self.base_url else "api.openai.com"


class ChatModel:
    """A model behind a chat completions API."""

    def __init__(
        self,
        where: Endpoint,
        *,
        learnt: Learnt | None = None,
        purse: Purse | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        if where.key is None and where.base_url is None:
            raise ModelUnreachable(f"no key for {where.model}: set OPENAI_API_KEY, or name a server with --base-url")
        self.where = where
        self.learnt = learnt or Learnt()
        self._purse = purse
        self._sleep = sleep
        self._client = _client(where, transport)
        self._secrets = _secrets(where, self._client.default_headers)
        self._waited = 0.0  # seconds, in the reply under way
        self._completions = self._others = 0  # answers that were completions, and that were not

    async def reply(self, request: Request) -> Reply:
        """Ask the server; ask again at once where it cannot take the request as it was.

        Raises ModelUnreachable where no call can succeed, LimitReached before a call that could cost too much.
        """
        began, spent, notes = time.monotonic(), Usage(), list[str]()
        self._waited = 0.0
        while True:
            used = self.learnt.abilities
            reply, better = await self._ask(request, used)
            spent += reply.usage
            if better is None:
                seconds = time.monotonic() - began
                return replace(reply, usage=spent, seconds=seconds, waited=self._waited, notes=tuple(notes))
            notes += changes(used, better)
            self.learnt.abilities = better

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _ask(self, request: Request, used: Abilities) -> tuple[Reply, Abilities | None]:
        """The reply; and where the server could not take the request as it was, what to ask with instead."""
        if self._purse is not None:
            self._purse.allow(request, used.room)
        try:
            raw = await self._call(request, used)
        except openai.APITimeoutError as error:
            if isinstance(error.__cause__, httpx2.ConnectTimeout):
                raise ModelUnreachable(unreachable(self.where.place, error)) from error
            return no_reply(), None
        except openai.APIStatusError as error:
            return self._after(error, used)
        except openai.APIConnectionError as error:
            raise ModelUnreachable(self._redacted(unreachable(self.where.place, error))) from error
        reply = read_answer(raw)
        self._judge(reply)
        if self._purse is not None:
            self._purse.pay(request, reply)
        return reply, roomier(used) if was_starved(reply) else None

    async def _call(self, request: Request, used: Abilities) -> str:
        known = self._completions > 0

        def explains(error: openai.APIStatusError) -> bool:
            return simpler(used, error.status_code, error.response.text, tried=known) is not None

        return await retrying(explains, known=known, sleep=self._wait)(self._post, request, used)

    async def _wait(self, seconds: float) -> None:
        self._waited += seconds
        await self._sleep(seconds)

    async def _post(self, request: Request, used: Abilities) -> str:
        response = await self._client.post(
            "/chat/completions",
            body=body(self.where.model, request, used),
            cast_to=httpx2.Response,
            options={"headers": {CUE_HEADER: request.name}},
        )
        return self._redacted(response.text)

    def _after(self, error: openai.APIStatusError, used: Abilities) -> tuple[Reply, Abilities | None]:
        """What follows from an error of the server's. Raises ModelUnreachable."""
        said = self._redacted(error.response.text)
        if is_filtered(error.status_code, said):
            return Reply(None, unfit("content_filter")), None
        better = simpler(used, error.status_code, said, tried=self._completions > 0)
        if better is None and error.status_code == 500 and not self._completions:
            better = simpler_format(used)  # some servers fall over at what they do not know
        if better is None:
            raise ModelUnreachable(refused(self.where.place, self.where.model, error, said)) from error
        return Reply(None), better

    def _judge(self, reply: Reply) -> None:
        """Give up on an address that was never a model's. Raises ModelUnreachable."""
        if reply.trouble is None or reply.trouble.rule != "no_completion":
            self._completions += 1
            return
        self._others += 1
        if not self._completions and self._others >= _PATIENCE:
            raise ModelUnreachable(strange(self.where.place, reply.text or ""))

    def _redacted(self, text: str) -> str:
        """The text without any key or header of the environment's, should a server or a library repeat one."""
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text


def _client(where: Endpoint, transport: httpx2.AsyncBaseTransport | None) -> openai.AsyncOpenAI:
    """The openai package's client; a query in the address, and Azure's own header for the key, are its defaults."""
    parts = urlsplit(where.base_url or "")
    plain = parts._replace(query="", fragment="", path=parts.path.rstrip("/").removesuffix("/chat/completions")).geturl()
    azure = (parts.hostname or "").endswith((".azure.com", ".azure-api.net"))
    return openai.AsyncOpenAI(
        api_key=where.key or "none",
        base_url=plain or None,
        default_query=dict(parse_qsl(parts.query)) or None,
        default_headers={"api-key": where.key} if azure and where.key else None,
        max_retries=0,
        timeout=TIMEOUT,
        http_client=openai.DefaultAsyncHttpxClient(transport=transport) if transport else None,
    )


_SHORTEST_SECRET = 8  # characters: a shorter one would be found in ordinary words


def _secrets(where: Endpoint, headers: Mapping[str, object]) -> tuple[str, ...]:
    """What must never be repeated, the longest first."""
    parts = urlsplit(where.base_url or "")
    own = [value for name, value in headers.items() if not name.lower().startswith(_HARMLESS)]
    query = [value for _, value in parse_qsl(parts.query)]
    found = {str(value).removeprefix("Bearer ") for value in (where.key, parts.password, *query, *own) if value}
    return tuple(sorted((value for value in found if len(value) >= _SHORTEST_SECRET), key=len, reverse=True))
