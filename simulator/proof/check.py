"""A play proved before it is performed: all proofs in one report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.play.loading import load_with_sources
from simulator.play.source import Source
from simulator.play.types import Play
from simulator.proof.authored import check_authored
from simulator.proof.explore import LIMIT, Exploration, explore
from simulator.proof.findings import Finding, Findings
from simulator.proof.habits import check_habits
from simulator.proof.properties import check_properties
from simulator.proof.visible import check_visible

__all__ = ["Report", "check_play", "prove", "render"]


@dataclass(frozen=True)
class Report:
    """What was proved of a play, and what was found."""

    play: Play
    exploration: Exploration
    findings: tuple[Finding, ...]
    lines: int  # authored lines performed, in all versions
    texts: int  # texts looked through

    @property
    def errors(self) -> int:
        """How many things would go wrong."""
        return sum(finding.level == "error" for finding in self.findings)

    @property
    def proved(self) -> bool:
        """Whether no reachable state breaks anything, and all were seen."""
        return not self.errors and self.exploration.complete


def check_play(folder: Path, limit: int = LIMIT) -> Report:
    """Load and prove the play in a folder.

    Raises PlayError where its files are wrong in themselves.
    """
    return prove(*load_with_sources(folder), limit)


def prove(play: Play, sources: Mapping[str, Source], limit: int = LIMIT) -> Report:
    """Prove a play, whose files are given for the places of what is found."""
    findings = Findings(sources)
    exploration = explore(play, limit)
    check_properties(exploration, findings)
    lines = check_authored(exploration, findings)
    texts = check_visible(exploration, findings) if exploration.complete else 0
    check_habits(play, findings)
    return Report(play, exploration, tuple(findings.sorted()), lines, texts)


def render(report: Report) -> str:
    """The report as it is printed: what was found, and last what was proved."""
    return "\n".join([*map(str, report.findings), *_verdict(report)])


def _verdict(report: Report) -> list[str]:
    title, warnings = report.play.id, len(report.findings) - report.errors
    counts = ", ".join(
        f"{count} {word}{'s' * (count != 1)}" for count, word in ((report.errors, "error"), (warnings, "warning")) if count
    )
    if not report.proved:
        return [f"{title}: not proved" + (f": {counts}" if counts else ""), *_unseen(report.exploration)]
    lengths = [states.lengths for states in report.exploration.beats.values()]
    fewest, most = sum(map(min, lengths)), sum(map(max, lengths))
    events = sum(len(beat.events) for beat in report.play.beats.values())
    states = sum(one.states for one in report.exploration.beats.values())
    return [
        f"{title}: proved" + (f", with {counts}" if counts else ""),
        f"{len(report.play.beats)} beats and {events} events: all happen, in {states:,} reachable states, with any model",
        f"a run takes {fewest if fewest == most else f'{fewest} to {most}'} turns, and {2 * most} model calls at the very most",
        f"{report.lines:,} authored lines were performed,"
        f" and {report.texts:,} texts looked through for what their readers must not know",
    ]


def _unseen(exploration: Exploration) -> list[str]:
    """What was not looked at, and why."""
    for states in exploration.beats.values():
        if not states.complete:
            return [
                f"beats/{states.beat}.yaml has more than {exploration.limit:,} states, which were not all seen:"
                " let its events wait for one another (after), or split it"
            ]
        if not states.ends:
            return [f"no run comes past beats/{states.beat}.yaml: what follows was not looked at"]
    return []
