"""How well words show deeds, and how well they give secrets away: measured on lines labelled by hand.

`python -m tests.evidence.report` writes REPORT.md. Part 1 of the fixture was there when the patterns were written; part 2 was
written when they were fixed, and no pattern has been changed for it since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from simulator.engine.evidence import evident, gives_away
from simulator.play.types import LeadEvent, Play
from tests.rehearsal import default

HERE = Path(__file__).parent
REPORT = HERE / "REPORT.md"
STRATA = ("plain", "paraphrase", "oblique", "hard_negative")
NOT_MEASURED = 0.2  # a recall below this is no measurement of the stratum


@dataclass(frozen=True)
class Sample:
    """One line with its label."""

    subject: str  # event or secret
    stratum: str
    part: int
    label: bool
    text: str


@dataclass(frozen=True)
class Result:
    """A sample and what the detector says of it."""

    sample: Sample
    found: bool


@cache
def events() -> tuple[Sample, ...]:
    """Labelled lines for the spoken events."""
    return tuple(_samples("events.yaml", "event", "done"))


@cache
def secrets() -> tuple[Sample, ...]:
    """Labelled lines for the secrets."""
    return tuple(_samples("secrets.yaml", "secret", "told"))


def _samples(name: str, subject: str, label: str) -> Iterator[Sample]:
    for path in sorted(HERE.glob(name.replace(".yaml", "*.yaml"))):
        for row in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield Sample(row[subject], row["stratum"], row["part"], row[label], row["text"])


def measured(samples: Iterable[Sample], detect: Callable[[Sample], bool]) -> tuple[Result, ...]:
    """Every sample with the detector's answer."""
    return tuple(Result(sample, detect(sample)) for sample in samples)


def event_results(play: Play) -> tuple[Result, ...]:
    """The evidence of the play's events, on their samples."""
    by_id = {event.id: event for beat in play.beats.values() for event in beat.events if isinstance(event, LeadEvent)}
    return measured(events(), lambda sample: evident(by_id[sample.subject].evidence, sample.text) is not None)


def secret_results(play: Play) -> tuple[Result, ...]:
    """The fingerprints of the play's facts, on their samples."""
    return measured(secrets(), lambda sample: gives_away(play.facts[sample.subject].fingerprints, sample.text) is not None)


def recall(results: Iterable[Result]) -> tuple[int, int]:
    """Of the lines that do it: how many were found, and how many there are."""
    positive = [result for result in results if result.sample.label]
    return sum(result.found for result in positive), len(positive)


def false_alarms(results: Iterable[Result]) -> tuple[int, int]:
    """Of the lines that do not do it: how many were taken for it, and how many there are."""
    negative = [result for result in results if not result.sample.label]
    return sum(result.found for result in negative), len(negative)


def precision(results: Iterable[Result]) -> float:
    """Of the lines that were found, the share that do it."""
    found = [result for result in results if result.found]
    return sum(result.sample.label for result in found) / len(found) if found else 1.0


def _table(title: str, results: tuple[Result, ...]) -> Iterator[str]:
    yield f"## {title}"
    for part, what in ((1, "seen while the patterns were written"), (2, "written when they were fixed")):
        of_part = tuple(result for result in results if result.sample.part == part)
        yield f"\n### Part {part}: {what} ({len(of_part)} lines)\n"
        yield "| stratum | lines | found | recall |\n| --- | --- | --- | --- |"
        for stratum in STRATA[:3]:
            found, lines = recall(result for result in of_part if result.sample.stratum == stratum)
            share = f"{found / lines:.2f}" if lines and found / lines >= NOT_MEASURED else "not measured by text"
            yield f"| {stratum} | {lines} | {found} | {share} |"
        wrong, lines = false_alarms(of_part)
        yield f"| hard negative | {lines} | {wrong} accepted | {wrong / max(1, lines):.1%} accepted |"
        yield f"\nPrecision over all strata of this part: {precision(of_part):.3f}\n"
    wrong, lines = false_alarms(results)
    yield f"Both parts: {wrong} of {lines} hard negatives accepted, precision over all strata {precision(results):.3f}.\n"


def report(play: Play) -> str:
    """The whole report, as Markdown."""
    lines = [
        "# What the patterns find",
        "\nMade by `python -m tests.evidence.report`. The lines were written and labelled by hand, the patterns unseen.",
        "Plain lines say it, paraphrases say it in other words, oblique ones let it be understood, and hard negatives use its",
        "words without doing it: denied, supposed, reported, or meant otherwise. The two parts are kept apart, since only the",
        "second can tell how the patterns do on lines that nobody had seen.\n",
        *_table("Evidence of the spoken events", event_results(play)),
        *_table("Secrets given away", secret_results(play)),
    ]
    return "\n".join(lines)


def main() -> None:
    """Write the report."""
    REPORT.write_text(report(default()), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
