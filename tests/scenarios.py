"""What is recorded: one cassette for each scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount

from simulator.engine.entries import Entry, Header
from simulator.models.client import Endpoint
from simulator.models.server import application
from simulator.play.loading import load
from simulator.play.types import Play
from tests.recording import CASSETTES, SEED, no_wait, run_with, served
from tests.rehearsal import default
from tests.servers import Body, Manner, completion, error, with_manner, without_schemas

KEY = "a-key-for-tests"


@cache
def small() -> Play:
    """A play of eight turns."""
    return load(Path(__file__).parent / "small_play")


@dataclass(frozen=True)
class Scenario:
    """A play, and the servers that play its roles, by their manners: one for all, or one for each lead, below its name."""

    name: str
    manners: Manner | Mapping[str, Manner]
    play: Callable[[], Play] = small

    def served(self) -> AbstractContextManager[str]:
        """The servers, on one loopback port."""
        app = application(self.play())
        if not isinstance(self.manners, Mapping):
            return served(with_manner(app, self.manners))
        return served(Starlette(routes=[Mount(f"/{lead}", with_manner(app, manner)) for lead, manner in self.manners.items()]))

    async def run(self, url: str) -> tuple[Header, list[Entry]]:
        """The whole run, against the servers at an address."""
        cast = dict.fromkeys(self.play().leads, Endpoint("understudy", url, KEY))
        if isinstance(self.manners, Mapping):
            cast = {
                lead: Endpoint(f"model-of-{lead}", url.replace("/v1", f"/{lead}/v1"), f"{KEY}-{lead}") for lead in self.manners
            }
        return await run_with(self.play(), SEED, cast, sleep=no_wait)


def cassette_of(name: str) -> Path:
    """Where a scenario is recorded."""
    return CASSETTES / f"{name}.json"


def _well(_number: int, _body: Body) -> Response | None:
    return None


def _at(number: int, answer: Response) -> Manner:
    """The understudy, but for one call."""
    return lambda this, _body: answer if this == number else None


SCENARIOS = (
    Scenario("whole_run", _well, play=default),
    Scenario("repaired", _at(2, completion("Certainly! Here is my turn: I hand him the ticket."))),
    Scenario("limited", _at(3, error(429, "Rate limit reached for requests", **{"Retry-After": "20"}))),
    Scenario("refusal", _at(2, completion(None, refusal="I can't help with that."))),
    Scenario("without_schemas", without_schemas),
    Scenario("truncated", _at(4, completion('{"intent": "talk", "speech": "When I was a boy, and the river', "length"))),
    Scenario("two_servers", {"keeper": _well, "guest": without_schemas}),
)
