"""The play as Fountain (fountain.io), which screenwriting programs open.

Every element is forced by its own mark, so that no text can be taken for another element than the one it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.engine.entries import ActEntry, BeatEntry, Entry, TurnEntry, WorldEntry
from simulator.transcript.reading import Transcript, spelled
from simulator.transcript.text import printable

__all__ = ["as_fountain"]

_EMPHASIS = re.compile(r"([*_])")
_NOTE = re.compile(r"([\[\]])(?=\1)")  # notes know no escape; cuts are undone by that of the asterisk
_WORD_JOINER = "\u2060"  # has no width and is no blank


def as_fountain(transcript: Transcript) -> str:
    """A whole run as a screenplay. What a lead wants is a note, which is not printed; rejected replies are left out."""
    header = transcript.header
    cast = " · ".join(f"{lead}: {model}" for lead, model in header.cast.items())
    title = [f"Title: {_text(spelled(header.play))}", "Credit: improvised by", f"Author: {_text(cast)}"]
    blocks = ["\n".join([*title, f"Notes: seed {header.seed}"])]
    for entry in transcript.entries:
        blocks += _blocks(entry)
    if not transcript.complete:
        blocks.append("!The run stopped here; it is not complete.")
    return "\n\n".join(blocks) + "\n"


def _blocks(entry: Entry) -> Iterator[str]:
    match entry:
        case ActEntry():
            yield f"> {_text(entry.id.replace('/', ' ')).upper()} <"
        case BeatEntry():
            yield f".{_text(spelled(entry.place)).upper()} - {_text(spelled(entry.id)).upper()}"
            for lead, scene in entry.sees.items():
                yield f"!{_name(lead)}: {_text(scene)}"
        case WorldEntry(by="world"):
            yield f"!{_text(entry.text)}"
        case WorldEntry():
            yield f"@{_name(entry.by)}\n{_spoken(entry.text)}"
        case TurnEntry():
            yield from _turn(entry)


def _turn(entry: TurnEntry) -> Iterator[str]:
    if entry.speech:
        manner = [f"({_text(entry.action)})"] if entry.action else []
        yield "\n".join([f"@{_name(entry.by)}", *manner, _spoken(entry.speech)])
    else:
        yield f"!{_name(entry.by)} {_text(entry.action or 'is silent')}"
    if entry.aside:
        yield f"!{_name(entry.by)}, unseen: {_text(entry.aside)}"
    if entry.intent:
        yield f"[[{_name(entry.by)} wants: {_text(entry.intent)} ]]"


def _spoken(text: str) -> str:
    """Words that are no parenthetical and no lyric, even where they begin like one."""
    words = _text(text)
    return f"{_WORD_JOINER}{words}" if words.startswith(("(", "~")) else words


def _name(name: str) -> str:
    return _text(spelled(name)).upper()


def _text(text: str) -> str:
    """One line without marks: emphasis escaped, the brackets of notes taken apart."""
    flat = " ".join(printable(text.replace("\n", " ")).split())
    return _EMPHASIS.sub(r"\\\1", _NOTE.sub(r"\1 ", flat))
