"""Nobody knows what they should not: what is hidden from a lead changes not one byte of what their model is asked.

To show that the property can fail, the engine is broken on purpose in a dozen ways, and each must be caught.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.engine import fold, scheduler
from simulator.engine.chance import sampling_seed
from simulator.engine.contract import Contract
from simulator.engine.cue import Cue
from simulator.engine.entries import Entry, TurnEntry
from simulator.engine.mind import Mind, Perception, perceive
from simulator.engine.mind import project as honest_project
from simulator.engine.prompt import Now
from simulator.engine.stage import Stage
from simulator.play.types import Beat, Play
from tests.hidden import Hidden, asked, elsewhere, same_at
from tests.rehearsal import default

LEADS = ("pierre", "katya")
GUESSES = (
    "You are perfectly well, and the illness is a lie. There is no cancer.",
    "The diary is Lena's, and those pages are a prop.",
    "You told your editor that I have cancer.",
    "You made your sources up, and you let her die.",
    "nothing that is a turn",
)


def guess(number: int) -> str | None:
    """A first reply in which a lead who could not know guesses everything, now and then."""
    return json.dumps({"speech": GUESSES[number % len(GUESSES)]}) if number % 3 == 0 else None


def differs(lead: str, seed: int, hidden: Hidden) -> tuple[int, int, int] | None:
    """Where the requests for a lead part, when all that is hidden changes."""
    before = asked(elsewhere(default(), lead, Hidden()), lead, seed, Hidden(), guess)
    after = asked(elsewhere(default(), lead, hidden), lead, seed, hidden, guess)
    return same_at(before, after)


ALL_OF_IT = Hidden("zounds", frozenset(range(1, 140, 2)) | frozenset(range(2, 140, 6)), True, "quite another thing")
hidden_things = st.builds(
    Hidden,
    noise=st.text(alphabet="qxzjvw", min_size=4, max_size=12),
    rejected_at=st.frozensets(st.integers(1, 140), max_size=40),
    late=st.booleans(),
    intents=st.text(max_size=20),
)


@pytest.mark.parametrize("lead", LEADS)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.sampled_from((1, 7, 42)), hidden=hidden_things)
def test_whatever_is_hidden_from_a_lead_changes_no_byte_of_their_requests(lead: str, seed: int, hidden: Hidden) -> None:
    assert differs(lead, seed, hidden) is None


@pytest.mark.parametrize("lead", LEADS)
def test_all_hidden_things_at_once_change_nothing(lead: str) -> None:
    assert differs(lead, 7, ALL_OF_IT) is None


def test_the_other_play_really_is_another() -> None:
    play, other = default(), elsewhere(default(), "pierre", ALL_OF_IT)
    assert not set(play.beats) & set(other.beats)
    asked_katya = [asked(one, "katya", 7, Hidden(), guess) for one in (elsewhere(play, "pierre", Hidden()), other)]
    assert same_at(*asked_katya) is not None


# Leaks. Each is a small patch of the engine.

Patch = Callable[[pytest.MonkeyPatch], None]


def _in_prompt(leak: Callable[[Stage, Cue], str]) -> Patch:
    """A leak into the last message."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        honest = scheduler._cue

        def leaky(stage: Stage) -> Cue:
            cue = honest(stage)
            last = {**cue.messages[-1], "content": f"{cue.messages[-1]['content']}\n{leak(stage, cue)}"}
            return replace(cue, messages=(*cue.messages[:-1], last))

        monkeypatch.setattr(scheduler, "_cue", leaky)

    return patch


def _other(stage: Stage, cue: Cue) -> str:
    return stage.play.other(cue.by)


def _seed_keyed_by_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = scheduler._cue

    def leaky(stage: Stage) -> Cue:
        return replace(honest(stage), sampling_seed=sampling_seed(stage.seed, stage.current.id, stage.turn))

    monkeypatch.setattr(scheduler, "_cue", leaky)


def _shared_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    def leaky(entry: Entry, lead: str, play: Play) -> Perception | None:
        perceived = honest_project(entry, lead, play)
        if perceived is None or not isinstance(entry, TurnEntry) or entry.aside is None:
            return perceived
        return replace(perceived, line=f"{perceived.line} ({entry.aside})")

    monkeypatch.setattr(fold, "project", leaky)


