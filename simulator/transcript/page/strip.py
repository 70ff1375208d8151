"""The strip along the evening: the beats, the fixed events by rung, and the curve of dramatic irony."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from simulator.engine.entries import BeatEntry, Entry, Rejected, TurnEntry, WorldEntry
from simulator.transcript.knowledge import Knowledge, unknown_to
from simulator.transcript.page.lines import SHAPES
from simulator.transcript.page.markup import Markup, element
from simulator.transcript.reading import spelled

__all__ = ["strip", "strip_table"]

Moments = Sequence[tuple[Entry, Knowledge]]

_WIDTH, _LABELS, _EVENTS, _CURVE = 1200.0, 78.0, 40.0, 84.0  # user units: the drawing's width, and the heights of its bands
_BOTTOM = _LABELS + _EVENTS + _CURVE
_SIZE = 5.0  # of an event's mark


@dataclass(frozen=True)
class _Scale:
    """From a moment's number to where it stands."""

    step: float
    most: int  # the highest number on the curve

    def x(self, index: float) -> float:
        return round(index * self.step, 1)

    def y(self, count: int) -> float:
        return round(_BOTTOM - 6 - count * (_CURVE - 14) / max(self.most, 1), 1)


def strip(moments: Moments, leads: tuple[str, ...]) -> Markup:
    """The drawing and its legend."""
    shown = [(entry, known) for entry, known in moments if isinstance(entry, TurnEntry | WorldEntry | BeatEntry)]
    most = max((len(unknown_to(known, lead)) for _, known in shown for lead in leads), default=0)
    scale = _Scale(_WIDTH / max(len(shown), 1), most)
    drawing = element(
        "svg",
        *_beats(shown, scale, leads),
        *_grid(scale),
        *(_curve(shown, scale, lead, index) for index, lead in enumerate(leads)),
        *_events(shown, scale, leads),
        viewBox=f"0 0 {_WIDTH:.0f} {_BOTTOM:.0f}",
        role="group",
        aria_label="The evening from left to right: beats, fixed events, and how much each lead does not know",
    )
    scroller = element("div", drawing, class_="scroller", tabindex="0", role="region", aria_label="The strip along the evening")
    return element("section", element("h2", "The evening", class_="unseen"), scroller, _legend(leads), class_="strip")


def _beats(shown: Moments, scale: _Scale, leads: tuple[str, ...]) -> Iterator[Markup]:
    starts = [index for index, (entry, _) in enumerate(shown) if isinstance(entry, BeatEntry)]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(shown)], strict=True)):
        entry = shown[start][0]
        if isinstance(entry, BeatEntry):
            left, width = scale.x(start), scale.x(end) - scale.x(start)
            middle = round(left + width / 2, 1)
            label = element(
                "text", spelled(entry.id), x=str(middle), y=str(_LABELS - 10), transform=f"rotate(-38 {middle} {_LABELS - 10})"
            )
            band = element("rect", x=str(left), y=str(_LABELS), width=f"{width:.1f}", height=str(_BOTTOM - _LABELS))
            kind, views = "band odd" if number % 2 else "band", _views(entry.present, leads)
            yield element("a", band, label, href=f"#{entry.id}", class_=kind, data_views=views)


def _grid(scale: _Scale) -> Iterator[Markup]:
    for count in range(scale.most + 1):
        y = str(scale.y(count))
        yield element("line", x1="0", x2=f"{_WIDTH:.0f}", y1=y, y2=y, class_="rule")
    for count in {0: 0, scale.most: scale.most}:
        yield element("text", str(count), x="-4", y=str(scale.y(count) + 4), class_="tick", data_views="all")


def _curve(shown: Moments, scale: _Scale, lead: str, index: int) -> Markup:
    """A step line: how many of the things that the audience was shown this lead does not know."""
    path, before = "", -1
    for place, (_, known) in enumerate(shown):
        count = len(unknown_to(known, lead))
        if count != before:
            path += f"H{scale.x(place)}V{_shifted(scale, count, index)}" if path else f"M0 {_shifted(scale, count, index)}"
            before = count
    return element("path", d=f"{path}H{_WIDTH:.0f}", class_="curve", data_lead=str(index), data_views="all")


def _shifted(scale: _Scale, count: int, index: int) -> float:
    """A little lower for the second lead, so that equal curves are both seen."""
    return round(scale.y(count) + 2.4 * index, 1)


