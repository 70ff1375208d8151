"""A recorded run over HTTP is replayed with the network blocked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from vcr.errors import CannotOverwriteExistingCassetteException as MISS

from tests.golden import as_bytes, golden_path
from tests.recording import SEED, WHOLE_RUN, recorder, run_over_http
from tests.rehearsal import default

NOWHERE = "http://127.0.0.1:9/v1"
pytestmark = pytest.mark.block_network


def test_a_recorded_run_replays_to_the_golden_transcript_and_uses_every_request() -> None:
    with recorder("none").use_cassette(str(WHOLE_RUN)) as cassette:
        header, entries = asyncio.run(run_over_http(default(), SEED, NOWHERE))
    assert as_bytes(header, entries) == golden_path(SEED).read_bytes()
    assert cassette.all_played


def test_a_changed_prompt_misses_and_the_error_shows_what_changed() -> None:
    play = default()
    katya = play.personas["katya"].model_copy(update={"prompt": play.personas["katya"].prompt.replace("thirty", "forty")})
    changed = play.model_copy(update={"personas": {**play.personas, "katya": katya}})
    with recorder("none").use_cassette(str(WHOLE_RUN)), pytest.raises(MISS, match="forty") as miss:
        asyncio.run(run_over_http(changed, SEED, NOWHERE))
    assert "thirty" in str(miss.value)


def test_the_cassette_intercepts_the_client_at_all(tmp_path: Path) -> None:
    with recorder("none").use_cassette(str(tmp_path / "empty.json")), pytest.raises(MISS):
        asyncio.run(run_over_http(default(), SEED, NOWHERE))


def test_no_key_and_no_header_but_the_cue_is_recorded() -> None:
    text = WHOLE_RUN.read_text(encoding="utf-8").lower()
    assert "authorization" not in text
    assert "a-key-for-tests" not in text
    assert "user-agent" not in text
    assert "cookie" not in text
