"""How good `check` is: every mutant of the default play, and who notices it.

`python -m tests.mutation.report` writes REPORT.md. A mutant is caught where a file no longer loads, or `check` says something
that it does not say of the play itself. What `check` alone cannot know, since a changed play may be a sound play of its own,
the brief's tables know (tests/brief), and of patterns the labelled lines (tests/evidence, unseen.yaml and lines.yaml).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Literal

import yaml
from pydantic import TypeAdapter, ValidationError

from simulator.engine.cue import Cue
from simulator.engine.evidence import evident
from simulator.engine.world import World
from simulator.errors import PlayError
from simulator.play.loading import default_play, load_with_sources
from simulator.play.references import check_references
from simulator.play.source import Source
from simulator.play.types import Beat, Exchange, LeadEvent, Play, StageEvent
from simulator.proof.authored import check_authored
from simulator.proof.explore import BeatStates, Exploration, Moment, explore
from simulator.proof.findings import Findings
from simulator.proof.habits import check_habits
from simulator.proof.properties import check_properties
from simulator.proof.visible import check_visible
from tests.brief.performed import rows_of_play, states_of_play
from tests.brief.tables import STORY, event_rows, innocent_versions, must_wait, states, the_promise
from tests.evidence.report import Sample, events
from tests.mutation.mutants import Mutant, mutants

__all__ = ["Verdict", "judge", "judged", "main", "of_default_play"]

REPORT = Path(__file__).with_name("REPORT.md")
BRIEF = STORY.read_text(encoding="utf-8")
_EXCHANGES = TypeAdapter(tuple[Exchange, ...])

Verdict = Literal["loader", "check", "same", "tempo", "brief", "labelled", "lines.yaml", "survived"]
"""Who notices a mutant; or that it plays the same, in the same turns or in others; or that nobody notices."""


@dataclass(frozen=True)
class _Original:
    """The play as it is, with what is compared."""

    play: Play
    sources: Mapping[str, Source]
    said: frozenset[tuple[str, str, str]]
    plot: object
    tempo: object
    noticed: frozenset[str]  # labelled lines that are judged as they are labelled


def of_default_play() -> list[Mutant]:
    """All mutants of the default play."""
    play, files = _original().play, {name: source.data for name, source in _original().sources.items()}
    return list(mutants(files, play.leads, list(play.beats)))


@cache
def _original() -> _Original:
    play, sources = load_with_sources(default_play())
    exploration, said = _said(play, sources, set(play.beats))
    return _Original(play, sources, said, _plot(exploration), _tempo(exploration), _right(play))


def judge(mutant: Mutant) -> Verdict:
    """Who notices a mutant of the default play."""
    original = _original()
    try:
        play, sources = _mutated(mutant)
    except (PlayError, ValidationError):
        return "loader"
    exploration, said = _said(play, sources, {Path(name).stem for name in mutant.files})
    if said - original.said:
        return "check"
    if _plot(exploration) == original.plot:
        return "same" if _tempo(exploration) == original.tempo else "tempo"
    if _brief_objects(play, exploration):
        return "brief"
    if lost := original.noticed - _right(play):
        return "labelled" if lost & {_name(sample) for sample in (*events(), *lines("unseen.yaml"))} else "lines.yaml"
    return "survived"


def _mutated(mutant: Mutant) -> tuple[Play, dict[str, Source]]:
    """The changed play, by the loader's own steps. Raises ValidationError or PlayError."""
    base = _original()
    sources = {name: Source(name, mutant.files.get(name, one.data), dict(one.lines)) for name, one in base.sources.items()}
    beats, lines = dict(base.play.beats), dict(base.play.lines)
    for name, data in mutant.files.items():
        beat = Path(name).stem
        if name.startswith("beats/lines/"):
            lines[beat] = _EXCHANGES.validate_python(data)
        else:
            beats[beat] = Beat.model_validate({**data, "id": beat})
    play = base.play.model_copy(update={"beats": beats, "lines": lines})
    check_references(play, sources)
    problems = [problem for source in sources.values() for problem in source.problems]
    if problems:
        raise PlayError(problems)
    return play, sources


