"""A comparison as text: for a terminal with colours, for a pipe with the same marks and none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.transcript.diff.compare import BeatDiff, Comparison, EventDiff
from simulator.transcript.diff.lines import DiffLine, Folded, folded, summed_up, title
from simulator.transcript.diff.summary import opening, overview
from simulator.transcript.diff.words import Piece
from simulator.transcript.text import WIDTH, printable

__all__ = ["as_text"]

_STYLES = {"same": "", "changed": "", "removed": "\x1b[31m", "added": "\x1b[32m", "dim": "\x1b[2m", "bold": "\x1b[1m"}
_SIGNS = {"same": " ", "changed": "~", "removed": "-", "added": "+"}
_UNBROKEN = "\N{NO-BREAK SPACE}"
_RUNGS = "(events came free, cued by a hint, required, or fed in the author's words; or by the simulator)"
_LEGEND = "- only in A   + only in B   ~ changed: [-A's words-]{+B's words+}"


def as_text(comparison: Comparison, *, stat: bool, colour: bool) -> str:
    """The summary and the table, and unless `stat` the lines."""
    paint = _Paint(colour)
    blocks = ["\n".join(paint(line, "dim") for line in map(printable, opening(comparison)))]
    blocks.append("\n".join(_filled(line) for line in overview(comparison)))
    if comparison.parting is not None:
        blocks.append("\n".join(_table(comparison, paint)))
    if comparison.parting is not None and not stat:
        blocks.append(paint(_LEGEND, "dim"))
        blocks += ["\n".join(_beat(beat, paint)) for beat in comparison.beats if not beat.same]
    return "\n\n".join(blocks) + "\n"


class _Paint:
    """Colours text where there are colours."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, style: str) -> str:
        return f"{_STYLES[style]}{text}\x1b[0m" if self.colour and _STYLES[style] else text


def _filled(text: str, indent: int = 0, width: int = WIDTH) -> str:
    """A paragraph; rows after the first stand two further in."""
    rows = _wrapped(printable(text), width - indent - 2)
    return "\n".join(" " * (indent + (2 if index else 0)) + row.replace(_UNBROKEN, " ") for index, row in enumerate(rows))


def _table(comparison: Comparison, paint: _Paint) -> Iterator[str]:
    """One line a beat with its turns, lines and rejected replies; below it what came or ended otherwise."""
    width = max(len(printable(title(beat))) for beat in comparison.beats)
    yield paint(f"{'beat':{width}}  {'turns':>9}  {'rejected':>9}  lines", "bold")
    alike = [printable(title(beat)) for beat in comparison.beats if beat.same]
    for beat in comparison.beats:
        if not beat.same:
            turns, rejected = _change(beat.one.turns, beat.other.turns), _change(beat.one.rejected, beat.other.rejected)
            yield f"{printable(title(beat)):{width}}  {turns:>9}  {rejected:>9}  {summed_up(beat)}"
            yield from _details(beat, paint)
    yield paint(_RUNGS, "dim")
    if alike:
        yield _filled(f"the same in both: {', '.join(alike)}")


def _details(beat: BeatDiff, paint: _Paint) -> Iterator[str]:
    if beat.events:
        listed = ", ".join(map(_event, beat.events))
        yield paint(_filled(f"events: {listed}", 4), "dim" if all(e.one == e.other for e in beat.events) else "same")
    for belief in beat.beliefs:
        yield _filled(f"at its end: {belief.name}: {belief.one} → {belief.other}", 4)


def _event(event: EventDiff) -> str:
    rungs = event.one if event.one == event.other else f"{event.one} → {event.other}"
    return event.event if rungs == "stage" else f"{event.event} {rungs}".replace(" ", _UNBROKEN)


def _change(one: int, other: int) -> str:
    return str(one) if one == other else f"{one} → {other}"


def _beat(beat: BeatDiff, paint: _Paint) -> Iterator[str]:
    yield paint(f"── {printable(title(beat))} ── {summed_up(beat)}", "bold")
    lines = list(folded(beat))
    places = max((len(line.place) for line in lines if isinstance(line, DiffLine) and not _long(line)), default=0)
    for line in lines:
        if isinstance(line, Folded):
            yield paint(f"  … {line.count} the same …", "dim")
        else:
            yield from _line(line, places, paint)


def _long(line: DiffLine) -> bool:
    return len(line.place) > 8


def _line(line: DiffLine, places: int, paint: _Paint) -> Iterator[str]:
    sign = paint(_SIGNS[line.mark], line.mark)
    name = f"{printable(line.name).upper()}: " if line.name else ""
    lead = f"{'' if _long(line) else printable(line.place):>{places}}  "
    indent = 2 + len(lead)
    words = _marked(line.pieces, whole=line.mark != "changed")
    text = _wrapped_marked([(name, "bold"), *words], WIDTH - indent, paint)
    for index, row in enumerate(text or [""]):
        yield f"{sign} {paint(lead, 'dim') if not index else ' ' * len(lead)}{row}".rstrip()
    for note in line.notes:
        yield _filled(f"· {note}", indent)


def _marked(pieces: Sequence[Piece], *, whole: bool) -> list[tuple[str, str]]:
    """The pieces with their marks; a line that is as a whole in one run has its sign only."""
    shown: list[tuple[str, str]] = []
    for kind, text in pieces:
        clean = printable(text.replace("\n", " "))
        if kind == "same" or whole:
            shown.append((clean, kind))
        else:
            opened, closed = ("[-", "-]") if kind == "removed" else ("{+", "+}")
            stripped = clean.rstrip(" ")
            shown.append((f"{opened}{stripped}{closed}{clean[len(stripped) :]}", kind))
    return shown


def _wrapped_marked(pieces: Sequence[tuple[str, str]], width: int, paint: _Paint) -> list[str]:
    """The pieces in rows of a width, broken at blanks; each word is painted by itself."""
    rows, row, used, glued = [], "", 0, False
    for text, style in pieces:
        for index, word in enumerate(text.split(" ")):
            if index:
                glued = False
            if not word:
                continue
            gap = 0 if glued or not used else 1
            if used and (not glued or word.startswith("{+")) and used + gap + len(word) > width:
                rows.append(row)
                row, used, gap = "", 0, 0
            row += " " * gap + paint(word, style)
            used += gap + len(word)
            glued = True
    return [*rows, row] if row else rows


def _wrapped(text: str, width: int) -> list[str]:
    return _wrapped_marked([(text, "same")], width, _Paint(False)) or [""]
