"""Beat by beat: what is true, who believes what, where things are, and what was promised."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from simulator.transcript.knowledge import NOTHING, Row, at_ends, table
from simulator.transcript.markdown import escaped
from simulator.transcript.reading import Transcript, spelled
from simulator.transcript.text import heading, printable

__all__ = ["beliefs_as_markdown", "beliefs_as_text"]

_LEGEND = f"{NOTHING} believes nothing of it · ✗ believes what is not so · * changed in this beat"
_UNCHANGED = "nothing changes"


def beliefs_as_text(transcript: Transcript, lead: str | None = None) -> Iterator[RenderableType]:
    """A table for the beginning and for each beat that changes something; of one lead alone if one is named."""
    columns = _columns(transcript, lead)
    yield heading(transcript.header)
    yield Text(_LEGEND, "dim")
    for title, rows, changed in _sections(transcript, columns):
        yield Text(f"\n── {printable(title)} ──", "bold")
        if not changed:
            yield Text(_UNCHANGED, "dim")
            continue
        grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for name in ("", *map(printable, columns)):
            grid.add_column(name)
        for row in rows:
            cells = _cells(row, columns)
            grid.add_row(*map(printable, cells), style="bold" if row.name in changed else "")
        yield grid


def beliefs_as_markdown(transcript: Transcript, lead: str | None = None) -> str:
    """The same, as Markdown tables."""
    columns = _columns(transcript, lead)
    lines = [f"# Who believes what in {escaped(transcript.header.play)}", "", _LEGEND.replace("*", "\\*"), ""]
    for title, rows, changed in _sections(transcript, columns):
        lines += [f"## {escaped(title)}", ""]
        if changed:
            lines += [_line(("", *columns)), _line(("---",) * (len(columns) + 1), raw=True)]
            lines += [_line(_cells(row, columns)) for row in rows]
        else:
            lines.append(_UNCHANGED)
        lines.append("")
    return "\n".join(lines)


def _line(cells: tuple[str, ...], *, raw: bool = False) -> str:
    return "| " + " | ".join(cell if raw else escaped(cell) for cell in cells) + " |"


def _columns(transcript: Transcript, lead: str | None) -> tuple[str, ...]:
    return (lead,) if lead else ("truth", *transcript.leads)


def _sections(transcript: Transcript, columns: tuple[str, ...]) -> Iterator[tuple[str, list[Row], frozenset[str]]]:
    """A title, the rows, and the names of those that changed; first for the beginning."""
    rows = table(transcript.header.world)
    yield "before the first beat", rows, frozenset(row.name for row in rows)
    before = {row.name: _values(row, columns) for row in rows}
    for beat, known in at_ends(transcript).items():
        rows = table(known.world)
        changed = frozenset(row.name for row in rows if before.get(row.name) != _values(row, columns))
        yield f"at the end of {spelled(beat)}", [_marked(row, changed) for row in rows], _marked_names(changed)
        before = {row.name: _values(row, columns) for row in rows}


def _marked(row: Row, changed: frozenset[str]) -> Row:
    return Row(f"{row.name} *", row.truth, row.beliefs) if row.name in changed else row


def _marked_names(changed: frozenset[str]) -> frozenset[str]:
    return frozenset(f"{name} *" for name in changed)


def _values(row: Row, columns: tuple[str, ...]) -> tuple[str, ...]:
    return _cells(row, columns)[1:]


def _cells(row: Row, columns: tuple[str, ...]) -> tuple[str, ...]:
    return row.name, *(_cell(row, column, alone="truth" not in columns) for column in columns)


def _cell(row: Row, column: str, *, alone: bool) -> str:
    if column == "truth":
        return row.truth
    belief = row.beliefs.get(column, "")
    return f"{belief} ✗" if row.mistaken(column) and belief and not alone else belief
