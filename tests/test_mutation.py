"""`check` is itself tested by mutants of the default play; the large run is `make mutants`."""

from __future__ import annotations

import re

import pytest

from tests.mutation.mutants import Mutant
from tests.mutation.report import REPORT, Verdict, judge, of_default_play

MUTANTS = {f"{mutant.operator}: {mutant.name}": mutant for mutant in of_default_play()}


def _figure(pattern: str) -> float:
    found = re.search(pattern, REPORT.read_text(encoding="utf-8"))
    assert found is not None, pattern
    return float(found[1])


def test_the_report_is_on_more_than_three_hundred_mutants() -> None:
    assert _figure(r"(\d+) mutants\.") >= 300


def test_check_alone_catches_three_quarters_and_the_brief_and_labelled_lines_nearly_all() -> None:
    assert _figure(r"caught by `check` alone: ([\d.]+)%") >= 75
    assert _figure(r"with lines\.yaml too: ([\d.]+)%") >= 95


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("drop: pierre_asks_hope: dropped", "loader"),
        ("effects: katya_claims_cancer: without learn.pierre.katya_has_cancer", "check"),
        ("observers: the_page: seen by pierre and katya", "check"),
        ("evidence: pierre_swaps_tape: any word is evidence", "check"),
        ("fallback: pierre_promises: the hint as fallback", "check"),
        ("drop: curtain: dropped", "brief"),
        ("retime: katya_takes_him_home: no window", "tempo"),
    ],
)
def test_a_mutant_is_judged(name: str, verdict: Verdict) -> None:
    mutant: Mutant = MUTANTS[name]
    assert judge(mutant) == verdict
