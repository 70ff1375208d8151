"""The plot happens with any model: a smaller set of what `make guarantees` performs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from simulator.engine.entries import End, Entry, Rejected, TurnEntry
from simulator.engine.fold import begin, open_stage
from simulator.errors import UsageError
from simulator.models.base import CUE_HEADER, Reply, Request
from simulator.models.chaos import CHAOS, ChaosModel
from simulator.models.client import ChatModel, Endpoint
from simulator.perform import perform as perform_async
from simulator.play.loading import load
from tests.guarantees import Run, broken, call_bound, perform, told

BOTH = ("pierre", "katya")
LETTER = Path(__file__).parent / "plays" / "letter"


@pytest.mark.parametrize("model", CHAOS)
def test_a_hostile_model_in_both_roles_breaks_no_guarantee(model: str) -> None:
    assert broken(perform(model, BOTH, 1)) == []


@pytest.mark.parametrize("lead", BOTH)
@pytest.mark.parametrize("model", CHAOS)
def test_a_hostile_model_in_one_role_breaks_no_guarantee(model: str, lead: str) -> None:
    assert broken(perform(model, (lead,), 2)) == []


def test_the_understudy_breaks_no_guarantee_and_is_fed_nothing() -> None:
    run = perform("understudy", BOTH, 3)
    assert broken(run) == []
    assert not any(done.rung == "fed" for entry in run.entries if isinstance(entry, TurnEntry) for done in entry.events)


@pytest.mark.parametrize("model", ["empty", "garbage", "malformed", "refuser", "truncated", "timeout", "foreigner", "injector"])
def test_nothing_of_a_model_without_one_usable_reply_is_performed(model: str) -> None:
    run = perform(model, BOTH, 4)
    turns = [entry for entry in run.entries if isinstance(entry, TurnEntry)]
    assert {entry.model for entry in turns} == {"fallback"}
    assert len(run.asked) == 2 * len(turns)


def test_the_check_of_the_guarantees_can_fail() -> None:
    run = perform("empty", BOTH, 1)
    assert "the run does not end" in broken(replace(run, entries=run.entries[:-1]))
    assert any(problem.startswith("events") for problem in broken(replace(run, entries=(*run.entries[:8], End()))))
    assert broken(replace(run, asked=run.asked * 2))[0].endswith("allowed")
    turn = next(entry for entry in run.entries if isinstance(entry, TurnEntry) and entry.events)
    unsaid = turn.model_copy(update={"model": "someone"})
    assert any("does not say so" in problem for problem in broken(_swapped(run, turn, unsaid)))


def test_a_secret_that_is_told_breaks_the_guarantee() -> None:
    run = perform("empty", BOTH, 1)
    assert told(run) == 0
    turn = next(entry for entry in run.entries if isinstance(entry, TurnEntry) and entry.id.startswith("confession/1"))
    blurted = turn.model_copy(update={"model": "m", "by": "katya", "speech": "There is no cancer, I made the illness up."})
    assert told(_swapped(run, turn, blurted)) == 1


def _swapped(run: Run, old: Entry, new: Entry) -> Run:
    return replace(run, entries=tuple(new if entry is old else entry for entry in run.entries))


def test_an_unknown_chaos_model_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="refuser"):
        ChaosModel("chaos:nobody")


@pytest.mark.parametrize("model", CHAOS)
def test_a_hostile_model_is_carried_over_http_too(model: str) -> None:
    entries, calls = asyncio.run(_over_http(model))
    assert entries[-1] == End()
    assert calls <= call_bound(load(LETTER))
    assert any(isinstance(entry, Rejected) for entry in entries)


async def _over_http(model: str) -> tuple[list[Entry], int]:
    """A run of a small play in which a hostile model stands behind the real client, and how many calls it took."""
    play = load(LETTER)

    async def answer(request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        asked = Request(request.headers[CUE_HEADER], tuple(body["messages"]), body["seed"])
        reply = CHAOS[model](asked)
        if isinstance(reply, Reply) and reply.text is None:
            raise httpx2.ReadTimeout("too slow", request=request)
        text, finish = (reply, "stop") if isinstance(reply, str) else (reply.text, reply.finish_reason)
        message = {"role": "assistant", "content": text}
        return httpx2.Response(200, json={"choices": [{"message": message, "finish_reason": finish}]})

    async def no_wait(_seconds: float) -> None:
        """Go on at once."""

    endpoint = Endpoint("m", "http://127.0.0.1:9/v1", "k")
    client = ChatModel(endpoint, transport=httpx2.MockTransport(answer), sleep=no_wait)
    header = begin(play, 1, dict.fromkeys(play.leads, "m"))
    calls: list[str] = []
    stage = open_stage(play, header)
    cast = dict.fromkeys(play.leads, client)
    entries = [entry async for entry in perform_async(stage, cast, lambda request, _reply: calls.append(request.name))]
    await client.close()
    return entries, len(calls)