def _shared_intent(monkeypatch: pytest.MonkeyPatch) -> None:
    def leaky(entry: Entry, lead: str, play: Play) -> Perception | None:
        perceived = honest_project(entry, lead, play)
        if perceived is None or not isinstance(entry, TurnEntry):
            return perceived
        return replace(perceived, line=f"{perceived.line} ({entry.intent})")

    monkeypatch.setattr(fold, "project", leaky)


def _other_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = perceive

    def leaky_turn(stage: Stage, entry: TurnEntry) -> Stage:
        retries = len(stage.rejected)
        after = honest_turn(stage, entry)
        minds: dict[str, Mind] = {
            lead: honest(mind, Perception(f"(after {retries} tries)")) if lead != entry.by else mind
            for lead, mind in after.minds.items()
        }
        return replace(after, minds=minds)

    honest_turn = fold._after_turn
    monkeypatch.setattr(fold, "_after_turn", leaky_turn)


def _length_by_hidden_deed(monkeypatch: pytest.MonkeyPatch) -> None:
    def leaky(stage: Stage, beat: Beat) -> bool:
        return stage.turn >= 2 and len(stage.done) == len(beat.events)

    monkeypatch.setattr(scheduler, "_is_over", leaky)


def _contract_knows_the_others_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = scheduler._contract

    def leaky(stage: Stage, lead: str, now: Now) -> Contract:
        contract = honest(stage, lead, now)
        return replace(contract, secrets=(*contract.secrets, *scheduler._secrets(stage, stage.play.other(lead))))

    monkeypatch.setattr(scheduler, "_contract", leaky)


def _draw_keyed_by_event(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = scheduler._own_turn

    def leaky(stage: Stage, lead: str) -> tuple[str, int, int]:
        return f"{lead}{stage.current.id}", *honest(stage, lead)[1:]

    monkeypatch.setattr(scheduler, "_own_turn", leaky)


LEAKS: dict[str, Patch] = {
    "the beat's id in the scene line": _in_prompt(lambda stage, cue: f"Scene: {stage.current.id}"),
    "the names of events that have happened": _in_prompt(lambda stage, cue: f"Done: {sorted(stage.done)}"),
    "the other's lures": _in_prompt(lambda stage, cue: "; ".join(event.lure for event in stage.to_come(_other(stage, cue)))),
    "what the other must keep back, as a list of what is forbidden": _in_prompt(
        lambda stage, cue: str([conceal.fact for conceal in stage.current.conceal if conceal.by != cue.by])
    ),
    "the other's brief": _in_prompt(lambda stage, cue: stage.current.brief.get(_other(stage, cue), "")),
    "the other's persona": _in_prompt(lambda stage, cue: stage.minds[_other(stage, cue)].persona),
    "the other's model": _in_prompt(lambda stage, cue: stage.cast[_other(stage, cue)]),
    "an inventory": _in_prompt(lambda stage, cue: str(stage.world.items)),
    "what the other believes": _in_prompt(lambda stage, cue: str(stage.world.beliefs[_other(stage, cue)])),
    "a countdown of turns left": _in_prompt(lambda stage, cue: f"{stage.current.turns.max - stage.turn} turns left"),
    "the number of the world's events": _in_prompt(lambda stage, cue: str(len(stage.done))),
    "a shared aside": _shared_aside,
    "a shared intent": _shared_intent,
    "the other's retries": _other_retries,
    "a beat whose length depends on a hidden deed": _length_by_hidden_deed,
    "a contract that knows the other's secret": _contract_knows_the_others_secret,
    "a sampling seed keyed by the beat's name": _seed_keyed_by_beat,
    "a draw keyed by the beat's name": _draw_keyed_by_event,
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_deliberate_leak_is_caught(leak: str, monkeypatch: pytest.MonkeyPatch) -> None:
    LEAKS[leak](monkeypatch)
    assert any(differs(lead, 7, ALL_OF_IT) is not None for lead in LEADS)
