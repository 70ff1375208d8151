"""The two tapes look alike: what each lead is asked follows what they believe, and the world what is so."""

from __future__ import annotations

from functools import cache

from simulator.engine.cue import Cue
from simulator.engine.entries import TurnEntry
from simulator.engine.fold import advance, begin, open_stage
from simulator.engine.scheduler import step
from simulator.engine.settle import settle
from simulator.engine.stage import Stage
from tests.rehearsal import default, understudy

SEEDS = (1, 7, 42)


@cache
def evening(seed: int) -> tuple[tuple[Stage, Cue], ...]:
    """Every cue of a run, with the stage that it was given on."""
    stage, cues = open_stage(default(), begin(default(), seed, dict.fromkeys(default().leads, "understudy"))), []
    while (coming := step(stage)) is not None:
        if isinstance(coming, Cue):
            cues.append((stage, coming))
            coming = settle(stage, coming, understudy(default(), coming))
        stage = advance(stage, coming)
    return tuple(cues)


def prompts(seed: int, lead: str, beat: str) -> list[str]:
    return [
        "\n".join(message["content"] for message in cue.messages)
        for stage, cue in evening(seed)
        if cue.by == lead and stage.current.id == beat
    ]


def test_while_she_has_his_confession_he_is_still_asked_as_one_whose_tape_is_in_the_camcorder() -> None:
    for seed in SEEDS:
        for prompt in prompts(seed, "pierre", "pierre_swap"):
            assert "Her camcorder is within reach with your confession in it" in prompt
        for stage, cue in evening(seed):
            if stage.current.id == "pierre_swap" and cue.by == "pierre" and "pierre_swaps_tape" not in stage.done:
                assert stage.world.items == {"confession_tape": "katya", "rehearsal_tape": "camcorder"}
                assert stage.world.locations["pierre"] == {"confession_tape": "camcorder"}


def test_from_her_swap_on_she_is_asked_as_one_who_has_it() -> None:
    for seed in SEEDS:
        for beat in ("departure", "final_call"):
            assert all("His confession is in my pocket" in prompt for prompt in prompts(seed, "katya", beat))
        for prompt in prompts(seed, "katya", "final_call"):
            assert "His tape lies on the glass table, under your palm" in prompt


def test_after_his_swap_he_believes_that_he_has_it_until_she_tells_him() -> None:
    for seed in SEEDS:
        for beat in ("departure", "final_call"):
            prompts_of_pierre = prompts(seed, "pierre", beat)
            assert all("I took my confession out of the camcorder" in prompt for prompt in prompts_of_pierre)
        for stage, _cue in evening(seed):
            if stage.current.id == "departure" or (stage.current.id == "final_call" and stage.turn == 0):
                assert stage.world.locations["pierre"] == {"confession_tape": "pierre"}
        end = evening(seed)[-1][0]
        assert end.world.locations["pierre"] == {"confession_tape": "katya", "rehearsal_tape": "pierre"}


def test_nothing_of_either_swap_is_in_the_others_prompts() -> None:
    for seed in SEEDS:
        for lead in default().leads:
            other = default().other(lead)
            asides = [
                aside for stage, cue in evening(seed) if cue.by == other for aside in [_aside(stage, cue)] if aside is not None
            ]
            assert asides
            for beat in default().beats:
                for prompt in prompts(seed, lead, beat):
                    assert not any(aside in prompt for aside in asides)


def _aside(stage: Stage, cue: Cue) -> str | None:
    entry = settle(stage, cue, understudy(default(), cue))
    return entry.aside if isinstance(entry, TurnEntry) else None


def test_the_promise_is_open_then_made_then_broken_and_she_never_learns_of_it() -> None:
    for seed in SEEDS:
        states = [(stage.current.id, dict(stage.world.promises)) for stage, _ in evening(seed)]
        assert states[0][1] == {}
        assert dict(states)["confession"] == {"keep_cancer_secret": "made"}
        assert dict(states)["departure"] == {"keep_cancer_secret": "broken"}
        assert not any("pierre_told_editor" in stage.world.beliefs["katya"] for stage, _ in evening(seed))
