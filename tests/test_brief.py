"""The default play, its runs and its transcripts, held against the brief's own tables (tests/brief/story.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import pytest

from simulator.engine.entries import to_line
from simulator.play.types import LeadEvent, Play, StageEvent
from tests.brief.performed import (
    Log,
    Reached,
    contact_of,
    reached,
    rows_of_log,
    rows_of_play,
    states_of_log,
    states_of_play,
)
from tests.brief.tables import (
    ON_THE_PHONE,
    READINGS,
    STORY,
    Row,
    State,
    event_rows,
    innocent_versions,
    irregular_cells,
    must_wait,
    states,
    the_promise,
    timelines,
)
from tests.rehearsal import default, perform_play

BRIEF = STORY.read_text(encoding="utf-8")
ROWS = event_rows(BRIEF)
INNOCENT = innocent_versions(BRIEF)
FOLDER = Path(__file__).parents[1] / "transcripts"
TRANSCRIPTS = sorted(path for path in FOLDER.glob("*.jsonl") if not path.name.endswith(".trace.jsonl"))
SEEDS = range(1, 21)
ADDRESSED = {"he sits at her laptop": r"\bsits\b.*\bat your laptop\b"}
"""What the table says in brackets, and how it reads where the play says it to the one who sees it."""


def _performed(play: Play, seed: int) -> Log:
    header, entries = perform_play(play, seed)
    return [json.loads(to_line(entry)) for entry in (header, *entries)]


def _read(path: Path) -> Log:
    lines = path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module", params=[*TRANSCRIPTS, *SEEDS], ids=lambda one: getattr(one, "stem", f"seed {one}"))
def log(request: pytest.FixtureRequest) -> Log:
    """A transcript of the repository, or a run made here."""
    return _performed(default(), request.param) if isinstance(request.param, int) else _read(request.param)


# What is compared.


def _of_the_brief(rows: Iterable[Row]) -> list[Row]:
    """The rows of the table's events; the play may add its own between them."""
    known = {row.event for row in ROWS}
    return [row for row in rows if row.event in known]


def _in_order_of_table(rows: Iterable[Row]) -> list[Row]:
    order = [row.event for row in ROWS]
    return sorted(_of_the_brief(rows), key=lambda row: order.index(row.event))


def _out_of_order(rows: Iterable[Row]) -> list[tuple[str, str]]:
    place = {row.event: number for number, row in enumerate(rows)}
    pairs = ((earlier, later) for earlier, later in combinations(ROWS, 2) if must_wait(later, earlier))
    return [(earlier.event, later.event) for earlier, later in pairs if place[earlier.event] > place[later.event]]


def _first_difference(performed: Iterable[tuple[str | None, State]]) -> str:
    """Where a world first parts from the table, and in what; empty where it never does."""
    steps = list(performed)
    wanted = states(BRIEF, (event for event, _ in steps[1:]))
    for number, ((event, found), expected) in enumerate(zip(steps, wanted, strict=True)):
        names = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
        if names:
            told = (f"{name}: {found.get(name)}, the table says {expected.get(name)}" for name in names)
            return f"step {number} ({event}): " + "; ".join(told)
    return ""


def _altered(log: Log) -> list[Reached]:
    """What reached a lead otherwise than it was said and done."""
    return [one for one in reached(log) if dict(one.parts) != dict(one.said)]


def _hidden(one: Reached) -> list[str]:
    """The events of a turn that the table hides from a lead behind an innocent version."""
    return [event for event in one.events if one.lead in INNOCENT.get(event, {})]


# The copy of the tables.


def test_the_brief_has_fifty_three_events_each_once() -> None:
    assert len(ROWS) == len({row.event for row in ROWS}) == 53


def test_every_cell_in_free_words_has_a_reading_and_every_reading_quotes_a_cell() -> None:
    assert irregular_cells(BRIEF) == set(READINGS)


def test_every_bracket_of_the_table_is_understood() -> None:
    assert {text for versions in INNOCENT.values() for text in versions.values()} == set(ADDRESSED)


def test_every_turning_point_of_the_facts_is_an_event_of_the_table() -> None:
    turning_points = {since for line in timelines(BRIEF).values() for since, _ in line if since is not None}
    assert turning_points <= {row.event for row in ROWS}


# The play.


