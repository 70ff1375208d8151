"""A transcript for reading: as text, Markdown, Fountain or a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from rich.console import RenderableType

from simulator.errors import UsageError
from simulator.transcript.beliefs import beliefs_as_markdown, beliefs_as_text
from simulator.transcript.fountain import as_fountain
from simulator.transcript.markdown import as_markdown
from simulator.transcript.output import print_pieces, write
from simulator.transcript.page.build import reader_page
from simulator.transcript.reading import Transcript, as_perceived
from simulator.transcript.text import heading, rendered

__all__ = ["Format", "show"]

Format = Literal["text", "md", "fountain", "html"]


def show(transcript: Transcript, form: Format, lead: str | None, beliefs: bool) -> None:
    """Print a transcript, or who believes what in it. Raises UsageError."""
    perceived = as_perceived(transcript, lead) if lead else transcript
    match form, beliefs:
        case "text", True:
            print_pieces(beliefs_as_text(transcript, lead))
        case "md", True:
            write(beliefs_as_markdown(transcript, lead))
        case _, True:
            raise UsageError(f"--beliefs is printed as text or md, not as {form}; the html page has it at each line")
        case "md", _:
            write(as_markdown(perceived))
        case "fountain", _:
            write(as_fountain(perceived))
        case "html", _:
            write(reader_page(transcript, lead))
        case _:
            print_pieces(_text(perceived, transcript.leads))


def _text(transcript: Transcript, leads: tuple[str, ...]) -> Iterator[RenderableType]:
    yield heading(transcript.header)
    for entry in transcript.entries:
        yield from rendered(entry, leads)
    if not transcript.complete:
        yield "\n(the run stopped here; it is not complete)"
