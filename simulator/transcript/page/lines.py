"""The script's lines as HTML. Each piece names the views in which it is seen; a piece without names is seen in all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.engine.entries import ActEntry, BeatEntry, Entry, Happened, Rejected, Seen, TurnEntry, WorldEntry
from simulator.transcript.page.markup import Markup, element, joined, words
from simulator.transcript.reading import spelled

__all__ = ["SHAPES", "Eyes", "act_heading", "beat_heading", "line"]

SHAPES = {"free": "●", "cued": "◆", "required": "▲", "fed": "■"}  # by rung, as in the strip


@dataclass(frozen=True)
class Eyes:
    """Through whose eyes a page can be read."""

    leads: tuple[str, ...]  # views besides that of everything; none on a page of one persona's part
    cast: tuple[str, ...]  # for the leads' colours

    def seeing(self, seen: Iterable[str]) -> str | None:
        """The views of a piece that these leads perceive; None where all do."""
        views = [lead for lead in self.leads if lead in set(seen)]
        return None if len(views) == len(self.leads) else " ".join(("all", *views))

    def number(self, lead: str) -> str | None:
        """Which lead it is, counted from 0, for the colour."""
        return str(self.cast.index(lead)) if lead in self.cast else None


def act_heading(entry: ActEntry, eyes: Eyes) -> Markup:
    """An act's title, and what each keeps of the one before."""
    kept = [
        element("div", element("dt", _name(lead)), element("dd", words(text)), data_views=eyes.seeing((lead,)))
        for lead, text in entry.remember.items()
    ]
    remembered = (
        element("details", element("summary", "What they remember"), element("dl", *kept), class_="remember") if kept else None
    )
    return element("div", element("h2", entry.id.replace("/", " ").capitalize()), remembered, id=entry.id, class_="act")


def beat_heading(entry: BeatEntry, eyes: Eyes) -> Markup:
    """A beat's title, and the scene as each finds it."""
    contact = {"together": "together", "phone": "on the phone", "apart": "apart"}[entry.contact]
    where = ", ".join(
        [*([spelled(entry.place)] if entry.place != entry.id else []), *([contact] if len(entry.present) > 1 else [])]
    )
    title = element("h3", element("a", spelled(entry.id).capitalize(), href=f"#{entry.id}"))
    scenes = [
        element(
            "p",
            element("b", _name(lead), class_="who") if len(entry.sees) > 1 else None,
            " ",
            words(text),
            class_="scene",
            data_views=eyes.seeing((lead,)),
        )
        for lead, text in entry.sees.items()
    ]
    return element("header", title, element("p", where, class_="place") if where else None, *scenes)


def line(entry: Entry, number: int, eyes: Eyes) -> Markup | None:
    """A turn, an event of the world, a walk-on's words or a rejected reply; `number` is the state of knowledge after it."""
    match entry:
        case WorldEntry():
            return _world(entry, number, eyes)
        case TurnEntry():
            return _turn(entry, number, eyes)
        case Rejected():
            return _rejected(entry, eyes)
    return None


def _world(entry: WorldEntry, number: int, eyes: Eyes) -> Markup:
    spoken = entry.by != "world"
    return element(
        "article",
        element("h4", _name(entry.by)) if spoken else None,
        element("div", element("p", words(entry.text), class_="speech" if spoken else "world"), class_="text"),
        _margin(entry.id, number, eyes),
        id=entry.id,
        class_="line walk-on" if spoken else "line stage",
        data_views=eyes.seeing(entry.sees),
    )


def _turn(entry: TurnEntry, number: int, eyes: Eyes) -> Markup:
    return element(
        "article",
        element("h4", _name(entry.by)),
        element("div", *_actions(entry, eyes), *_words(entry, eyes), *_hidden(entry, eyes), class_="text"),
        _margin(entry.id, number, eyes),
        id=entry.id,
        class_="line",
        data_lead=eyes.number(entry.by),
        data_views=eyes.seeing(entry.sees),
    )


def _actions(entry: TurnEntry, eyes: Eyes) -> list[Markup]:
    """The action, and in a lead's view what that lead saw in its place."""
    shown = []
    if entry.action:
        shown.append(element("p", words(entry.action), class_="action", data_views=eyes.seeing(_whole(entry.sees))))
    for lead, seen in entry.sees.items():
        action = None if seen == "full" else seen.get("action")
        if action and lead in eyes.leads:
            shown.append(element("p", words(action), class_="action", data_views=lead, hidden=True))
    return shown


def _words(entry: TurnEntry, eyes: Eyes) -> list[Markup]:
    if entry.speech:
        return [element("p", words(entry.speech), class_="speech")]
    silent = element("p", "says nothing", class_="silence")
    if not entry.action:
        return [silent]
    unseen = [lead for lead, seen in entry.sees.items() if seen != "full" and not seen.get("action") and lead in eyes.leads]
    return [element("p", "says nothing", class_="silence", data_views=" ".join(unseen), hidden=True)] if unseen else []


def _whole(sees: Seen) -> list[str]:
    return [lead for lead, seen in sees.items() if seen == "full"]


def _hidden(entry: TurnEntry, eyes: Eyes) -> list[Markup]:
    """What the other does not perceive: the deed, the intent, and what the simulator noted."""
    own = eyes.seeing((entry.by,))
    shown = []
    if entry.aside:
        shown.append(element("p", element("b", "unseen"), " ", words(entry.aside), class_="aside", data_views=own))
    if entry.intent:
        shown.append(element("p", element("b", "wants"), " ", words(entry.intent), class_="intent", data_views=own))
    chips = [*(_chip(done) for done in entry.events), *(element("li", flag, class_="flag") for flag in entry.flags)]
    if chips:
        shown.append(element("ul", *chips, class_="chips", data_views="all"))
    return shown


def _chip(done: Happened) -> Markup:
    shape = element("span", SHAPES[done.rung], aria_hidden="true")
    return element("li", shape, f" {spelled(done.event)}, ", element("em", done.rung), class_="chip", data_rung=done.rung)


def _rejected(entry: Rejected, eyes: Eyes) -> Markup:
    reasons = [element("li", element("b", violation.rule), " ", words(violation.detail)) for violation in entry.violations]
    reply = element("pre", words(entry.reply)) if entry.reply else None
    return element(
        "article",
        element("h4", _name(entry.by)),
        element("div", element("p", "A reply was not used:"), element("ul", *reasons), reply, class_="text"),
        element("div", element("a", entry.id.rpartition("/")[2], href=f"#{entry.id}"), class_="margin"),
        id=entry.id,
        class_="line rejected",
        data_lead=eyes.number(entry.by),
        data_views="all",
        hidden=True,
    )


def _margin(name: str, number: int, eyes: Eyes) -> Markup | None:
    """The link to a line, and the button that opens what everybody believes after it."""
    place = name.rpartition("/")[2]
    short = place if place.isdigit() else "¶"
    link = element("a", short, href=f"#{name}", aria_label=f"Link to {name}")
    if not eyes.leads:
        return element("div", link, class_="margin")
    button = element(
        "button",
        joined(element("span", "◐", aria_hidden="true")),
        type="button",
        class_="ask",
        data_state=str(number),
        data_place=name,
        title="Who believes what, after this",
        aria_label=f"Who believes what, after {name}",
        aria_expanded="false",
        aria_controls="ui-panel",
        hidden=True,
    )
    return element("div", link, button, class_="margin")


def _name(name: str) -> str:
    return spelled(name).title()
