"""Recorded runs over HTTP are replayed with the network blocked."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from vcr.errors import CannotOverwriteExistingCassetteException as MISS

from simulator.engine.entries import Entry, Header, Rejected
from simulator.models.client import Endpoint
from tests.golden import as_bytes, golden_path
from tests.recording import LIVE, SEED, WHOLE_RUN, no_wait, recorder, replaying, run_over_http, run_with
from tests.rehearsal import default, perform_play
from tests.scenarios import SCENARIOS, cassette_of, small

NOWHERE = "http://127.0.0.1:9/v1"
pytestmark = pytest.mark.block_network
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def replay(name: str) -> tuple[Header, list[Entry]]:
    with replaying(cassette_of(name)):
        return asyncio.run(BY_NAME[name].run(NOWHERE))


def recorded(name: str) -> list[dict[str, Any]]:
    exchanges: list[dict[str, Any]] = json.loads(cassette_of(name).read_text(encoding="utf-8"))["interactions"]
    return exchanges


def test_a_recorded_run_replays_to_the_golden_transcript_and_uses_every_request() -> None:
    assert as_bytes(*replay("whole_run")) == golden_path(SEED).read_bytes()


@pytest.mark.parametrize(
    ("name", "rejected"),
    [
        ("repaired", [("quay/2~1", "json")]),
        ("refusal", [("quay/2~1", "refusal")]),
        ("truncated", [("quay/4~1", "length")]),
        ("limited", []),
        ("without_schemas", []),
        ("two_servers", []),
    ],
)
def test_a_recorded_scenario_replays_to_its_end_and_uses_every_request(name: str, rejected: list[tuple[str, str]]) -> None:
    entries = replay(name)[1]
    assert entries[-1].kind == "end"
    found = [(entry.id, entry.violations[0].rule) for entry in entries if isinstance(entry, Rejected)]
    assert found == rejected


@pytest.mark.parametrize("name", ["limited", "without_schemas", "two_servers"])
def test_what_a_server_cannot_do_or_puts_off_changes_nothing_that_is_said(name: str) -> None:
    ours, theirs = replay(name)[1], perform_play(small(), SEED)[1]
    assert [entry.model_dump(exclude={"model"}) for entry in ours] == [entry.model_dump(exclude={"model"}) for entry in theirs]


def test_what_a_server_cannot_do_is_asked_for_once_by_each_who_calls_it() -> None:
    refused = [exchange["request"] for exchange in recorded("two_servers") if exchange["response"]["status"]["code"] == 400]
    assert [request["body"]["response_format"]["type"] for request in refused] == ["json_schema", "json_object"]
    assert {request["body"]["model"] for request in refused} == {"model-of-guest"}


def test_a_changed_prompt_misses_and_the_error_shows_what_changed() -> None:
    play = default()
    lead = play.leads[0]
    persona = play.personas[lead].model_copy(update={"prompt": f"Quite another person. {play.personas[lead].prompt}"})
    changed = play.model_copy(update={"personas": {**play.personas, lead: persona}})
    with recorder("none").use_cassette(str(WHOLE_RUN)), pytest.raises(MISS, match="Quite another person") as miss:
        asyncio.run(run_over_http(changed, SEED, NOWHERE))
    assert "message 0 was recorded as:" in str(miss.value)


def test_a_recording_that_nobody_asks_for_fails() -> None:
    with pytest.raises(AssertionError, match="nobody asked for: quay/1/keeper/1"), replaying(cassette_of("repaired")):
        pass


def test_the_cassette_intercepts_the_client_at_all(tmp_path: Path) -> None:
    with recorder("none").use_cassette(str(tmp_path / "empty.json")), pytest.raises(MISS):
        asyncio.run(run_over_http(default(), SEED, NOWHERE))


@pytest.mark.parametrize("path", sorted(WHOLE_RUN.parent.rglob("*.json")), ids=lambda path: path.stem)
def test_no_key_and_no_header_but_the_cue_is_recorded(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    assert [word for word in ("authorization", "a-key-for-tests", "user-agent", "cookie", "openai-organ") if word in text] == []


@pytest.mark.parametrize("path", sorted(LIVE.glob("*.json")), ids=lambda path: path.stem)
def test_a_run_recorded_with_a_real_model_replays_to_its_transcript(path: Path) -> None:
    transcript, play = path.with_suffix(".jsonl").read_bytes(), default()
    model = json.loads(transcript.splitlines()[0])["cast"][play.leads[0]]
    with replaying(path):
        run = asyncio.run(run_with(play, SEED, dict.fromkeys(play.leads, Endpoint(model, NOWHERE, "none")), sleep=no_wait))
    assert as_bytes(*run) == transcript
