"""What everybody believes, as tables that the page keeps ready: one for each state of knowledge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.engine.entries import Entry
from simulator.transcript.knowledge import NOTHING, Knowledge, Row, table, unknown_to
from simulator.transcript.page.markup import Markup, element
from simulator.transcript.reading import spelled

__all__ = ["states"]


def states(moments: Sequence[tuple[Entry, Knowledge]], numbers: Sequence[int], leads: tuple[str, ...]) -> Iterator[Markup]:
    """A template for each state."""
    done = -1
    for (_, known), number in zip(moments, numbers, strict=True):
        if number > done:
            done = number
            yield element("template", _state(known, leads), id=f"ui-state-{number}")


def _state(known: Knowledge, leads: tuple[str, ...]) -> Markup:
    head = element(
        "tr",
        element("th", "", scope="col"),
        element("th", "In truth", scope="col", data_views="all"),
        *(element("th", spelled(lead).title(), scope="col", data_views=f"all {lead}") for lead in leads),
    )
    rows = [_row(row, leads) for row in table(known.world)]
    irony = [
        element("p", f"We know, and {spelled(lead).title()} does not: {', '.join(map(spelled, unknown_to(known, lead)))}.")
        for lead in leads
        if unknown_to(known, lead)
    ]
    return element(
        "div",
        element("table", element("thead", head), element("tbody", *rows)),
        element("div", *irony, class_="irony", data_views="all"),
    )


def _row(row: Row, leads: tuple[str, ...]) -> Markup:
    cells = [
        element(
            "td",
            element("span", row.beliefs.get(lead, ""), class_="mistaken") if row.mistaken(lead) else row.beliefs.get(lead, ""),
            element("span", " mistaken", class_="unseen", data_views="all") if row.mistaken(lead) else None,
            data_views=f"all {lead}",
        )
        for lead in leads
    ]
    believed = [lead for lead in leads if row.beliefs.get(lead, NOTHING) != NOTHING]
    return element(
        "tr",
        element("th", row.name, scope="row"),
        element("td", row.truth, data_views="all"),
        *cells,
        data_views=" ".join(("all", *believed)),
    )
