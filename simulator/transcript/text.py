"""The play as a reader wants it on a terminal, or as plain text in a pipe."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.engine.entries import ActEntry, BeatEntry, Entry, Header, Rejected, Revised, TurnEntry, WorldEntry

__all__ = ["WIDTH", "heading", "printable", "rendered"]

WIDTH = 88  # columns, at most
_COLOURS = ("cyan", "magenta")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # Unicode categories that no terminal should be sent


def printable(text: str) -> str:
    """The text with every control and format character made visible as U+FFFD, so that none reaches a terminal."""
    if text.isprintable():
        return text
    return "".join("�" if unicodedata.category(char) in _HIDDEN else char for char in text)


def heading(header: Header) -> Text:
    """What is performed, by whom, from which seed."""
    cast = " · ".join(f"{lead}: {model}" for lead, model in header.cast.items())
    return Text(printable(f"{header.play} · seed {header.seed} · {cast}"), "dim")


def rendered(entry: Entry, leads: tuple[str, ...]) -> Iterator[Text | Table | Padding]:
    """One entry as lines for a rich console."""
    match entry:
        case ActEntry():
            yield Text(f"\n{printable(entry.id).upper().replace('/', ' ')}", "bold")
        case BeatEntry():
            yield Text(f"\n── {printable(entry.id).replace('_', ' ')} · {printable(entry.place)} ──", "bold")
            for lead, scene in entry.sees.items():
                yield _spoken(lead, Text(printable(scene)), "dim", leads)
            yield Text()
        case WorldEntry():
            words = Text(printable(entry.text), "italic" if entry.by == "world" else "")
            name = "" if entry.by == "world" else f"{printable(entry.by).upper().replace('_', ' ')}: "
            yield Padding(Text(name, "bold yellow").append(words), (0, 0, 0, _name_width(leads)))
        case TurnEntry():
            yield _turn(entry, leads)
        case Rejected():
            reasons = ", ".join(dict.fromkeys(violation.rule for violation in entry.violations))
            yield Text(f"{'':{_name_width(leads)}}✗ {printable(entry.by)}: a reply was not used ({reasons})", "dim")
        case Revised():
            yield Text(f"{'':{_name_width(leads)}}from here on with another version of the play", "dim")


def _turn(entry: TurnEntry, leads: tuple[str, ...]) -> Table:
    shown = Text()
    for piece in _pieces(entry):
        shown.append("\n" if shown else "").append(piece)
    return _spoken(entry.by, shown, _colour(entry.by, leads), leads)


def _pieces(entry: TurnEntry) -> Iterator[Text]:
    """The action, the words, and dimmed what the other does not see."""
    if entry.action:
        yield Text(f"[{printable(entry.action)}]", "italic")
    if entry.speech:
        yield Text(printable(entry.speech))
    if not entry.action and not entry.speech:
        yield Text("(silence)", "italic")
    if entry.aside:
        yield Text(f"unseen: {printable(entry.aside)}", "dim")
    if entry.intent:
        yield Text(f"wants: {printable(entry.intent)}", "dim")
    if any(done.rung == "fed" for done in entry.events):
        yield Text("fed: the author's words", "dim")


def _spoken(name: str, text: Text, style: str, leads: tuple[str, ...]) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=_name_width(leads) - 1, no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_row(
        Text(printable(name).upper(), f"bold {style}" if style != "dim" else style), text if style != "dim" else dimmed(text)
    )
    return grid


def dimmed(text: Text) -> Text:
    """The text, dimmed as a whole."""
    text.stylize("dim")
    return text


def _name_width(leads: tuple[str, ...]) -> int:
    return max(map(len, leads)) + 2


def _colour(lead: str, leads: tuple[str, ...]) -> str:
    colours: Mapping[str, str] = dict(zip(leads, _COLOURS, strict=False))
    return colours.get(lead, "white")
