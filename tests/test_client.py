"""The client: what is tried again, what is learnt, and what an answer holds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import httpx2
import pytest

from simulator.errors import LimitReached, ModelUnreachable
from simulator.models.abilities import Abilities, Learnt
from simulator.models.base import Reply, Request, Usage
from simulator.models.budget import Budget, Limits, Purse
from simulator.models.client import ChatModel, Endpoint
from simulator.models.reading import read_answer
from simulator.models.transport import TOTAL_WAIT

REQUEST = Request("quay/1/keeper/1", ({"role": "system", "content": "You."}, {"role": "user", "content": "Now."}), 7)
TURN = '{"intent": "", "speech": "Yes.", "action": null, "aside": null, "claims": []}'


def answered(content: Any = TURN, finish: str = "stop", usage: Any = None, **message: Any) -> httpx2.Response:  # noqa: ANN401
    data = {"choices": [{"message": {"content": content, **message}, "finish_reason": finish}], "usage": usage}
    return httpx2.Response(200, json=data)


def failed(status: int, message: str = "no", **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json={"error": {"message": message}}, headers=headers)


class Server:
    """Plays a list of answers; the last one again and again."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.bodies: list[dict[str, Any]] = []
        self.requests: list[httpx2.Request] = []
        self.waits: list[float] = []

    async def handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        self.bodies.append(json.loads(request.content))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, content=answer.content, headers=answer.headers)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def model(self, url: str = "http://server/v1", key: str | None = "a-key", **more: Any) -> ChatModel:  # noqa: ANN401
        transport = httpx2.MockTransport(self.handle)
        return ChatModel(Endpoint("m", url, key), transport=transport, sleep=self.sleep, **more)

    def reply(self, **more: Any) -> Reply:  # noqa: ANN401
        return asyncio.run(self.model(**more).reply(REQUEST))


# Trying again.


@pytest.mark.parametrize(
    "failure",
    [
        *(failed(status) for status in (408, 409, 429, 500, 502, 503, 529)),
        httpx2.ReadTimeout("slow"),
        httpx2.RemoteProtocolError("Server disconnected without sending a response."),
        httpx2.ReadError("connection reset"),
        httpx2.ConnectError("refused"),
    ],
    ids=lambda failure: str(getattr(failure, "status_code", type(failure).__name__)),
)
def test_a_passing_failure_is_tried_again(failure: httpx2.Response | Exception) -> None:
    server = Server(failure, failure, answered())
    assert server.reply().text == TURN
    assert len(server.waits) == 2


def test_waits_grow_with_a_random_part_and_attempts_and_total_have_a_ceiling() -> None:
    server = Server(answered(), failed(503))
    model = server.model()
    asyncio.run(model.reply(REQUEST))
    with pytest.raises(ModelUnreachable, match="HTTP 503"):
        asyncio.run(model.reply(REQUEST))
    assert len(server.waits) == 7
    assert all(0.125 * 2**n <= wait <= 0.25 * 2**n for n, wait in enumerate(server.waits))
    assert sum(server.waits) < TOTAL_WAIT


def test_the_wait_that_a_server_asks_for_is_honoured_as_seconds_and_as_a_date() -> None:
    server = Server(failed(429, **{"Retry-After": "45"}), failed(429, **{"Retry-After": formatdate(0)}), answered())
    assert server.reply().trouble is None
    assert server.waits == [45.0, 0.0]


def test_a_server_that_asks_for_too_long_a_wait_is_not_waited_for() -> None:
    server = Server(failed(429, **{"Retry-After": "3600"}))
    with pytest.raises(ModelUnreachable, match="wait a while, then go on"):
        server.reply()
    assert server.waits == []


def test_an_account_without_credit_is_not_tried_again() -> None:
    body = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
    server = Server(httpx2.Response(429, json=body))
    with pytest.raises(ModelUnreachable, match="no credit left"):
        server.reply()
    assert server.waits == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_call_that_can_never_work_is_made_once(status: int) -> None:
    server = Server(failed(status))
    with pytest.raises(ModelUnreachable):
        server.reply()
    assert len(server.bodies) == 1


def test_a_server_that_was_never_reached_is_given_up_sooner_than_one_whose_line_breaks() -> None:
    never, broken = Server(httpx2.ConnectError("refused")), Server(answered(), httpx2.ConnectError("refused"))
    with pytest.raises(ModelUnreachable, match="nothing listens there"):
        never.reply()
    model = broken.model()
    asyncio.run(model.reply(REQUEST))
    with pytest.raises(ModelUnreachable):
        asyncio.run(model.reply(REQUEST))
    assert (len(never.waits), len(broken.waits)) == (2, 7)


