"""The engine, stepped by hand and by hypothesis, on a small play of two other people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.engine.chance import choose, fraction, sampling_seed
from simulator.engine.cue import Cue
from simulator.engine.entries import BeatEntry, End, Entry, Header, Rejected, TurnEntry, WorldEntry, from_line, to_line
from simulator.engine.fold import advance, begin, fold, open_stage
from simulator.engine.scheduler import step
from simulator.engine.settle import settle
from simulator.engine.stage import Stage
from simulator.play.loading import load
from simulator.play.types import Play
from tests.rehearsal import perform_play, understudy

LETTER = Path(__file__).parent / "plays" / "letter"


@cache
def letter() -> Play:
    return load(LETTER)


def turn(speech: str | None = None, action: str | None = None, aside: str | None = None, **claims: str) -> str:
    marked = [{"mark": mark, "quote": quote} for mark, quote in claims.items()]
    return json.dumps({"intent": "x", "speech": speech, "action": action, "aside": aside, "claims": marked})


def scripted(play: Play, replies: Mapping[str, str | None], seed: int = 1) -> tuple[Header, list[Entry]]:
    """A run with a reply for each call (by beat/turn/lead/attempt); where there is none, harmless words."""

    def reply(_play: Play, cue: Cue) -> str | None:
        return replies.get(cue.name, turn(f"Words {cue.id}."))

    return perform_play(play, seed, reply)


def find(entries: list[Entry], entry_id: str) -> TurnEntry:
    return next(entry for entry in entries if isinstance(entry, TurnEntry) and entry.id == entry_id)


def cue_at(entry_id: str, replies: Mapping[str, str | None] | None = None, seed: int = 1) -> tuple[Stage, Cue]:
    """The first cue for a turn."""
    stage = open_stage(letter(), begin(letter(), seed, {"ada": "x", "ben": "x"}))
    while (coming := step(stage)) is not None:
        if isinstance(coming, Cue) and coming.id == entry_id:
            return stage, coming
        if isinstance(coming, Cue):
            coming = settle(stage, coming, (replies or {}).get(coming.name, turn(f"Words {coming.id}.")))
        stage = advance(stage, coming)
    raise AssertionError(f"no turn {entry_id}")


def events_of(entries: list[Entry]) -> list[str]:
    found = []
    for entry in entries:
        if isinstance(entry, WorldEntry) and entry.event:
            found.append(entry.event)
        elif isinstance(entry, TurnEntry):
            found += [done.event for done in entry.events]
    return found


words = st.sampled_from(
    [
        "What does the letter say?",
        "Where is it?",
        "I burnt it.",
        "I have not seen it.",
        "I promise.",
        "puts it in the stove",
        "",
    ]
) | st.text(max_size=40)
replies = st.one_of(
    st.none(),
    st.text(max_size=60),
    st.builds(
        lambda speech, action, aside, claims: json.dumps(
            {"intent": "", "speech": speech, "action": action, "aside": aside, "claims": claims}
        ),
        st.none() | words,
        st.none() | words,
        st.none() | words,
        st.lists(st.fixed_dictionaries({"mark": st.sampled_from("ABC"), "quote": words}), max_size=3),
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(replies, min_size=1, max_size=40), st.integers(0, 2**31))
def test_whatever_a_model_replies_the_run_ends_with_every_event_once_in_a_bounded_number_of_calls(
    given_replies: list[str | None], seed: int
) -> None:
    calls: list[str] = []

    def reply(_play: Play, cue: Cue) -> str | None:
        calls.append(cue.name)
        return given_replies[len(calls) % len(given_replies)]

    _, entries = perform_play(letter(), seed, reply)
    assert entries[-1] == End()
    assert sorted(events_of(entries)) == sorted(event.id for beat in letter().beats.values() for event in beat.events)
    assert len(calls) <= 2 * sum(beat.turns.max for beat in letter().beats.values())
    assert len(calls) == len(set(calls))
    for line in map(to_line, entries):
        assert "\n" not in line
        assert to_line(from_line(line)) == line


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.data())
def test_a_stage_folded_from_any_part_of_a_log_goes_on_like_the_one_that_wrote_it(seed: int, data: st.DataObject) -> None:
    header, entries = perform_play(letter(), seed)
    cut = data.draw(st.integers(0, len(entries)))
    stage = fold(letter(), header, entries[:cut])
    rest = []
    while (coming := step(stage)) is not None:
        entry = settle(stage, coming, understudy(letter(), coming)) if isinstance(coming, Cue) else coming
        rest.append(entry)
        stage = advance(stage, entry)
    assert entries[:cut] + rest == entries


def test_step_changes_nothing_and_says_the_same_twice() -> None:
    stage, cue = cue_at("supper/5")
    assert step(stage) == cue == step(stage)


def test_world_events_come_at_their_turn_and_before_the_next_leads_turn() -> None:
    _, entries = scripted(letter(), {})
    ids = [entry.id for entry in entries if isinstance(entry, WorldEntry | TurnEntry)]
    assert ids.index("supper/knock") == ids.index("supper/2") + 1


def test_a_walk_on_answers_what_was_said_once_it_is_there_and_uses_a_line_once() -> None:
    _, entries = scripted(letter(), {"supper/3/ada/1": turn("Who is it? What does the letter say?")})
    said = [(entry.id, entry.text) for entry in entries if isinstance(entry, WorldEntry) and entry.event is None]
    assert said[0] == ("supper/3.neighbour", "Only me.")
    assert len({text for _, text in said}) == len(said) == 3


def test_a_required_event_that_does_not_come_is_asked_for_again_and_then_fed() -> None:
    _, entries = scripted(letter(), {"supper/3/ada/2": "nonsense"})
    first, second = [entry for entry in entries if isinstance(entry, Rejected) and entry.id.startswith("supper/3~")]
    assert [violation.rule for violation in first.violations] == ["missing"]
    assert [violation.rule for violation in second.violations] == ["json"]
    fed = find(entries, "supper/3")
    assert (fed.model, fed.speech) == ("fallback", "What does the letter say?")
    assert [(done.event, done.rung, done.claimed) for done in fed.events] == [("ada_asks", "fed", False)]


def test_a_second_reply_that_only_lacks_the_event_is_kept_and_grafted() -> None:
    _, entries = scripted(letter(), {})
    grafted = find(entries, "supper/3")
    assert grafted.speech == "Words supper/3. What does the letter say?"
    assert grafted.flags == ("grafted",)
    assert grafted.events[0].rung == "fed"


def test_an_unusable_turn_where_nothing_is_required_becomes_a_silence_of_the_personas() -> None:
    _, entries = scripted(letter(), {"supper/2/ben/1": "", "supper/2/ben/2": "{}"})
    silent = find(entries, "supper/2")
    assert (silent.model, silent.speech, silent.action) == ("fallback", None, "stirs a cold cup")


def test_a_repair_note_is_part_of_one_request_and_of_no_history() -> None:
    replies = {"supper/2/ben/1": "", "supper/2/ben/2": turn("Better.")}
    stage, first = cue_at("supper/2")
    rejected = settle(stage, first, "")
    second = step(advance(stage, rejected))
    assert isinstance(second, Cue)
    assert second.attempt == 2
    assert "[again]" in second.messages[-1]["content"]
    assert second.messages[:-1] == first.messages[:-1]
    _, later = cue_at("supper/4", replies)
    assert not any("[again]" in message["content"] for message in later.messages)


def test_an_event_is_found_by_its_evidence_where_the_model_does_not_claim_it() -> None:
    _, entries = scripted(letter(), {"supper/1/ada/1": turn("So what does the letter say?")})
    done = find(entries, "supper/1").events[0]
    assert (done.event, done.claimed, done.quote) == ("ada_asks", False, "So what does the letter say?")


def test_a_claim_without_the_words_is_rejected() -> None:
    _, cue = cue_at("supper/1")
    stage, _ = cue_at("supper/1")
    entry = settle(stage, cue, turn("Good evening to you.", A="What does the letter say?"))
    assert isinstance(entry, Rejected)
    assert [violation.rule for violation in entry.violations] == ["claim"]


def test_what_is_done_before_it_is_permitted_is_rejected_as_premature() -> None:
    stage, cue = cue_at("supper/2")
    entry = settle(stage, cue, turn("I have never seen any of it, I know nothing."))
    assert isinstance(entry, Rejected)
    assert [violation.rule for violation in entry.violations] == ["premature"]


def test_a_hidden_deed_is_seen_as_its_innocent_version_and_its_doer_alone_learns_of_it() -> None:
    header, entries = scripted(letter(), {"supper/4/ben/1": turn("Cold in here.", None, "puts the letter in the stove")})
    deed = find(entries, "supper/4")
    assert deed.sees == {"ada": {"speech": "Cold in here.", "action": "warms his hands"}, "ben": "full"}
    world = fold(letter(), header, entries).world
    assert world.items["letter"] == "stove"
    assert world.locations == {"ada": {"letter": "table"}, "ben": {"letter": "stove"}}


def test_on_the_phone_nothing_is_seen_and_a_wordless_turn_is_heard_as_silence() -> None:
    _, entries = scripted(letter(), {"call/1/ben/1": turn(None, "bites his lip")})
    assert find(entries, "call/1").sees == {"ada": {"speech": None}, "ben": "full"}
    _, cue = cue_at("call/2", {"call/1/ben/1": turn(None, "bites his lip")})
    assert "BEN says nothing." in cue.messages[-1]["content"]
    assert "lip" not in cue.messages[-1]["content"]


def test_an_answer_is_offered_alone_and_required_in_the_actors_next_turn() -> None:
    _, cue = cue_at("supper/8")
    assert [(offer.event.id, offer.rung) for offer in cue.contract.offers] == [("ben_lies", "required")]


def test_secrets_are_kept_until_the_other_has_been_told() -> None:
    stage, cue = cue_at("supper/6", {"supper/4/ben/1": turn("Cold.", None, "puts the letter in the stove")})
    entry = settle(stage, cue, turn("All right, I burnt the letter."))
    assert isinstance(entry, Rejected)
    assert [violation.rule for violation in entry.violations] == ["conceal"]
    stage, cue = cue_at("call/1")
    assert isinstance(settle(stage, cue, turn("All right, I burnt the letter.")), TurnEntry)


def test_an_act_ends_in_what_each_lead_remembers_with_the_words_as_they_were_perceived() -> None:
    _, cue = cue_at("call/2", {"supper/8/ben/1": turn("Never saw it, Ada.")})
    prompt = "\n".join(message["content"] for message in cue.messages)
    assert "He said: Never saw it, Ada." in prompt
    assert "Cold" not in prompt
    assert len(cue.messages) == 2


def test_messages_alternate_strictly_and_the_now_block_is_not_kept() -> None:
    _, cue = cue_at("supper/8")
    roles = [message["role"] for message in cue.messages]
    assert roles == ["system", *["user", "assistant"] * (len(roles) // 2 - 1), "user"]
    assert sum("[now]" in message["content"] for message in cue.messages[1:]) == 1


def test_no_id_of_a_beat_or_event_is_in_a_prompt() -> None:
    ids = [event.id for beat in letter().beats.values() for event in beat.events if "_" in event.id]
    for at in ("supper/3", "supper/8", "call/2"):
        _, cue = cue_at(at)
        text = "\n".join(message["content"] for message in cue.messages)
        assert [name for name in ids if name in text] == []


def test_the_beat_entry_says_who_is_there_and_what_each_perceives() -> None:
    _, entries = scripted(letter(), {})
    beat = next(entry for entry in entries if isinstance(entry, BeatEntry))
    assert beat.present == ("ada", "ben")
    assert beat.sees["ben"].startswith("Her kitchen")


@given(st.integers(), st.lists(st.text(max_size=5) | st.integers(), max_size=4))
def test_chance_is_a_function_of_its_key(seed: int, key: list[str | int]) -> None:
    assert 0 <= fraction(seed, *key) < 1
    assert fraction(seed, *key) == fraction(seed, *key)
    assert choose("abc", seed, *key) in "abc"
    assert 0 <= sampling_seed(seed, *key) < 2**31


def test_chance_is_fair_enough_and_its_draws_are_independent() -> None:
    draws = [choose("ab", seed, "x") + choose("ab", seed, "y") for seed in range(4000)]
    assert all(900 < draws.count(pair) < 1100 for pair in ("aa", "ab", "ba", "bb"))