def _said(play: Play, sources: Mapping[str, Source], beats: set[str]) -> tuple[Exploration, frozenset[tuple[str, str, str]]]:
    """What `check` says of a play, without the lines where it stands; authored lines of some beats only."""
    findings, exploration = Findings(sources), explore(play)
    check_properties(exploration, findings)
    check_authored(exploration, findings, beats)
    check_visible(exploration, findings)
    check_habits(play, findings)
    problems = (finding.problem for finding in findings.sorted())
    return exploration, frozenset((problem.file, problem.field.split("[")[0], problem.message) for problem in problems)


# What plays the same.


def _plot(exploration: Exploration) -> object:
    """What runs can come to, whenever: which event before which, in which worlds, before whom, in which words."""
    return [
        (
            name,
            _orders(found),
            {(change.event.id, _world(change.before), _world(change.after)) for change in found.changes},
            {
                event.id: _nature(exploration.play, exploration.play.beats[name], event)
                for event in exploration.play.beats[name].events
            },
            len(found.stuck),
        )
        for name, found in exploration.beats.items()
    ]


def _orders(found: BeatStates) -> set[tuple[str, str]]:
    """Each event with each that can come after it."""
    orders = {pair for one in found.moments for pair in product(one.stage.done, _undone(one))}
    for one in (*found.moments, *found.ends):
        orders.update(combinations([step.split()[-1] for step in one.before], 2))
    return orders


def _undone(moment: Moment) -> list[str]:
    return [event.id for event in moment.stage.current.events if event.id not in moment.stage.done]


def _tempo(exploration: Exploration) -> object:
    """The same with the turns: when each set of events can have happened, and what is offered and required then."""
    return [
        {(one.stage.turn, frozenset(one.stage.done), _offered(one.cue)) for one in (*found.moments, *found.ends)}
        for found in exploration.beats.values()
    ]


def _offered(cue: Cue | None) -> tuple[tuple[str, bool], ...]:
    return tuple((offer.event.id, offer.rung == "required") for offer in cue.contract.offers) if cue else ()


def _world(world: World) -> str:
    return world.model_dump_json(exclude={"circumstances"})


def _nature(play: Play, beat: Beat, event: LeadEvent | StageEvent) -> object:
    """Who does it, who perceives it, and in which words it is known and done."""
    observers = tuple(lead for lead in play.leads if beat.perceives(lead, event, play.leads))
    if isinstance(event, StageEvent):
        return event.by, observers, event.text
    return event.by, observers, event.channel, event.innocent, event.evidence, event.fallback


# What the brief and the labelled lines know.


def _brief_objects(play: Play, exploration: Exploration) -> bool:
    """Whether the play parts from the brief's tables, in its files or in any order in which a run can take it."""
    rows = event_rows(BRIEF)
    known = {row.event for row in rows}
    if [row for row in rows_of_play(play) if row.event in known] != list(rows):
        return True
    folded = list(states_of_play(play))
    if [state for _, state in folded] != list(states(BRIEF, tuple(event for event, _ in folded[1:] if event))):
        return True
    promise = the_promise(BRIEF)
    if {name: (one.by, one.to) for name, one in play.promises.items()} != {promise.name: (promise.by, promise.to)}:
        return True
    leads = (event for beat in play.beats.values() for event in beat.events if isinstance(event, LeadEvent))
    shown = {event.id: set(event.innocent) for event in leads if event.innocent}
    if shown != {event: set(versions) for event, versions in innocent_versions(BRIEF).items()}:
        return True
    return any(_out_of_order(exploration))


def _out_of_order(exploration: Exploration) -> Iterator[str]:
    """The events that some run can reach without one that they must wait for."""
    rows = event_rows(BRIEF)
    for name, found in exploration.beats.items():
        own = [row for row in rows if row.beat == name]
        pairs = [(a.event, b.event) for at, b in enumerate(own) for a in own[:at] if must_wait(b, a)]
        for one in (*found.moments, *found.ends):
            yield from (later for earlier, later in pairs if later in one.stage.done and earlier not in one.stage.done)


def _right(play: Play) -> frozenset[str]:
    """The labelled lines that the play's patterns judge as they are labelled."""
    leads = (event for beat in play.beats.values() for event in beat.events if isinstance(event, LeadEvent))
    evidence = {event.id: event.evidence for event in leads}
    samples = [sample for sample in (*events(), *lines("unseen.yaml"), *lines("lines.yaml")) if sample.subject in evidence]
    return frozenset(_name(one) for one in samples if (evident(evidence[one.subject], one.text) is not None) == one.label)