def test_the_play_has_every_event_of_the_brief_in_its_beat_and_order() -> None:
    assert _of_the_brief(rows_of_play(default())) == list(ROWS)


def test_the_last_call_is_on_the_phone() -> None:
    assert default().beats[ON_THE_PHONE].contact == "phone"


def test_the_play_hides_a_deed_behind_the_innocent_version_of_the_table() -> None:
    events = (event for beat in default().beats.values() for event in beat.events if isinstance(event, LeadEvent))
    shown = {event.id: event.innocent for event in events if event.innocent}
    assert {event: set(versions) for event, versions in shown.items()} == {
        event: set(leads) for event, leads in INNOCENT.items()
    }
    for event, versions in INNOCENT.items():
        for lead, text in versions.items():
            assert re.search(ADDRESSED[text], shown[event][lead])


def test_the_play_changes_the_world_where_the_brief_says() -> None:
    assert _first_difference(states_of_play(default())) == ""


def test_the_promise_is_between_the_two_whom_the_brief_names() -> None:
    promise = the_promise(BRIEF)
    assert {name: (one.by, one.to) for name, one in default().promises.items()} == {promise.name: (promise.by, promise.to)}


# Every transcript, and every run.


def test_in_a_run_every_event_happens_once_by_whom_where_and_before_whom_the_brief_says(log: Log) -> None:
    assert _in_order_of_table(rows_of_log(log)) == list(ROWS)


def test_in_a_run_no_event_comes_before_one_that_it_must_wait_for(log: Log) -> None:
    assert _out_of_order(rows_of_log(log)) == []


def test_in_a_run_the_world_agrees_with_the_brief_after_every_entry(log: Log) -> None:
    assert _first_difference(states_of_log(log)) == ""


def test_in_a_run_a_lead_perceives_words_and_deeds_as_they_are_but_for_what_the_table_hides(log: Log) -> None:
    altered = _altered(log)
    assert [one.turn for one in altered if not _hidden(one)] == []
    assert {event for one in altered for event in _hidden(one)} == set(INNOCENT)
    for one in altered:
        assert one.parts["speech"] == one.said["speech"]
        assert all(re.search(ADDRESSED[INNOCENT[event][one.lead]], one.parts["action"] or "") for event in _hidden(one))


def test_in_a_run_the_last_call_is_heard_and_not_seen(log: Log) -> None:
    fields = {field for one in reached(log) if one.contact == "phone" for field in one.parts}
    assert (contact_of(log, ON_THE_PHONE), fields) == ("phone", {"speech"})


# The tests above can fail: a play that is wrong in one place is caught, as written and as performed.


def _with_event(beat: str, event: LeadEvent | StageEvent) -> Play:
    """The default play with one event written otherwise."""
    play = default()
    events = tuple(event if one.id == event.id else one for one in play.beats[beat].events)
    changed = play.beats[beat].model_copy(update={"events": events})
    return play.model_copy(update={"beats": {**play.beats, beat: changed}})


def _event(beat: str, name: str) -> LeadEvent | StageEvent:
    return next(event for event in default().beats[beat].events if event.id == name)


def test_an_observer_too_many_is_noticed() -> None:
    everybody = _event("departure", "limo_woman_passes").model_copy(update={"seen_by": default().leads})
    play = _with_event("departure", everybody)
    assert _of_the_brief(rows_of_play(play)) != list(ROWS)
    assert _in_order_of_table(rows_of_log(_performed(play, 1))) != list(ROWS)


def test_a_dropped_effect_is_noticed_at_its_event() -> None:
    forgetful = _event("katya_swap", "katya_swaps_tape").model_copy(update={"locate": {}})
    play = _with_event("katya_swap", forgetful)
    assert "(katya_swaps_tape): where katya thinks confession_tape is" in _first_difference(states_of_play(play))
    assert "(katya_swaps_tape): where katya thinks confession_tape is" in _first_difference(states_of_log(_performed(play, 1)))


def test_an_event_in_the_wrong_place_is_noticed() -> None:
    play = default()
    acts = tuple(tuple(reversed(act)) if "katya_swap" in act else act for act in play.acts)
    moved = play.model_copy(update={"acts": acts})
    assert _of_the_brief(rows_of_play(moved)) != list(ROWS)
    assert ("katya_swaps_tape", "pierre_swaps_tape") in _out_of_order(rows_of_log(_performed(moved, 1)))
