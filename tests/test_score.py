"""What the logs show, in figures that can be counted by hand."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.engine.entries import Entry
from simulator.play.loading import load
from simulator.play.types import Play
from simulator.score.count import figures_of
from simulator.score.figures import Figures, Risk, total
from simulator.score.report import Format, print_score
from simulator.score.spent import spent_on
from simulator.transcript.reading import Transcript
from tests.golden import golden_path
from tests.rehearsal import default
from tests.transcripts import beat, golden, happened, header, rejected, run, simulate, turn, written

LETTER = Path(__file__).parent / "plays" / "letter"


def figures(*entries: Entry, play: Play | None = None) -> Figures:
    return figures_of(run(*entries), play, None)


def printed(capture: pytest.CaptureFixture[bytes], files: list[Path], form: Format = "text") -> str:
    """What `simulate score` prints."""
    print_score(files, None, form)
    return capture.readouterr().out.decode()


# Counts


def test_events_are_counted_by_rung_and_the_unforced_share_is_free_and_cued() -> None:
    events = [happened(f"e{number}", rung) for number, rung in enumerate(["free", "cued", "cued", "required", "fed"])]
    counted = figures(beat("a"), turn("a/1", "ada", "So.", *events))
    assert dict(counted.rungs) == {"free": 1, "cued": 2, "required": 1, "fed": 1}
    assert counted.complete == 1


def test_a_reply_that_breaks_a_rule_twice_is_one_reply_of_that_rule() -> None:
    counted = figures(
        beat("a"),
        rejected("a/1~1", "ada", "claim", "claim", "json"),
        rejected("a/1~2", "ada", "json"),
        turn("a/1", "ada", "So."),
    )
    assert counted.rejected == 2
    assert dict(counted.rules) == {"claim": 1, "json": 2}


def test_claims_that_hold_are_set_against_all_that_were_made() -> None:
    held = turn("a/1", "ada", "So.", happened("one"), happened("two", claimed=False))
    counted = figures(beat("a"), rejected("a/1~1", "ada", "claim", "claim"), held)
    assert counted.claims == Risk(1, 3)


def test_the_author_s_words_are_no_accepted_turn_and_speak_for_nobody() -> None:
    counted = figures(beat("a"), turn("a/1", "ada", "I burn it.", model="fallback"), turn("a/2", "ben", "Two words."))
    assert (counted.turns, counted.accepted) == (2, 1)
    assert dict(counted.words) == {"ben": 2}


def test_repetition_is_the_share_of_runs_of_three_words_that_this_speaker_said_before() -> None:
    counted = figures(
        beat("a"),
        turn("a/1", "ada", "I never saw the sea."),  # three runs
        turn("a/2", "ben", "I never saw the sea."),
        turn("a/3", "ada", "She said: I NEVER saw it."),  # four runs, one of them again
    )
    assert counted.repeated == Risk(1, 10)


def test_echo_is_the_share_taken_from_what_the_other_said_last_and_could_be_heard() -> None:
    heard = [turn("a/1", "ada", "I never saw the sea."), turn("a/2", "ben", "You never saw the sea.")]
    assert figures(beat("a"), *heard).echoed == Risk(2, 3)
    apart = [entry.model_copy(update={"sees": {entry.by: "full"}}) for entry in heard]
    assert figures(beat("a"), *apart).echoed == Risk(0, 0)


# Leaks


def letter(*entries: Entry) -> Transcript:
    """A run of the letter's play: what was burnt is known to ben and not to ada."""
    world = {
        "facts": {"letter_burnt": False}, "beliefs": {"ada": {}, "ben": {"letter_burnt": False}},
        "items": {}, "locations": {}, "promises": {}, "circumstances": {},
    }  # fmt: skip
    return Transcript("letter", header(play="letter", world=world), (beat("supper"), *entries))


BURNS = happened("ben_burns", set={"letter_burnt": True}, learn={"ben": {"letter_burnt": True}})


def test_a_secret_that_slips_through_is_a_leak_heard_and_one_that_is_stopped_is_counted_apart() -> None:
    told = turn("supper/2", "ben", "I burnt the letter.")
    caught = rejected("supper/2~1", "ben", "conceal")
    leaks = figures_of(letter(turn("supper/1", "ben", "There.", BURNS), caught, told), load(LETTER), None).leaks
    assert leaks
    assert leaks.heard == Risk(1, 2)  # the deed's own turn could tell it, too
    assert leaks.stopped == Risk(1, 3)


def test_before_it_is_true_a_secret_cannot_be_told_and_after_an_event_told_it_it_is_none() -> None:
    early = figures_of(letter(turn("supper/1", "ben", "I burnt the letter.")), load(LETTER), None).leaks
    mistaken = happened("dream", learn={"ben": {"letter_burnt": True}})
    dreamt = figures_of(letter(turn("supper/1", "ben", "I burnt the letter.", mistaken)), load(LETTER), None).leaks
    owns_up = happened("ben_owns_up", learn={"ada": {"letter_burnt": True}})
    told = [turn("supper/1", "ben", "There.", BURNS), turn("supper/2", "ben", "I burnt the letter.", owns_up)]
    late = figures_of(letter(*told), load(LETTER), None).leaks
    assert early
    assert late
    assert dreamt
    assert dreamt.heard == Risk(0, 0)
    assert early.heard == Risk(0, 0)
    assert late.heard == Risk(0, 2)


def test_what_its_speaker_could_not_know_is_an_epistemic_leak_and_no_other() -> None:
    guess = turn("supper/2", "ada", "I burnt it, for all you know.")
    leaks = figures_of(letter(turn("supper/1", "ben", "There.", BURNS), guess), load(LETTER), None).leaks
    assert leaks
    assert leaks.epistemic == Risk(1, 1)
    assert leaks.heard == Risk(0, 1)