def _events(shown: Moments, scale: _Scale, leads: tuple[str, ...]) -> Iterator[Markup]:
    for index, (entry, _) in enumerate(shown):
        x = scale.x(index + 0.5)
        if isinstance(entry, WorldEntry) and entry.event:
            what = f"{spelled(entry.event)}, by the simulator"
            mark = element(
                "line", x1=str(x), x2=str(x), y1=str(_LABELS + 12), y2=str(_LABELS + _EVENTS - 12), class_="tick-mark"
            )
            yield _link(entry.id, what, mark, None, _views(entry.sees, leads))
        elif isinstance(entry, TurnEntry):
            for number, done in enumerate(entry.events):
                y = _LABELS + _EVENTS / 2 + 11 * number - 5.5 * (len(entry.events) - 1)
                lead = str(leads.index(entry.by)) if entry.by in leads else None
                seen = [
                    name
                    for name, fields in entry.sees.items()
                    if fields == "full" and (done.field != "aside" or name == entry.by)
                ]
                heard = [name for name, fields in entry.sees.items() if fields != "full" and done.field == "speech"]
                what = f"{spelled(done.event)}, {done.rung}"
                yield _link(entry.id, what, _shape(done.rung, x, y), lead, _views((*seen, *heard), leads))


def _views(seen: Iterable[str], leads: tuple[str, ...]) -> str:
    named = tuple(seen)
    return " ".join(("all", *(lead for lead in leads if lead in named)))


def _link(name: str, what: str, mark: Markup, lead: str | None, views: str) -> Markup:
    title = element("title", what)
    return element("a", title, mark, href=f"#{name}", class_="event", tabindex="-1", data_lead=lead, data_views=views)


def _shape(rung: str, x: float, y: float) -> Markup:
    """Circle, diamond, triangle, square: free, cued, required, fed."""
    size = _SIZE
    points = {
        "cued": ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
        "required": ((0, -1.1), (1.15, 0.95), (-1.15, 0.95)),
        "fed": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    }
    if rung not in points:
        return element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=str(size))
    return element("polygon", points=" ".join(f"{x + size * right:.1f},{y + size * down:.1f}" for right, down in points[rung]))


def _legend(leads: tuple[str, ...]) -> Markup:
    rungs = [element("li", element("span", shape, aria_hidden="true"), f" {rung}") for rung, shape in SHAPES.items()]
    lines = [
        element("li", element("span", "", class_="swatch", data_lead=str(index)), f" {spelled(lead).title()}")
        for index, lead in enumerate(leads)
    ]
    return element(
        "div",
        element("p", "Events: ", class_="label"),
        element("ul", *rungs, element("li", element("span", "|", aria_hidden="true"), " by the simulator")),
        element("p", "How many things we know, and they do not: ", class_="label", data_views="all"),
        element("ul", *lines, data_views="all"),
        class_="legend",
    )


def strip_table(moments: Moments, leads: tuple[str, ...]) -> Markup:
    """The same as a table, for those who cannot see the drawing or want its figures."""
    rows: dict[str, _Counts] = {}
    current = _Counts("")
    for entry, known in moments:
        if isinstance(entry, BeatEntry):
            current = rows.setdefault(entry.id, _Counts(entry.id))
        current.add(entry, known, leads)
    names = ["Beat", "Turns", *SHAPES, "Rejected", *(f"unknown to {spelled(lead).title()}" for lead in leads)]
    head = element("tr", *(element("th", name, scope="col") for name in names))
    body = [row.markup() for row in rows.values()]
    inner = element(
        "div",
        element("table", element("thead", head), element("tbody", *body)),
        class_="scroller",
        tabindex="0",
        role="region",
        aria_label="The evening as a table",
    )
    return element("details", element("summary", "The evening as a table"), inner, class_="as-table", data_views="all")


class _Counts:
    """One beat's figures, as they are counted."""

    def __init__(self, beat: str) -> None:
        self.beat, self.turns, self.rejected = beat, 0, 0
        self.rungs = dict.fromkeys(SHAPES, 0)
        self.unknown: list[int] = []

    def add(self, entry: Entry, known: Knowledge, leads: tuple[str, ...]) -> None:
        """Count one more entry."""
        self.rejected += isinstance(entry, Rejected)
        self.unknown = [len(unknown_to(known, lead)) for lead in leads]
        if isinstance(entry, TurnEntry):
            self.turns += 1
            for done in entry.events:
                self.rungs[done.rung] += 1

    def markup(self) -> Markup:
        """A row."""
        name = element("th", element("a", spelled(self.beat), href=f"#{self.beat}"), scope="row")
        figures = (self.turns, *self.rungs.values(), self.rejected, *self.unknown)
        return element("tr", name, *(element("td", str(figure)) for figure in figures))