def test_a_reply_that_never_comes_in_time_is_a_rejected_reply() -> None:
    reply = Server(httpx2.ReadTimeout("slow")).reply()
    assert reply.trouble is not None
    assert reply.trouble.rule == "no_reply"


# Learning.


def test_a_server_that_does_everything_is_asked_for_everything_and_nothing_is_noted() -> None:
    server = Server(answered())
    assert server.reply().notes == ()
    assert server.bodies[0]["response_format"]["type"] == "json_schema"
    assert server.bodies[0]["seed"] == 7
    assert server.bodies[0]["max_completion_tokens"] == 2000
    assert server.requests[0].headers["X-Simulate-Cue"] == REQUEST.name


@pytest.mark.parametrize(
    ("error", "absent", "present"),
    [
        ((400, "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."), None, "seed"),
        ((500, "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type')}]"), None, "seed"),
        ((400, "litellm.UnsupportedParamsError: does not support parameters: ['seed']"), "seed", "response_format"),
        ((422, 'extra_forbidden: ["body", "seed"]'), "seed", "max_completion_tokens"),
        ((400, "Unrecognized request argument supplied: max_completion_tokens"), "max_completion_tokens", "max_tokens"),
        ((404, "No endpoints found that support the requested parameters: max_tokens"), "max_completion_tokens", "max_tokens"),
    ],
)
def test_what_a_servers_error_names_is_left_out(error: tuple[int, str], absent: str | None, present: str) -> None:
    server = Server(failed(*error), answered())
    reply = server.reply()
    assert reply.trouble is None
    assert len(reply.notes) == 1
    assert server.waits == []
    assert absent not in server.bodies[1]
    assert present in server.bodies[1]
    if absent is None:
        assert server.bodies[1]["response_format"] == {"type": "json_object"}


def test_an_error_that_names_nothing_leads_down_to_the_plainest_request_and_no_further() -> None:
    server = Server(failed(400, "Bad Request"))
    with pytest.raises(ModelUnreachable, match="HTTP 400: Bad Request"):
        server.reply()
    assert server.bodies[-1].keys() == {"model", "messages"}
    assert len(server.bodies) == 6


def test_an_error_that_names_nothing_teaches_nothing_once_a_request_was_answered() -> None:
    server = Server(answered(), failed(400, "Bad Request"))
    model = server.model()
    asyncio.run(model.reply(REQUEST))
    with pytest.raises(ModelUnreachable):
        asyncio.run(model.reply(REQUEST))
    assert len(server.bodies) == 2


def test_a_server_that_falls_over_at_a_schema_without_a_word_is_asked_more_simply() -> None:
    server = Server(failed(500), failed(500), failed(500), answered())
    assert server.reply().trouble is None
    assert server.bodies[-1]["response_format"] == {"type": "json_object"}


def test_where_a_server_knows_no_schema_the_system_message_ends_with_it_the_same_each_time() -> None:
    server = Server(answered())
    model = server.model(learnt=Learnt(Abilities(format="text")))
    for _ in range(2):
        asyncio.run(model.reply(REQUEST))
    first, second = (body["messages"][0]["content"] for body in server.bodies)
    assert first == second
    assert '"required": ["intent", "speech", "action", "aside", "claims"]' in first
    assert "response_format" not in server.bodies[0]


def test_a_model_that_reasons_until_no_room_is_left_is_given_more_once_and_keeps_it() -> None:
    starved = answered(None, "length", {"prompt_tokens": 10, "completion_tokens": 2000})
    server = Server(starved, starved, answered(usage={"prompt_tokens": 10, "completion_tokens": 3}))
    model = server.model()
    reply = asyncio.run(model.reply(REQUEST))
    assert reply.text == TURN
    assert reply.usage == Usage(prompt=30, completion=4003)
    asyncio.run(model.reply(REQUEST))
    assert [body["max_completion_tokens"] for body in server.bodies] == [2000, 4000, 8000, 8000]


# Addresses.


def test_an_azure_address_keeps_its_query_and_has_its_own_header_for_the_key() -> None:
    server = Server(answered())
    server.reply(url="https://x.openai.azure.com/openai/deployments/d?api-version=2024-10-21", key="k-azure")
    url = server.requests[0].url
    assert (url.path, url.params["api-version"]) == ("/openai/deployments/d/chat/completions", "2024-10-21")
    assert server.requests[0].headers["api-key"] == "k-azure"