def _name(sample: Sample) -> str:
    return f"{sample.subject}: {sample.text}"


@cache
def lines(name: str) -> tuple[Sample, ...]:
    """Labelled lines of this folder: unseen.yaml knows nothing of the patterns, lines.yaml what each of them is for."""
    rows = yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return tuple(
        Sample(event, "told", 1, label, text)
        for event, texts in rows.items()
        for label, key in ((True, "done"), (False, "not_done"))
        for text in texts[key]
    )


# The report.


def judged(chosen: list[Mutant]) -> list[tuple[Mutant, Verdict]]:
    """Each mutant with its verdict, in two processes."""
    with ProcessPoolExecutor(2) as pool:
        return list(zip(chosen, pool.map(judge, chosen, chunksize=16), strict=True))


def _written(results: list[tuple[Mutant, Verdict]]) -> str:
    counts = Counter(verdict for _, verdict in results)
    excluded = counts["same"] + counts["tempo"]
    counted = len(results) - excluded
    alone = counts["loader"] + counts["check"]
    independent = alone + counts["brief"] + counts["labelled"]
    helped = independent + counts["lines.yaml"]
    return "\n".join(
        [
            "# Mutants of the default play",
            "",
            "Made by `make mutants`: each event of the play dropped, moved, retimed, given another actor, other observers,",
            "effects, evidence or another fallback, one change at a time, and judged by `simulate check`.",
            "",
            f"{len(results)} mutants. {excluded} are not counted, because they play the same plot: {counts['same']} in every",
            f"turn, and {counts['tempo']} with the same events in the same orders, worlds and words, in other turns (tempo).",
            f"Of the other {counted}:",
            "",
            f"- {alone} are caught by `check` alone: {alone / counted:.1%} ({counts['loader']} as the files are loaded)",
            f"- {independent} with the brief's tables and the labelled lines that know no pattern: {independent / counted:.1%}",
            f"- {helped} with lines.yaml too: {helped / counted:.1%}",
            f"- {counts['survived']} survive",
            "",
            "The lines of tests/evidence and of unseen.yaml were written without sight of the patterns. "
            "Those of lines.yaml were",
            "written with the patterns and the survivors in view, to say what each part of the evidence is there for: they",
            "hold it in place, and measure nothing. Evidence loses half of its alternatives at a time; one of ten is hardly",
            "ever missed by any line.",
            "",
            *_table(results),
            "",
            "## Survivors",
            "",
            *_survivors(results),
            "",
        ]
    )


def _table(results: list[tuple[Mutant, Verdict]]) -> Iterator[str]:
    columns: tuple[Verdict, ...] = ("loader", "check", "brief", "labelled", "lines.yaml", "survived", "tempo", "same")
    yield "| change | mutants | " + " | ".join(columns) + " |"
    yield "| --- |" + " ---: |" * (len(columns) + 1)
    for operator in dict.fromkeys(mutant.operator for mutant, _ in results):
        own = Counter(verdict for mutant, verdict in results if mutant.operator == operator)
        yield f"| {operator} | {own.total()} | " + " | ".join(str(own[column]) for column in columns) + " |"


_REASONS = {
    "drop": "Nothing waits for it, it changes nothing, and it is not the brief's: without it this is another sound play.",
    "move": "Sound, and no table of the brief says otherwise: one of the two is not its event, or its actor cannot wait.",
    "retime": "Sound, and the brief says nothing of times: what it must wait for still comes first.",
    "actor": "The event is not the brief's; said by somebody else it is sound too.",
    "observers": "The event is not the brief's; perceived by others it is sound too.",
    "effects": "Sound, and the brief's table says nothing of it.",
    "evidence": "No authored and no labelled line needs this part of the evidence: it is there for what a model may say.",
    "fallback": "The words meet the event's evidence as well: it is another good fallback.",
}


def _survivors(results: list[tuple[Mutant, Verdict]]) -> Iterator[str]:
    for operator, reason in _REASONS.items():
        names = [mutant.name for mutant, verdict in results if verdict == "survived" and mutant.operator == operator]
        if names:
            yield f"{operator} ({len(names)}). {reason}\n"
            yield from (f"- {name}" for name in names)
            yield ""


def main() -> None:
    """Judge all mutants and write the report."""
    REPORT.write_text(_written(judged(of_default_play())), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8").split("## Survivors")[0])


if __name__ == "__main__":
    main()
