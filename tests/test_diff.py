"""What differs between two runs, and how it is told."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.engine.cue import Cue
from simulator.engine.entries import BeatEntry, Entry, Parent, Rejected, TurnEntry, WorldEntry, to_line
from simulator.engine.fold import advance, fold
from simulator.engine.scheduler import step
from simulator.engine.settle import settle
from simulator.transcript.diff.align import align
from simulator.transcript.diff.compare import compare
from simulator.transcript.diff.moments import Moment
from simulator.transcript.diff.page import as_page
from simulator.transcript.diff.text import as_text
from simulator.transcript.diff.words import compare_words
from simulator.transcript.reading import Transcript
from tests.golden import golden_path
from tests.rehearsal import default, understudy
from tests.transcripts import beat, changed, golden, happened, header, rejected, run, simulate, turn, turns_of, written

TURNS = [(entry.id.split("/")[0], index) for index, entry in enumerate(golden(7).entries) if isinstance(entry, TurnEntry)]


def text_of(one: Transcript, other: Transcript, **how: bool) -> str:
    return as_text(compare(one, other), stat=how.get("stat", False), colour=how.get("colour", False))


# The same, and not the same


def test_a_run_does_not_differ_from_itself() -> None:
    told = simulate("diff", golden_path(7), golden_path(7))
    assert told.returncode == 0
    assert told.stdout.decode().endswith("Same play (interview), same seed, same cast.\nNothing differs.\n")


def test_two_seeds_differ_and_the_summary_says_how_and_where_they_part() -> None:
    told = simulate("diff", golden_path(1), golden_path(7), "--stat")
    text = told.stdout.decode()
    assert told.returncode == 1
    assert "Same play (interview), seeds 1 and 7, same cast." in text
    assert "circumstances were drawn otherwise: " in text
    assert "They part at assignment/" in text
    assert " of 16 beats differ." in text
    assert "[-" not in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("arguments", [("nowhere", "-"), ("-", "-"), (golden_path(1), golden_path(7), "--as", "nobody")])
def test_trouble_is_exit_code_2_and_one_line(arguments: tuple[str, ...]) -> None:
    told = simulate("diff", *arguments)
    assert told.returncode == 2
    assert told.stdout == b""
    assert len(told.stderr.splitlines()) == 1


def test_either_side_can_come_from_standard_input() -> None:
    assert simulate("diff", "-", golden_path(7), stdin=golden_path(7).read_bytes()).returncode == 0
    assert simulate("diff", golden_path(7), "-", stdin=golden_path(1).read_bytes()).returncode == 1


def test_headers_that_differ_alone_are_a_difference() -> None:
    one, other = run(beat("one"), name="a"), Transcript("b", header(seed=2), run(beat("one")).entries)
    comparison = compare(one, other)
    assert not comparison.same
    assert "only the first lines differ" in as_text(comparison, stat=False, colour=False)


# Beats and turns


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(TURNS), st.sampled_from(["Nobody said this before.", "", None]))
def test_one_turn_inserted_by_hand_changes_the_diff_of_its_beat_alone(place: tuple[str, int], speech: str | None) -> None:
    transcript = golden(7)
    name, index = place
    template = transcript.entries[index]
    while isinstance(transcript.entries[index - 1], Rejected):
        index -= 1  # replies that were not used belong to the turn that they were for
    assert isinstance(template, TurnEntry)
    extra = template.model_copy(update={"speech": speech, "action": "an unheard-of thing", "events": (), "intent": None})
    entries = (*transcript.entries[:index], extra, *transcript.entries[index:])
    comparison = compare(transcript, Transcript("b", transcript.header, entries))
    differing = [one for one in comparison.beats if not one.same]
    assert [one.id for one in differing] == [name]
    assert [pair.mark for pair in differing[0].pairs if pair.mark != "same"] == ["added"]


def test_an_inserted_turn_that_renumbers_the_rest_of_its_beat_is_still_one_added_turn() -> None:
    said = ["Where?", "Here.", "When?", "Now.", "Why?"]
    ours = [turn(f"one/{number}", "ada", text) for number, text in enumerate(said, 1)]
    theirs = [turn(f"one/{number}", "ada", text) for number, text in enumerate(["Well.", *said], 1)]
    comparison = compare(run(beat("one"), *ours, beat("two")), run(beat("one"), *theirs, beat("two")))
    assert [one.id for one in comparison.beats if not one.same] == ["one"]
    assert [pair.mark for pair in comparison.beats[0].pairs] == ["same", "added", *["same"] * 5]


def test_beats_are_aligned_by_id_even_where_one_is_missing() -> None:
    one = run(*(beat(name) for name in ("a", "b", "c")))
    other = run(*(beat(name) for name in ("a", "x", "c")))
    comparison = compare(one, other)
    assert [(part.id, part.same) for part in comparison.beats] == [("a", True), ("x", False), ("b", False), ("c", True)]
    text = as_text(comparison, stat=True, colour=False)
    assert "only in A" in text
    assert "only in B" in text


def test_an_event_is_set_beside_itself_however_it_is_worded_and_wherever_it_comes() -> None:
    kiss = "It is the lamp, then."
    one = run(beat("a"), turn("a/1", "ada", kiss, happened("lamp")), turn("a/2", "ben", "Oh."))
    other = run(beat("a"), turn("a/1", "ben", "Oh."), turn("a/2", "ada", "Quite other words.", happened("lamp", "required")))
    part = compare(one, other).beats[0]
    assert [(event.event, event.one, event.other) for event in part.events] == [("lamp", "free", "required")]
    assert any(pair.one and pair.other and pair.one.events == pair.other.events == ("lamp",) for pair in part.pairs)


def test_beliefs_that_differ_at_a_beat_s_end_are_named() -> None:
    told = happened("lamp", learn={"ben": {"lit": True}})
    text = text_of(run(beat("a"), turn("a/1", "ada", "So.", told)), run(beat("a"), turn("a/1", "ada", "So.")))
    assert "at its end: ben on lit: true → false" in text
    assert "lamp free → none" in text


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["x y", "x z", "q", None]))), st.lists(st.sampled_from("xyz")))
def test_an_alignment_loses_nothing_and_keeps_both_orders(ours: list[tuple[str, str | None]], words: list[str]) -> None:
    ones = [Moment(turn(f"a/{number}", by, speech)) for number, (by, speech) in enumerate(ours)]
    others = [Moment(turn(f"a/{number}", "a", word)) for number, word in enumerate(words)]
    couples = align(ones, others)
    assert [one for one, _ in couples if one is not None] == ones
    assert [other for _, other in couples if other is not None] == others
    assert all(one or other for one, other in couples)


# Words


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_the_pieces_hold_both_texts(one: str, other: str) -> None:
    pieces = compare_words(one, other)
    assert "".join(text for kind, text in pieces if kind != "added") == one
    assert "".join(text for kind, text in pieces if kind != "removed") == other


def test_only_the_changed_words_of_a_line_are_marked() -> None:
    one = run(beat("a"), turn("a/1", "ada", "I had never seen the sea before that night."))
    other = run(beat("a"), turn("a/1", "ada", "I had never seen the moon before that night."))
    assert "never seen the [-sea-] {+moon+} before that night." in " ".join(text_of(one, other).split())


def test_lines_with_hardly_a_word_in_common_are_both_given_whole() -> None:
    one, other = run(beat("a"), turn("a/1", "ada", "Get out.")), run(beat("a"), turn("a/1", "ada", "Sit down, please."))
    lines = [" ".join(line.split()) for line in text_of(one, other).splitlines()]
    assert "- 1 ADA: Get out." in lines
    assert "+ 1 ADA: Sit down, please." in lines


def test_long_unchanged_stretches_are_folded() -> None:
    def spoken(last: str) -> Iterable[Entry]:
        yield beat("a")
        yield from (turn(f"a/{number}", "ada", f"Line {number} of them.") for number in range(1, 9))
        yield turn("a/9", "ada", last)

    text = text_of(run(*spoken("One.")), run(*spoken("Two.")))
    assert "… 8 the same …" in text
    assert "Line 3" not in text


# By what they part


def test_the_parting_names_its_cause() -> None:
    base = run(beat("a"), turn("a/1", "ada", "So."))
    reply = run(beat("a"), turn("a/1", "ada", "No."))
    refused = run(beat("a"), rejected("a/1~1", "ada", "conceal"), turn("a/1", "ada", "So."))
    event = run(beat("a"), turn("a/1", "ada", "So.", happened("lamp")))
    cut = run(beat("a"), end=False)
    partings = [compare(base, other).parting for other in (reply, refused, event, cut)]
    assert [parting and parting.cause for parting in partings] == ["reply", "rejection", "scheduler", "end"]
    assert "a reply of ada was not used in B (conceal)" in " ".join(text_of(base, refused).split())


def test_rejected_replies_of_one_run_are_counted_and_shown_at_their_turn() -> None:
    one = run(beat("a"), turn("a/1", "ada", "So."))
    other = run(beat("a"), rejected("a/1~1", "ada", "json"), turn("a/1", "ada", "So."))
    text = text_of(one, other)
    assert "0 → 1" in text
    assert "· B: a reply was not used (json)" in text


def fork_of(transcript: Transcript, at: str, seed: int) -> Transcript:
    """A run that goes on from an entry with another seed; circumstances are kept."""
    index = next(index for index, entry in enumerate(transcript.entries) if getattr(entry, "id", None) == at) + 1
    shared = transcript.entries[:index]
    digest = hashlib.sha256("".join(f"{to_line(entry)}\n" for entry in shared).encode()).hexdigest()
    parent = Parent(seed=transcript.header.seed, at=at, sha256=digest)
    head = transcript.header.model_copy(update={"seed": seed, "parent": parent})
    stage, entries = fold(default(), head, shared), list(shared)
    while (coming := step(stage)) is not None:
        entry = settle(stage, coming, understudy(default(), coming)) if isinstance(coming, Cue) else coming
        entries.append(entry)
        stage = advance(stage, entry)
    return Transcript("fork", head, tuple(entries))


def test_a_run_and_its_fork_share_all_up_to_there_and_the_summary_says_so() -> None:
    parent = golden(7)
    comparison = compare(parent, fork_of(parent, "cancer", 8))
    text = as_text(comparison, stat=True, colour=False)
    assert "B is a fork of A, at cancer." in text
    assert "B is a fork of another run, of seed 7, at cancer." in text_of(golden(1), fork_of(parent, "cancer", 8), stat=True)
    same = [part.id for part in comparison.beats if part.same]
    assert (
        same[:9]
        == ["assignment", "restaurant", "accident", "loft", "kiss", "complaint", "diary", "hope", "cancer"][: len(same)]
    )
    assert {"diary", "hope"} <= set(same)
    assert comparison.parting
    assert comparison.parting.one
    assert not comparison.same


# Narrower views


def test_what_is_hidden_from_a_persona_is_no_difference_as_that_persona(tmp_path: Path) -> None:
    def change(entry: Entry) -> Iterable[Entry]:
        if isinstance(entry, TurnEntry) and entry.by == "pierre":
            yield rejected(f"{entry.id}~1", "pierre", "conceal")
            yield entry.model_copy(update={"intent": "other", "aside": entry.aside and "does it otherwise", "model": "x"})
        else:
            yield entry

    other = written(tmp_path / "other.jsonl", changed(golden(7), change))
    assert simulate("diff", golden_path(7), other, "--as", "katya").returncode == 0
    assert simulate("diff", golden_path(7), other, "--as", "pierre").returncode == 1
    assert simulate("diff", golden_path(7), other).returncode == 1


def test_structure_alone_does_not_see_words_and_does_see_rungs_and_rejections() -> None:
    def reworded(entry: Entry) -> Iterable[Entry]:
        if isinstance(entry, TurnEntry):
            yield entry.model_copy(update={"speech": "Other words.", "model": "x", "intent": None})
        elif isinstance(entry, WorldEntry):
            yield entry.model_copy(update={"text": "Another text."})
        else:
            yield entry

    def forced(entry: Entry) -> Iterable[Entry]:
        if isinstance(entry, TurnEntry):
            yield entry.model_copy(update={"events": tuple(done.model_copy(update={"rung": "fed"}) for done in entry.events)})
        else:
            yield entry

    def refused(entry: Entry) -> Iterable[Entry]:
        yield from [rejected(f"{entry.id}~1", entry.by, "json")] if isinstance(entry, TurnEntry) else []
        yield entry

    assert compare(golden(7), changed(golden(7), reworded), words=False).same
    assert not compare(golden(7), changed(golden(7), reworded)).same
    assert not compare(golden(7), changed(golden(7), forced), words=False).same
    assert not compare(golden(7), changed(golden(7), refused), words=False).same


# Formats


def test_json_holds_the_table_and_the_moments() -> None:
    told = simulate("diff", golden_path(1), golden_path(7), "--format", "json")
    data = json.loads(told.stdout)
    assert told.returncode == 1
    assert data["a"]["seed"] == 1
    assert data["parting"]["cause"] in ("scheduler", "reply")
    diary = next(part for part in data["beats"] if part["id"] == "diary")
    assert diary["turns"] == [sum(one.id.startswith("diary/") for one in turns_of(golden(seed))) for seed in (1, 7)]
    assert len(diary["events"]["pierre_opens_diary"]) == 2
    assert {moment["mark"] for moment in diary["moments"]} >= {"changed", "same"}
    stat = json.loads(simulate("diff", golden_path(1), golden_path(7), "--format", "json", "--stat").stdout)
    assert "moments" not in stat["beats"][0]


def test_the_page_escapes_what_was_said_and_runs_no_script() -> None:
    evil = "<script>alert(1)</script>"
    page = as_page(
        compare(run(beat("a"), turn("a/1", "ada", evil)), run(beat("a"), turn("a/1", "ada", f"{evil} no"))), stat=False
    )
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src &#x27;none&#x27;" in page
    assert "script-src" not in page


def test_colours_are_for_terminals_and_control_characters_for_nobody() -> None:
    one, other = run(beat("a"), turn("a/1", "ada", "So \x1b[2J it is.")), run(beat("a"), turn("a/1", "ada", "So it was."))
    assert "\x1b" not in text_of(one, other)
    painted = text_of(one, other, colour=True)
    assert "\x1b[31m" in painted
    assert "\x1b[2J" not in painted


# Size


def large(path: Path, seed: int, turns: int) -> Path:
    """A run with beats of some hundred turns, of which two seeds share no line."""
    entries: list[Entry] = []
    for number in range(turns):
        if number % 500 == 0:
            entries.append(BeatEntry(id=f"b{number // 500}", place="room", contact="together", present=("ada",), sees={}))
        words = " ".join(f"word{(number * 31 + seed * 977 + place * 7919) % 3001}" for place in range(25))
        entries.append(turn(f"b{number // 500}/{number}", "ada" if number % 2 else "ben", words))
    return written(path, run(*entries, seed=seed))


@pytest.mark.parametrize("arguments", [(), ("--stat",)])
def test_large_runs_compare_in_time_that_grows_with_their_length_and_in_little_memory(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    one, other = large(tmp_path / "one.jsonl", 1, 2500), large(tmp_path / "other.jsonl", 2, 2500)
    program = (  # the kernel's peak for this program alone: rusage would count the process that started it
        "import resource, sys\nfrom simulator.cli import main\ntry:\n    main()\nfinally:\n"
        "    peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_utime, peak.split()[1], file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, "diff", str(one), str(other), *arguments]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds, kibibytes = map(float, told.stderr.splitlines()[-1].split())
    assert told.returncode == 1
    assert seconds < 3
    assert kibibytes < 300_000