@pytest.mark.parametrize("url", ["http://server/v1", "http://server/v1/", "http://server/v1/chat/completions"])
def test_an_address_may_end_in_a_slash_or_name_the_whole_path(url: str) -> None:
    server = Server(answered())
    server.reply(url=url)
    assert server.requests[0].url.path == "/v1/chat/completions"
    assert "api-key" not in server.requests[0].headers


# What an answer holds.


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (answered(None, refusal="I can't."), "refusal"),
        (answered('{"intent": "', "length"), "length"),
        (answered("", "content_filter"), "content_filter"),
        (answered(None), "empty"),
        (answered(" \n"), "empty"),
        (answered("<think>Hm. I could say"), "empty"),
        (answered(None, "tool_calls", tool_calls=[{}]), "empty"),
        (httpx2.Response(200, text="<html><body>Bad gateway</body></html>"), "no_completion"),
        (httpx2.Response(200, json={"error": {"message": "upstream is gone", "code": 502}}), "no_completion"),
        (httpx2.Response(200, json={"choices": []}), "no_completion"),
        (httpx2.Response(200, json=[1]), "no_completion"),
        (httpx2.Response(200, text="[" * 100_000), "no_completion"),
        (httpx2.Response(400, json={"error": {"message": "filtered", "code": "content_filter"}}), "content_filter"),
        (httpx2.Response(403, json={"error": {"message": "Your input was flagged"}}), "content_filter"),
    ],
)
def test_an_answer_without_a_usable_reply_is_rejected_under_its_own_rule(answer: httpx2.Response, rule: str) -> None:
    reply = Server(answer).reply()
    assert reply.trouble is not None
    assert reply.trouble.rule == rule


@pytest.mark.parametrize(
    "content",
    [
        TURN,
        f"<think>He wants to know. {{}}</think>\n{TURN}",
        f"Hm, says the template, which opened the tag itself.</think>{TURN}",
        f"```json\n{TURN}\n```",
        f"\ufeff{TURN}",
        f"<think>\n</think>\n\n```\n{TURN}\n```\n",
        [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": TURN}],
    ],
)
def test_reasoning_fences_and_byte_order_marks_are_dropped(content: Any) -> None:  # noqa: ANN401
    reply = Server(answered(content, reasoning_content="He wants to know.")).reply()
    assert reply.trouble is None
    assert (reply.text or "").strip() == TURN


def test_nothing_else_is_mended() -> None:
    for content in (f"Here you are: {TURN}", f"Here:\n```\n{TURN}\n```", TURN[:-1], '{"speech": "</think>"}'):
        assert Server(answered(content)).reply().text == content


def test_a_lone_surrogate_of_a_models_cannot_break_a_file() -> None:
    text = read_answer('{"choices": [{"message": {"content": "\\ud800"}, "finish_reason": "stop"}]}').text
    assert text == "\ufffd"


def test_tokens_are_read_as_servers_write_them() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    assert Server(answered(usage=usage)).reply().usage == Usage(10, 8, 5, 3)
    assert Server(answered(usage={"prompt_tokens": 9, "prompt_cache_hit_tokens": 4})).reply().usage == Usage(9, 4)
    assert Server(answered(usage={"prompt_tokens": None, "completion_tokens": "x"})).reply().usage == Usage()


# Limits.


def test_no_call_is_made_that_could_exceed_the_tokens() -> None:
    server = Server(answered(usage={"prompt_tokens": 8, "completion_tokens": 42}))
    budget = Budget(Limits(tokens=2100))
    model = server.model(purse=Purse(budget, None))
    for _ in range(2):
        asyncio.run(model.reply(REQUEST))
    with pytest.raises(LimitReached, match="more than --max-tokens 2100 allows"):
        asyncio.run(model.reply(REQUEST))
    assert len(server.bodies) == 2
    assert budget.tokens == 100


def test_where_a_server_counts_no_tokens_its_bytes_are_counted() -> None:
    server = Server(answered())
    budget = Budget(Limits(tokens=10**6))
    asyncio.run(server.model(purse=Purse(budget, None)).reply(REQUEST))
    assert budget.tokens == 8 // 4 + len(TURN) // 4


def test_roles_share_one_budget() -> None:
    budget = Budget(Limits(tokens=2100))
    models: list[Callable[[], Reply]] = [
        lambda: Server(answered(usage={"prompt_tokens": 60, "completion_tokens": 40})).reply(purse=Purse(budget, None))
        for _ in range(2)
    ]
    models[0]()
    with pytest.raises(LimitReached):
        models[1]()
