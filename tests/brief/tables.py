"""The brief, read from its copy in story.md: the events, and where each fact, belief, tape and promise changes.

Nothing here knows the simulator: this is what the play is held against.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

STORY = Path(__file__).with_name("story.md")
LEADS = ("pierre", "katya")
ON_THE_PHONE = "final_call"  # "they hear, and do not see": said above the brief's table, not in it

Value = bool | str
State = Mapping[str, Value]  # a name such as "pierre believes katya_has_cancer"; what nobody has any belief about is left out
Timeline = tuple[tuple[str | None, Value], ...]  # from which event which value holds; None: from the beginning


@dataclass(frozen=True)
class Row:
    """One event, as the table has it and as a play or a log is brought into the same form."""

    beat: str
    event: str
    by: str
    channel: str | None  # speech, action, aside, voice; None for the world's
    seen_by: frozenset[str]


@dataclass(frozen=True)
class Promise:
    """A promise, by whom and to whom."""

    name: str
    by: str
    to: str


def truth_of(fact: str) -> str:
    """The name of a fact's truth in a state."""
    return f"truth of {fact}"


def belief_of(lead: str, fact: str) -> str:
    """The name of a lead's belief in a state."""
    return f"{lead} believes {fact}"


def holder_of(item: str) -> str:
    """The name of an item's holder in a state."""
    return f"holder of {item}"


def location_of(lead: str, item: str) -> str:
    """The name of where a lead thinks an item is, in a state."""
    return f"where {lead} thinks {item} is"


def stand_of(promise: str) -> str:
    """The name of a promise in a state."""
    return f"promise {promise}"


# The table of events.


def event_rows(story: str) -> tuple[Row, ...]:
    """The events in the order of the table."""
    return tuple(
        Row(beat, event, by, None if channel == "–" else channel, _observers(seen_by))
        for beat, event, by, channel, seen_by in _table(story, "beat")
    )


def innocent_versions(story: str) -> Mapping[str, Mapping[str, str]]:
    """Event: lead: what the table says, in brackets, that this lead sees in its place."""
    cells = {event: re.findall(r"\((\w+): ([^)]+)\)", seen_by) for _, event, _, _, seen_by in _table(story, "beat")}
    return {event: dict(versions) for event, versions in cells.items() if versions}


def _observers(cell: str) -> frozenset[str]:
    listed = re.sub(r"\([^)]*\)", "", cell).strip()
    return frozenset() if listed == "–" else frozenset(listed.split(", "))


# The table of facts.

READINGS: Mapping[str, Timeline] = {
    "believes he was Googling from `pierre_claims_googling`; knows from `pierre_asks_hope`": (
        ("pierre_claims_googling", False),
        ("pierre_asks_hope", True),
    ),
    "never learns it from him": (),
    "believes it is in the camcorder, then from `pierre_swaps_tape` that he has it; the truth from `katya_names_rehearsal`": (
        (None, "camcorder"),
        ("pierre_swaps_tape", "pierre"),
        ("katya_names_rehearsal", "katya"),
    ),
    "does not know that it exists until `katya_names_rehearsal`": (("katya_names_rehearsal", "pierre"),),
    "knows; that Pierre took it, from `pierre_claims_swap`": (
        (None, "katya"),
        ("katya_swaps_tape", "camcorder"),
        ("pierre_claims_swap", "pierre"),
    ),
}
"""The cells that follow no pattern, word for word, and what they mean."""


def timelines(story: str) -> Mapping[str, Timeline]:
    """From when what holds, by the table of facts and the promise. Raises ValueError at a cell that has no reading."""
    promise = _promise_line(story)
    found = dict(entry for row in _table(story, "fact") for entry in _timelines_of_row(row))
    return {**found, stand_of(promise["name"]): ((promise["made"], "made"), (promise["broken"], "broken"))}


def states(story: str, events: Iterable[str | None]) -> Iterator[State]:
    """What must hold at the beginning, and after each of these events; None is a step that is no event, and changes nothing."""
    lines = timelines(story)
    state = _beginning_with(lines, None)
    yield state
    for event in events:
        state = {**state, **_beginning_with(lines, event)} if event is not None else state
        yield state


def _beginning_with(lines: Mapping[str, Timeline], event: str | None) -> State:
    return {name: value for name, line in lines.items() for since, value in line if since == event}


def the_promise(story: str) -> Promise:
    """The promise: its name and between whom it is."""
    line = _promise_line(story)
    return Promise(line["name"], line["by"].lower(), line["to"].lower())


def must_wait(later: Row, earlier: Row) -> bool:
    """Whether the order of two rows binds a performance.

    The brief fixes the order between beats. Within one, nobody can wait for what they do not perceive: Katya may eye him, or
    watch her tape, before he has done what she does not see. The world and the walk-ons can always wait.
    """
    return later.beat != earlier.beat or later.by not in LEADS or later.by in earlier.seen_by


def irregular_cells(story: str) -> set[str]:
    """The cells of the table of facts that no pattern reads."""
    return {cell for row in _table(story, "fact") for cell in row[2:] if _belief((), cell) is None}


def _timelines_of_row(row: list[str]) -> Iterator[tuple[str, Timeline]]:
    subject, truth, *beliefs = row
    tape = re.fullmatch(r"the (\w+) tape is with", subject)
    item = f"{tape[1]}_tape" if tape else None
    true = _truth(truth)
    yield (holder_of(item) if item else truth_of(subject)), true
    for lead, cell in zip(LEADS, beliefs, strict=True):
        yield (location_of(lead, item) if item else belief_of(lead, subject)), _reading(true, cell)


def _truth(cell: str) -> Timeline:
    """`false`, `true from EVENT`, `camcorder; katya from EVENT`: what is true only from an event on was false before."""
    parts = [re.fullmatch(r"(\w+)(?: from `(\w+)`)?", part) for part in cell.split("; ")]
    line = tuple((part[2], _value(part[1])) for part in parts if part)
    if len(line) < len(parts):
        raise ValueError(f"no reading of the truth {cell!r}")
    return line if line[0][0] is None else ((None, False), *line)


def _value(word: str) -> Value:
    return {"true": True, "false": False}.get(word, word)


def _reading(truth: Timeline, cell: str) -> Timeline:
    regular = _belief(truth, cell)
    if regular is None and cell not in READINGS:
        raise ValueError(f"no reading of the belief {cell!r}")
    return READINGS[cell] if regular is None else regular


def _belief(truth: Timeline, cell: str) -> Timeline | None:
    """A belief that follows a pattern; None for any other."""
    if cell == "knows":
        return truth
    if cell == "knows it is false, always":
        return ((None, False),)
    if since := re.fullmatch(r"from `(\w+)`", cell):
        return ((since[1], True),)
    if between := re.fullmatch(r"believes it from `(\w+)` to `(\w+)`", cell):
        return (between[1], True), (between[2], False)
    return None


def _promise_line(story: str) -> Mapping[str, str]:
    pattern = r"Promise: `(?P<name>\w+)`, by (?P<by>\w+) to (?P<to>\w+), made at `(?P<made>\w+)`, broken at `(?P<broken>\w+)`\."
    found = re.search(f"^{pattern}$", story, re.MULTILINE)
    if found is None:
        raise ValueError("story.md holds no promise in the words of the brief")
    return found.groupdict()


def _table(story: str, first: str) -> list[list[str]]:
    """The rows of the table whose first column has this heading, without the heading."""
    table = next(block for block in story.split("\n\n") if block.startswith(f"| {first} |"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
