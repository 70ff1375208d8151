"""The reader page: a run as a script, through everybody's eyes or one persona's."""

from __future__ import annotations

from simulator.engine.entries import ActEntry, BeatEntry, Entry
from simulator.transcript.knowledge import Knowledge, along
from simulator.transcript.page.lines import Eyes, act_heading, beat_heading, line
from simulator.transcript.page.markup import Markup, document, element, joined
from simulator.transcript.page.state import states
from simulator.transcript.page.strip import strip, strip_table
from simulator.transcript.reading import Transcript, as_perceived, spelled
from simulator.transcript.summary import tally

__all__ = ["reader_page"]


def reader_page(run: Transcript, lead: str | None = None) -> str:
    """The page of a run; with a lead that lead's part alone, without what only the reader knows. Raises UsageError."""
    whole = lead is None
    transcript = run if lead is None else as_perceived(run, lead)
    moments = list(along(transcript))
    eyes = Eyes(run.leads if whole else (), run.leads)
    numbers = _numbered([known for _, known in moments])
    parts = [
        element("a", "Skip to the script", href="#ui-script", class_="skip"),
        element("header", *_top(transcript, eyes, whole=whole), class_="top"),
    ]
    if whole:
        parts += [_controls(transcript), strip(moments, eyes.leads), strip_table(moments, eyes.leads)]
    parts.append(element("main", *_script(moments, numbers, eyes), id="ui-script", tabindex="-1"))
    if not transcript.complete:
        parts.append(element("p", "The run stopped here; it is not complete.", class_="notice"))
    if whole:
        parts += [_panel(), *states(moments, numbers, eyes.leads)]
    title = f"{spelled(transcript.header.play).capitalize()}, seed {transcript.header.seed}"
    return document(title, joined(*parts), ("page.css",), "page.js" if whole else None)


def _numbered(all_known: list[Knowledge]) -> list[int]:
    """For each moment, which state of knowledge it leaves, counted from 0."""
    numbers, number, before = [], 0, all_known[0] if all_known else None
    for known in all_known:
        number += known is not before
        before = known
        numbers.append(number)
    return numbers


def _top(transcript: Transcript, eyes: Eyes, *, whole: bool) -> list[Markup]:
    header = transcript.header
    cast = [
        element("div", element("dt", spelled(lead).title()), element("dd", model), data_lead=eyes.number(lead))
        for lead, model in header.cast.items()
    ]
    parts = [element("h1", spelled(header.play).capitalize())]
    if not whole:
        parts.append(element("p", f"As {spelled(transcript.leads[0]).title()} perceived it.", class_="view"))
    parts.append(element("dl", *cast, element("div", element("dt", "Seed"), element("dd", str(header.seed))), class_="cast"))
    return [*parts, _figures(transcript)] if whole else parts


def _figures(transcript: Transcript) -> Markup:
    counts = tally(transcript.entries)
    events = sum(counts.rungs.values())
    shown = [
        (str(counts.turns), "turns"),
        (str(events), "events by the leads"),
        (f"{counts.unforced:.0%}", "of them unforced"),
        (str(counts.rejected), "reply rejected" if counts.rejected == 1 else "replies rejected"),
    ]
    return element("ul", *(element("li", element("strong", figure), " ", what) for figure, what in shown), class_="figures")


def _controls(transcript: Transcript) -> Markup:
    choices = [("all", "Everything"), *((lead, f"As {spelled(lead).title()}") for lead in transcript.leads)]
    radios = [
        element(
            "label",
            element("input", type="radio", name="view", value=value, checked=value == "all"),
            element("span", label),
        )
        for value, label in choices
    ]
    toggle = element(
        "label", element("input", type="checkbox", id="ui-rejected"), element("span", "Rejected replies"), class_="toggle"
    )
    view = element("fieldset", element("legend", "What is shown"), *radios, class_="switch")
    said = element("p", "", id="ui-said", role="status", class_="unseen")
    return element("form", view, toggle, said, id="ui-controls", class_="controls", hidden=True)


def _panel() -> Markup:
    close = element("button", "Close", type="button", id="ui-close")
    heading = element("h2", "Who believes what", id="ui-panel-title", tabindex="-1")
    place = element("p", "", id="ui-panel-place")
    return element(
        "aside",
        element("div", heading, close, class_="panel-head"),
        place,
        element("div", id="ui-panel-body", tabindex="0", role="region", aria_labelledby="ui-panel-title"),
        id="ui-panel",
        hidden=True,
        aria_labelledby="ui-panel-title",
    )


def _script(moments: list[tuple[Entry, Knowledge]], numbers: list[int], eyes: Eyes) -> list[Markup]:
    """Acts and beats as sections, each with its lines."""
    parts: list[Markup] = []
    lines: list[Markup] = []
    beat: BeatEntry | None = None
    for (entry, _), number in zip(moments, numbers, strict=True):
        if isinstance(entry, ActEntry | BeatEntry) and lines:
            parts.append(_section(beat, lines, eyes))
            lines, beat = [], None
        if isinstance(entry, ActEntry):
            parts.append(act_heading(entry, eyes))
        elif isinstance(entry, BeatEntry):
            beat = entry
            lines = [beat_heading(entry, eyes)]
        else:
            shown = line(entry, number, eyes)
            lines += [shown] if shown else []
    return [*parts, _section(beat, lines, eyes)] if lines else parts


def _section(beat: BeatEntry | None, lines: list[Markup], eyes: Eyes) -> Markup:
    views = eyes.seeing(beat.present) if beat else None
    return element("section", *lines, id=beat.id if beat else None, data_views=views, class_="beat")
