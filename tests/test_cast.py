"""From names on the command line, and in a header, to who is called where, with which key."""

from __future__ import annotations

import subprocess
import sys

import pytest

from simulator.models.cast import Role, choose_cast, key_of, label, open_cast, roles_of
from simulator.models.client import ChatModel
from tests.scenarios import small

AZURE = "https://x.openai.azure.com/openai/deployments/d"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "SIMULATE_KEY_KEEPER", "SIMULATE_KEY_GUEST"):
        monkeypatch.delenv(name, raising=False)


def test_a_resumed_run_finds_the_part_of_its_address_that_no_transcript_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    header = {"keeper": f"m@{AZURE}", "guest": "other@http://127.0.0.1:1/v1"}
    monkeypatch.setenv("OPENAI_BASE_URL", f"{AZURE}?api-version=2024-10-21")
    roles = roles_of(header)
    assert roles["keeper"] == Role("m", f"{AZURE}?api-version=2024-10-21")
    assert roles["guest"] == Role("other", "http://127.0.0.1:1/v1")
    assert {lead: label(role) for lead, role in roles.items()} == header


def test_a_roles_own_key_comes_before_the_one_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert key_of("guest") is None
    monkeypatch.setenv("OPENAI_API_KEY", "for-all\n")
    assert key_of("guest") == "for-all"
    monkeypatch.setenv("SIMULATE_KEY_GUEST", "for-guest")
    assert (key_of("guest"), key_of("keeper")) == ("for-guest", "for-all")


def test_what_is_learnt_of_a_server_is_shared_by_the_roles_that_call_the_same_model_there() -> None:
    url = "http://127.0.0.1:1/v1"
    same = open_cast(small(), choose_cast(small(), "m", url, ()))
    other = open_cast(small(), choose_cast(small(), "m", url, ("guest=n",)))
    shared = []
    for cast in (same, other):
        models = [cast[lead] for lead in small().leads]
        assert all(isinstance(model, ChatModel) for model in models)
        shared.append(len({id(model.learnt) for model in models if isinstance(model, ChatModel)}) == 1)
    assert shared == [True, False]


def test_neither_openai_nor_the_prices_are_imported_before_they_are_needed() -> None:
    program = (
        "import sys, simulator.session\nprint([name for name in ('openai', 'genai_prices', 'httpx2') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert shown == "[]\n"
