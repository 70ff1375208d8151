"""Standard output: UTF-8 whatever the locale, and colours only where somebody looks."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator

from rich.console import Console, RenderableType

from simulator.transcript.text import WIDTH

__all__ = ["colours", "plain", "print_pieces", "write"]


def colours() -> bool:
    """Whether standard output takes colours: a terminal, and NO_COLOR unset (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def write(text: str) -> None:
    """Write text as UTF-8. A reader who closes the pipe early is no error."""
    try:
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_pieces(pieces: Iterator[RenderableType]) -> None:
    """Print with styles on a terminal; in a pipe as plain text without trailing blanks."""
    if not sys.stdout.isatty():
        write(plain(pieces))
        return
    console = Console(width=min(Console().width, WIDTH), highlight=False, markup=False, emoji=False)
    for piece in pieces:
        console.print(piece)


def plain(pieces: Iterator[RenderableType]) -> str:
    """The pieces as plain text."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=WIDTH, highlight=False, markup=False, emoji=False, force_terminal=False)
    for piece in pieces:
        console.print(piece)
    return "".join(line.rstrip() + "\n" for line in buffer.getvalue().splitlines())
