"""A comparison as a page: the two runs side by side, or one above the other where there is no room."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from simulator.transcript.diff.compare import BeatDiff, Comparison, EventDiff
from simulator.transcript.diff.lines import DiffLine, line_of, summed_up, title
from simulator.transcript.diff.summary import opening, overview
from simulator.transcript.page.markup import Markup, document, element, joined, words
from simulator.transcript.reading import spelled

__all__ = ["as_page"]

Row = tuple[DiffLine | None, DiffLine | None]


def as_page(comparison: Comparison, *, stat: bool) -> str:
    """The summary and the table, and unless `stat` the lines."""
    parts = [
        element("header", element("h1", "What differs"), *(element("p", line, class_="run") for line in opening(comparison))),
        element("div", *(element("p", line) for line in overview(comparison)), class_="overview"),
    ]
    if comparison.parting is not None:
        parts.append(_table(comparison))
        if not stat:
            parts += [_beat(beat) for beat in comparison.beats if not beat.same]
    name = f"{comparison.one.name} and {comparison.other.name}"
    return document(f"What differs: {name}", element("main", *parts, class_="diff"), ("page.css", "diff.css"))


def _table(comparison: Comparison) -> Markup:
    names = ("Beat", "Turns", "Rejected", "Lines", "Events, by rung", "Otherwise at its end")
    head = element("tr", *(element("th", name, scope="col") for name in names))
    rows = [_row(beat) for beat in comparison.beats]
    table = element("table", element("thead", head), element("tbody", *rows))
    return element("div", table, class_="scroller", tabindex="0", role="region", aria_label="The beats")


def _row(beat: BeatDiff) -> Markup:
    name = title(beat) if beat.same else element("a", title(beat), href=f"#{beat.id}")
    if beat.same:
        return element("tr", element("th", name, scope="row"), element("td", "the same in both", colspan="5"), class_="alike")
    return element(
        "tr",
        element("th", name, scope="row"),
        element("td", _change(beat.one.turns, beat.other.turns)),
        element("td", _change(beat.one.rejected, beat.other.rejected)),
        element("td", summed_up(beat)),
        element("td", element("ul", *map(_event, beat.events))),
        element("td", element("ul", *(element("li", f"{b.name}: {b.one} → {b.other}") for b in beat.beliefs))),
    )


def _event(event: EventDiff) -> Markup:
    if event.one == event.other:
        return element("li", f"{spelled(event.event)} {'' if event.one == 'stage' else event.one}", class_="alike")
    return element("li", f"{spelled(event.event)} ", element("strong", f"{event.one} → {event.other}"))


def _change(one: int, other: int) -> Markup:
    return joined(str(one)) if one == other else element("strong", f"{one} → {other}")


def _beat(beat: BeatDiff) -> Markup:
    heading = element("h2", title(beat), " ", element("small", summed_up(beat)))
    columns = element("div", element("p", "A"), element("p", "B"), class_="columns", aria_hidden="true")
    return element("section", heading, columns, *_rows(beat), id=beat.id, class_="compared")


def _rows(beat: BeatDiff) -> Iterator[Markup]:
    """Rows of two; unchanged stretches are folded, and what is only in one run stands beside what is only in the other."""
    same: list[DiffLine] = []
    removed: list[DiffLine] = []
    added: list[DiffLine] = []
    for pair in beat.pairs:
        for line in line_of(pair, beat.id):
            if line.mark != "same":
                yield from _unchanged(same)
                same = []
            if line.mark in ("same", "changed") or (line.mark == "removed" and added):
                yield from _beside(removed, added)
                removed, added = [], []
            if line.mark == "same":
                same.append(line)
            elif line.mark == "changed":
                yield _pair((line, line))
            else:
                (removed if line.mark == "removed" else added).append(line)
    yield from _beside(removed, added)
    yield from _unchanged(same)


def _beside(removed: list[DiffLine], added: list[DiffLine]) -> Iterator[Markup]:
    yield from map(_pair, zip_longest(removed, added))


def _unchanged(lines: list[DiffLine]) -> Iterator[Markup]:
    if lines:
        summary = element("summary", f"{len(lines)} the same")
        yield element(
            "details", summary, *(element("p", *_named(line), *_pieces(line, "same")) for line in lines), class_="same"
        )


def _pair(row: Row) -> Markup:
    one, other = row
    return element("div", _side(one, "removed"), _side(other, "added"), _notes(one, other), class_="row")


def _side(line: DiffLine | None, kind: str) -> Markup:
    if line is None:
        return element("div", class_="side none")
    changed = line.mark == "changed"
    name = element("span", "only in A: " if kind == "removed" else "only in B: ", class_="unseen") if not changed else None
    return element("div", name, *_named(line), *_pieces(line, kind), class_=f"side {'changed' if changed else kind}")


def _named(line: DiffLine) -> Iterator[Markup]:
    yield element("span", line.place, class_="where")
    if line.name:
        yield element("b", line.name.title())


def _pieces(line: DiffLine, kind: str) -> Iterator[Markup]:
    """One run's words; those that the other has not got are marked where the line is otherwise shared."""
    mark = "del" if kind == "removed" else "ins"
    for piece, text in line.pieces:
        if piece in ("same", kind) and text:
            yield element(mark, words(text)) if piece == kind and line.mark == "changed" else words(text)


def _notes(one: DiffLine | None, other: DiffLine | None) -> Markup | None:
    sides = (one,) if one is other else (one, other)
    notes = [
        f"{'' if one is other else 'A: ' if line is one else 'B: '}{note}" for line in sides if line for note in line.notes
    ]
    return element("ul", *(element("li", note) for note in notes), class_="notes") if notes else None
