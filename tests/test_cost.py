"""What a run costs: prices, the bill at its end, and the limits that stop it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from simulator.engine.entries import Rejected, Violation
from simulator.models.base import Reply, Request, Usage
from simulator.models.cast import Role
from simulator.models.prices import price_of
from simulator.models.server import application
from simulator.play.loading import load
from simulator.transcript.accounts import Accounts, bill
from tests.conftest import Simulate
from tests.recording import served

SMALL = Path(__file__).parent / "small_play"
EVENING = ("--seed", "3", "--play", str(SMALL), "--out", "run.jsonl")


@pytest.fixture(scope="module")
def small() -> ASGIApp:
    return application(load(SMALL))


# Prices.


def test_a_cached_token_costs_less_and_an_address_counts_before_a_name() -> None:
    openai, router = price_of("gpt-4.1-mini", None), price_of("openai/gpt-4.1-mini", "https://openrouter.ai/api/v1")
    assert openai is not None
    assert router is not None
    assert (openai.provider, router.provider) == ("openai", "openrouter")
    assert openai.of(Usage(1000, 900, 100)) < openai.of(Usage(1000, 0, 100))


@pytest.mark.parametrize(("model", "url"), [("m", None), ("llama3.2", "http://localhost:11434/v1"), ("gpt-none", None)])
def test_a_model_that_nobody_lists_has_no_price(model: str, url: str | None) -> None:
    assert price_of(model, url) is None


# The bill.


def account(*usages: Usage, lead: str = "guest") -> Accounts:
    accounts = Accounts()
    for number, usage in enumerate(usages, 1):
        accounts.attempted(Request(f"quay/{number}/{lead}/1", (), 0), Reply("{}", usage=usage))
    return accounts


def test_the_bill_has_calls_rejections_by_rule_tokens_the_caches_share_and_money() -> None:
    accounts = account(Usage(1000, 500, 100, 40), Usage(1000, 700, 100, 20))
    rejected = Rejected(id="quay/1~1", by="guest", model="m", reply=None, violations=(Violation(rule="json", detail=""),))
    assert list(bill(accounts, [rejected], {"guest": Role("gpt-4.1-mini")})) == [
        "guest: 2 calls, 1 accepted, 1 rejected (json 1); "
        "2,000 tokens in (60% from the cache), 200 out (60 of reasoning); $0.0008 at openai's list price"
    ]


def test_an_unknown_price_and_a_server_that_does_not_count_are_said_so() -> None:
    assert list(bill(account(Usage()), [], {"guest": Role("m", "http://127.0.0.1:1/v1")})) == [
        "guest: 1 call, 1 accepted, 0 rejected; the server counts no tokens; price unknown"
    ]


def test_what_roles_cost_is_summed() -> None:
    accounts = account(Usage(10**6))
    accounts.calls["keeper"] = [Usage(10**6)]
    lines = list(bill(accounts, [], dict.fromkeys(("guest", "keeper"), Role("gpt-4.1-mini"))))
    assert lines[-1] == "together $0.8000"


# Limits.


@pytest.mark.parametrize(
    ("few", "enough", "reason"),
    [
        (("--max-tokens", "4000"), ("--max-tokens", "100000"), "more than --max-tokens 4000 allows"),
        (("--max-cost", "0.004"), ("--max-cost", "9"), "more than --max-cost 0.004 allows"),
    ],
)
def test_a_limit_stops_a_run_before_the_call_and_the_run_goes_on_with_a_higher_one(
    simulate: Simulate,
    capsys: pytest.CaptureFixture[str],
    small: ASGIApp,
    few: tuple[str, str],
    enough: tuple[str, str],
    reason: str,
) -> None:
    with served(small) as url:
        live = (*EVENING[:-1], "stopped.jsonl", "--model", "gpt-4.1-mini", "--base-url", url)
        assert simulate(*live, *few) == 3
        assert reason in capsys.readouterr().err
        assert simulate("resume", "stopped.jsonl", "--play", str(SMALL), *few) == 3
        assert simulate("resume", "stopped.jsonl", "--play", str(SMALL), *enough) == 0
        assert simulate(*EVENING, "--model", "gpt-4.1-mini", "--base-url", url) == 0
    assert Path("stopped.jsonl").read_bytes() == Path("run.jsonl").read_bytes()
    whole, resumed = (Accounts.kept_in(Path(f"{name}.trace.jsonl")) for name in ("run", "stopped"))
    assert whole == resumed
    cost = whole.cost("guest", Role("gpt-4.1-mini"))
    assert cost is not None
    assert Decimal("0.0001") < cost < Decimal("0.004")


def test_a_cost_that_cannot_be_known_is_no_limit(simulate: Simulate, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(*EVENING, "--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--max-cost", "1") == 2
    assert "nobody lists a price for m; use --max-tokens" in capsys.readouterr().err
    assert not Path("run.jsonl").exists()


def test_the_understudy_is_free_and_needs_no_price(simulate: Simulate, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(*EVENING, "--max-cost", "0") == 0
    assert "guest: 4 calls, 4 accepted, 0 rejected" in (out := capsys.readouterr().out)
    assert out.count("; free") == 2
