"""What shows that something happened, by behaviour; and how well the default play's patterns do on lines labelled by hand."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from simulator.engine.contract import Contract, Offer, Turn, check, realised
from simulator.engine.evidence import evident, gives_away, normalise, quoted
from simulator.engine.rules import PLOT_RULES
from simulator.play.types import Evidence, LeadEvent, Play
from tests.evidence import report
from tests.rehearsal import default

SWAP = Evidence(any=(r"\bi swapped\b",))
ILL = Evidence(any=(r"\bi have cancer\b",))


@pytest.mark.parametrize(
    "words",
    [
        "I swapped the tapes.",
        "Look again. I swapped the tapes, my dear, an hour ago.",
        "I have no pen, but I swapped the tapes.",
        "If you must know, I swapped the tapes.",
        "I swapped the tapes, do you hear?",
        "Ｉ SWAPPED the tapes!",
        "“Blank” is the word you are after; I swapped the tapes.",
    ],
)
def test_plain_words_show_a_deed(words: str) -> None:
    assert evident(SWAP, words)


@pytest.mark.parametrize(
    "words",
    [
        "I never said I swapped the tapes.",
        "I swapped the tapes, no.",
        "If I swapped the tapes, where is yours?",
        "Suppose I swapped the tapes.",
        "When you are told that I swapped the tapes, laugh.",
        "You would like it if I swapped the tapes.",
        "I swapped the tapes?",
        "Do you think I swapped the tapes?",
        "She says I swapped the tapes.",
        "Brandt told them I swapped the tapes.",
        "According to her I swapped the tapes.",
        "I swapped the tapes, he said.",
        "'I swapped the tapes,' it says here.",
        '"I swapped the tapes." That was his line.',
        "“I swapped the tapes. All of them.” His line.",
        "She swapped the tapes.",
    ],
)
def test_words_that_deny_suppose_ask_or_report_a_deed_do_not_show_it(words: str) -> None:
    assert evident(SWAP, words) is None


@pytest.mark.parametrize(
    ("allow", "words"),
    [
        ("negated", "I do not say I have cancer."),
        ("hypothetical", "Would it help you if I have cancer?"),
        ("reported", "She says I have cancer."),
        ("reported", '"I have cancer." Her words.'),
    ],
)
def test_an_author_may_allow_what_does_not_count_otherwise(allow: str, words: str) -> None:
    assert evident(ILL, words) is None
    assert evident(ILL.model_copy(update={"allow": (allow,)}), words)


def test_a_denial_in_another_clause_or_sentence_does_not_touch_a_deed() -> None:
    assert evident(ILL, "I don't want flowers, I have cancer.")
    assert evident(ILL, "I do not act here. I have cancer. Could you sit?")


def test_what_a_pattern_spells_out_is_not_held_against_it() -> None:
    silence = Evidence(any=(r"\bi won't tell\b", r"\bi tell nothing\b"))
    assert evident(silence, "I won't tell a soul.")
    assert evident(silence, "I never said that I won't tell.") is None


def test_the_ends_in_a_pattern_are_those_of_a_clause() -> None:
    stop = Evidence(any=("^stop( it)?$",))
    assert evident(stop, "No, stop, please.")
    assert evident(stop, "Stop it.")
    assert evident(stop, "Don't stop.") is None
    assert evident(stop, "Stop me if you know it.") is None


def test_all_any_and_none_are_met_anywhere_in_the_field() -> None:
    evidence = Evidence(all=(r"\bpolice\b", r"\beditor\b"), any=(r"\bfirst\b", r"\bchoose\b"), none=(r"\bwife\b",))
    assert evident(evidence, "The police. Rain. Your editor. Choose.") == "The police. Your editor. Choose."
    assert evident(evidence, "The police first.") is None
    assert evident(evidence, "The police first, then your editor and your wife.") is None


def test_words_compare_after_nfkc_and_case_and_with_straight_apostrophes() -> None:
    assert normalise("  I’m\u00a0“Ｆine” — really… ") == "i'm fine really"
    assert evident(Evidence(any=(r"\bi'm leaving\b",)), "I’M LEAVING.")
    assert quoted(Evidence(any=(r"\bi'm leaving\b",)), "I'm leaving now", "Well. I’m   leaving—now!")


def test_a_quote_has_three_words_or_is_the_whole_field() -> None:
    assert quoted(ILL, "i have cancer", "I have cancer. There.")
    assert not quoted(ILL, "have cancer", "I have cancer. There.")
    assert not quoted(ILL, "", "I have cancer.")
    assert quoted(Evidence(any=("^stop$",)), "Stop.", "Stop!")


def test_a_quote_stands_in_the_field_and_shows_the_deed_there() -> None:
    assert not quoted(ILL, "I have cancer", "I have nothing to say.")
    assert not quoted(ILL, "I have cancer", "If I have cancer, who told you?")
    assert not quoted(ILL, "I have cancer", '"Sit down. I have cancer. Do go on." That is Lena on a Thursday.')
    assert not quoted(ILL, "There it is.", "I have cancer. There it is.")


def reply(speech: str, *quotes: str) -> str:
    claims = [{"mark": "A", "quote": quote} for quote in quotes]
    return json.dumps({"intent": "x", "speech": speech, "action": None, "aside": None, "claims": claims})


def contract(event_id: str) -> Contract:
    events = (event for beat in default().beats.values() for event in beat.events)
    event = next(event for event in events if isinstance(event, LeadEvent) and event.id == event_id)
    return Contract(speaker=event.by, rules=PLOT_RULES, offers=(Offer("A", event, "cued"),), undone=(event,))


def test_a_deed_is_found_where_nobody_claims_it_and_a_claim_without_a_deed_is_sent_back() -> None:
    terms = contract("katya_claims_cancer")
    done = check(reply("I have cancer. There."), terms)
    assert isinstance(done, Turn)
    found = realised(done, terms)
    assert [(one.event.id, one.claimed) for one in found] == [("katya_claims_cancer", False)]
    refused = check(reply("I have a headache.", "I have a headache"), terms)
    assert isinstance(refused, tuple)
    assert "claim" in [violation.rule for violation in refused]
    denied = check(reply("I do not have cancer.", "have cancer"), terms)
    assert isinstance(denied, tuple)
    assert "claim" in [violation.rule for violation in denied]


def test_a_secret_is_given_away_by_what_is_said_not_by_what_is_supposed_asked_or_denied() -> None:
    telling = (r"\bi let her die\b", r"\bi (have no|haven't got) cancer\b")
    assert gives_away(telling, "Rain again. I let her die.") == "I let her die."
    assert gives_away(telling, "I haven't got cancer.")  # its own negation is the telling
    for words in (
        "I never said I let her die.",
        "If I let her die, say so.",
        "Did I say I let her die?",
        "They say I let her die.",
    ):
        assert gives_away(telling, words) is None


MEASURED = pytest.mark.parametrize("results", [report.event_results, report.secret_results], ids=["events", "secrets"])
PARTS = pytest.mark.parametrize("part", [1, 2])


Measure = Callable[[Play], tuple[report.Result, ...]]


@MEASURED
@PARTS
def test_what_does_not_do_it_is_seldom_taken_for_it(results: Measure, part: int) -> None:
    hard = [one for one in results(default()) if one.sample.part == part and one.sample.stratum == "hard_negative"]
    wrong = [one.sample.text for one in hard if one.found]
    assert hard
    assert len(wrong) <= 0.05 * len(hard), wrong


@MEASURED
def test_what_is_taken_for_it_does_it(results: Measure) -> None:
    assert report.precision(results(default())) >= 0.95


@MEASURED
def test_plain_words_are_found(results: Measure) -> None:
    for part, floor in ((1, 0.9), (2, 0.75)):
        plain = [one for one in results(default()) if one.sample.part == part and one.sample.stratum == "plain"]
        found, lines = report.recall(plain)
        assert found >= floor * lines


def test_the_report_on_disk_is_what_its_command_makes() -> None:
    assert report.REPORT.read_text(encoding="utf-8") == report.report(default())