def test_the_golden_runs_leak_nothing_and_are_at_risk_throughout() -> None:
    for seed in (1, 7, 42):
        leaks = figures_of(golden(seed), default(), None).leaks
        assert leaks
        assert leaks.heard.count == leaks.epistemic.count == 0
        assert leaks.heard.chances > 60


# Bounds


def test_the_bound_for_none_of_n_is_the_exact_one() -> None:
    for chances in (1, 10, 100, 3000):
        assert Risk(0, chances).upper == pytest.approx(1 - 0.05 ** (1 / chances))
    assert Risk(0, 0).upper is None
    assert Risk(5, 5).upper == 1.0
    assert Risk(1, 10).upper == pytest.approx(0.3942, abs=1e-4)  # Clopper and Pearson's table
    assert Risk(40, 100_000).upper == pytest.approx(0.000521, rel=0.02)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(1, 60))
def test_the_bound_lies_above_the_share_and_shrinks_with_more_chances(count: int, more: int) -> None:
    few, many = Risk(count, count + more), Risk(count, count + 10 * more)
    assert few.share is not None
    assert few.upper
    assert many.upper
    assert few.share <= few.upper
    assert many.upper <= few.upper


# Over all, and as it is printed


def test_over_all_is_the_sum_of_the_runs_and_not_the_mean_of_their_shares() -> None:
    short = figures(beat("a"), turn("a/1", "ada", "So.", happened("e")))
    long = figures(beat("a"), turn("a/1", "ada", "So.", *(happened(f"e{number}", "fed") for number in range(9))))
    both = total([short, long])
    assert (both.runs, both.turns, both.rungs["fed"], both.rungs["free"]) == (2, 2, 9, 1)


def test_tokens_come_from_the_trace_and_a_line_that_was_cut_off_is_left_out(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = written(tmp_path / "a.jsonl", run(beat("a"), turn("a/1", "ada", "So."), turn("a/2", "ben", "No.")))
    call = {"cue": "a/1/ada/1", "usage": {"prompt": 100, "cached": 40, "completion": 20, "reasoning": 0}}
    trace = f'{json.dumps(call)}\n{json.dumps(call)}\n{{"stopped":"x"}}\n{{"cue":"a/2'
    (tmp_path / "a.trace.jsonl").write_text(trace)
    spent = spent_on(file, run(beat("a"), turn("a/1", "ada", "So.")))
    assert spent
    assert (spent.calls, spent.prompt, spent.cached, spent.completion) == (2, 200, 80, 40)
    assert spent.tokens_a_turn == 240
    assert spent.cost is None  # nobody lists a price for a model called m
    assert "price unknown" in printed(capsysbinary, [file])


def test_what_a_run_cost_is_its_tokens_at_the_list_prices_of_its_models(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    played = run(beat("a"), turn("a/1", "ada", "So."), cast={"ada": "gpt-4o-mini", "ben": "understudy"})
    calls = [{"cue": f"a/1/{lead}/1", "usage": {"prompt": 1_000_000, "cached": 0, "completion": 0}} for lead in ("ada", "ben")]
    file = written(tmp_path / "a.jsonl", played)
    (tmp_path / "a.trace.jsonl").write_text("".join(f"{json.dumps(call)}\n" for call in calls))
    spent = spent_on(file, played)
    assert spent
    assert spent.cost == pytest.approx(Decimal("0.15"))
    assert "$0.1500 at list prices" in printed(capsysbinary, [file])


def test_text_has_a_line_for_each_run_and_all_measures_over_all() -> None:
    scored = simulate("score", golden_path(1), golden_path(7))
    assert scored.returncode == 0, scored.stderr
    text = scored.stdout.decode()
    assert str(golden_path(1)) in text
    assert "all 2 runs" in text
    assert "leaks: heard" in text
    assert "with 95% confidence" in text


def test_json_and_csv_hold_the_same_values_for_each_run_and_over_all(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    data = json.loads(printed(capsysbinary, [golden_path(1), golden_path(7)], "json"))
    rows = list(csv.DictReader(io.StringIO(printed(capsysbinary, [golden_path(1), golden_path(7)], "csv"))))
    assert [row["run"] for row in rows] == [str(golden_path(1)), str(golden_path(7)), "all"]
    for row, values in zip(rows, [*data["runs"], data["all"]], strict=True):
        assert float(row["events.unforced"]) == values["events.unforced"]
        assert int(row["leaks.heard.of"]) == values["leaks.heard.of"]
    assert data["all"]["turns"] == sum(one["turns"] for one in data["runs"])


def test_a_run_of_another_play_is_scored_without_leaks_and_the_reader_is_told(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = written(tmp_path / "a.jsonl", run(beat("a"), turn("a/1", "ada", "So.")))
    scored = printed(capsysbinary, [file])
    assert "leaks: " not in scored
    assert "name it with --play" in scored


def test_every_measure_is_defined_in_the_docs(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    docs = (Path(__file__).parents[1] / "docs" / "score.md").read_text(encoding="utf-8")
    data = json.loads(printed(capsysbinary, [golden_path(7)], "json"))
    for key in data["all"]:
        if key.startswith("flags.") or (key.startswith("rejected.") and key.rpartition(".")[2] not in ("count", "of")):
            continue  # named by their rules
        stem = key.removesuffix(".count").removesuffix(".of").removesuffix(".upper95")
        stem = stem.removesuffix(".pierre").removesuffix(".katya")
        assert f"`{stem}" in docs, stem
