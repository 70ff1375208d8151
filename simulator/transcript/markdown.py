"""The play as Markdown, for issues, wikis and pull requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.engine.entries import ActEntry, BeatEntry, Entry, Rejected, TurnEntry, WorldEntry
from simulator.transcript.reading import Transcript, spelled
from simulator.transcript.text import printable

__all__ = ["as_markdown", "escaped"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$^-])")
_NUMBERED = re.compile(r"^(\s*\d+)([.)])")


def as_markdown(transcript: Transcript) -> str:
    """A whole run. What models wrote is escaped: it shows as text and never as a heading, a link or HTML."""
    header = transcript.header
    cast = " · ".join(f"{lead}: {model}" for lead, model in header.cast.items())
    lines = [f"# {escaped(spelled(header.play))}", "", f"Seed {header.seed} · {escaped(cast)}", ""]
    for entry in transcript.entries:
        for paragraph in _paragraphs(entry):
            lines += [paragraph, ""]
    if not transcript.complete:
        lines += ["*The run stopped here; it is not complete.*", ""]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    flat = " ".join(printable(text.replace("\n", " ")).split())
    return _NUMBERED.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", flat))


def _paragraphs(entry: Entry) -> Iterator[str]:
    match entry:
        case ActEntry():
            yield f"## {escaped(entry.id.replace('/', ' ').capitalize())}"
        case BeatEntry():
            yield f"### {escaped(spelled(entry.id))} · {escaped(spelled(entry.place))}"
            for lead, scene in entry.sees.items():
                yield f"*{_name(lead)}: {escaped(scene)}*"
        case WorldEntry(by="world"):
            yield f"*{escaped(entry.text)}*"
        case WorldEntry():
            yield f"**{_name(entry.by)}** {escaped(entry.text)}"
        case TurnEntry():
            yield _turn(entry)
        case Rejected():
            rules = ", ".join(dict.fromkeys(escaped(violation.rule) for violation in entry.violations))
            yield f"> {_name(entry.by)}: a reply was not used ({rules})"


def _turn(entry: TurnEntry) -> str:
    shown = [f"*\\[{escaped(entry.action)}\\]*"] if entry.action else []
    if entry.speech or not entry.action:
        shown.append(escaped(entry.speech) if entry.speech else "*(silence)*")
    hidden = [f"*{label}: {escaped(text)}*" for label, text in (("unseen", entry.aside), ("wants", entry.intent)) if text]
    return "  \n".join((f"**{_name(entry.by)}** " + " ".join(shown), *hidden))


def _name(name: str) -> str:
    return escaped(spelled(name)).upper()
