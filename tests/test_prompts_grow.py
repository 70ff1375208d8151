"""Prompts only grow within an act, and shrink to a persona's own memory at its end: measured on whole runs.

`python -m tests.test_prompts_grow` prints the figures.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise

import pytest

from simulator.engine.cue import Cue
from simulator.engine.prompt import Message
from simulator.models.abilities import Abilities, body
from simulator.models.base import Request
from simulator.play.types import Play
from tests.rehearsal import default, perform_play, understudy

SEEDS = (1, 7, 42)
LEADS = default().leads


@cache
def cues(seed: int) -> tuple[Cue, ...]:
    """Every request of a whole run, in order."""
    asked: list[Cue] = []

    def noting(play: Play, cue: Cue) -> str:
        asked.append(cue)
        return understudy(play, cue)

    perform_play(default(), seed, noting)
    return tuple(asked)


def acts_of(seed: int, lead: str) -> list[list[tuple[Message, ...]]]:
    """What a lead was asked in each act, first attempts only."""
    return [
        [cue.messages for cue in cues(seed) if cue.by == lead and cue.attempt == 1 and cue.id.split("/")[0] in act]
        for act in default().acts
    ]


def prompt_bytes(messages: tuple[Message, ...]) -> bytes:
    """A prompt as a server reads it, whatever its template: roles and contents in order."""
    return "".join(f"<{message['role']}>{message['content']}" for message in messages).encode("utf-8")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("lead", LEADS)
def test_each_request_of_an_act_extends_the_one_before_but_for_its_now_block(seed: int, lead: str) -> None:
    for act in acts_of(seed, lead):
        for before, after in pairwise(act):
            assert len(after) == len(before) + 2
            assert after[: len(before) - 1] == before[:-1]
            kept, now, _ = before[-1]["content"].partition("\n\n[now] ")
            assert now
            assert after[len(before) - 1] == {"role": "user", "content": kept}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_system_message_comes_first_and_then_user_and_assistant_in_turn(seed: int) -> None:
    for cue in cues(seed):
        system, *rest = (message["role"] for message in cue.messages)
        assert system == "system"
        assert rest == ["user", "assistant"] * (len(rest) // 2) + ["user"]
        assert all(message["content"] for message in cue.messages)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_schema_and_each_personas_system_message_are_constants(seed: int) -> None:
    bodies = [body("m", Request(cue.name, cue.messages, cue.sampling_seed), Abilities()) for cue in cues(seed)]
    assert len({json.dumps(request["response_format"]) for request in bodies}) == 1
    assert len({cue.messages[0]["content"] for cue in cues(seed)}) == len(LEADS)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("lead", LEADS)
def test_at_an_acts_end_its_lines_give_way_to_what_the_persona_remembers(seed: int, lead: str) -> None:
    for before, after in pairwise(acts_of(seed, lead)):
        assert len(after[0]) == 2
        assert after[0][1]["content"].startswith("You remember:\n")
        assert len(prompt_bytes(after[0])) < len(prompt_bytes(before[-1]))


def shared_prefix(one: bytes, other: bytes) -> int:
    """How many bytes two prompts begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def share_sent_before(prompts: list[bytes]) -> float:
    """The share of bytes that lie in a prefix of an earlier prompt."""
    shared = sum(
        max((shared_prefix(earlier, prompt) for earlier in prompts[:index]), default=0) for index, prompt in enumerate(prompts)
    )
    return shared / sum(map(len, prompts))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("lead", LEADS)
def test_at_least_85_percent_of_all_prompt_bytes_were_sent_before(seed: int, lead: str) -> None:
    prompts = [prompt_bytes(messages) for act in acts_of(seed, lead) for messages in act]
    assert share_sent_before(prompts) >= 0.85


def growth(seed: int, leads: tuple[str, ...]) -> float:
    """Prompt bytes of the last act beside those of the first, over the turns that both have."""
    first = last = 0
    for lead in leads:
        acts = acts_of(seed, lead)
        for one, other in zip(acts[0], acts[-1], strict=False):
            first, last = first + len(prompt_bytes(one)), last + len(prompt_bytes(other))
    return last / first


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("lead", LEADS)
def test_the_last_act_takes_at_most_one_and_a_half_times_the_bytes_of_the_first(seed: int, lead: str) -> None:
    assert growth(seed, (lead,)) <= 1.5


if __name__ == "__main__":
    for seed in SEEDS:
        print(f"seed {seed}: the last act takes {growth(seed, LEADS):.2f} times the bytes of the first")
        for lead in LEADS:
            acts = acts_of(seed, lead)
            sent = share_sent_before([prompt_bytes(messages) for act in acts for messages in act])
            turns = [len(prompt_bytes(b)) / len(prompt_bytes(a)) for a, b in zip(acts[0], acts[-1], strict=False)]
            print(f"  {lead}: {sent:.1%} sent before; by turn {', '.join(f'{turn:.2f}' for turn in turns)}")
