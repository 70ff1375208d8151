"""`simulate score`: the figures of each run and of all together, as text, JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from simulator.play.loading import default_play, load
from simulator.play.types import Play
from simulator.score.count import figures_of
from simulator.score.figures import Figures, total
from simulator.score.measures import Measure, measures
from simulator.score.spent import spent_on
from simulator.transcript.log import is_trace
from simulator.transcript.output import write
from simulator.transcript.reading import Transcript, read_transcript
from simulator.transcript.text import printable

__all__ = ["Format", "print_score"]

Format = Literal["text", "json", "csv"]
Scored = tuple[str, Figures]

_COLUMNS = {  # of the table with one line a run
    "turns": "turns",
    "events.unforced": "unforced",
    "rejected": "rejected",
    "leaks.heard.count": "leaks",
    "leaks.epistemic.count": "epistemic",
    "words_a_turn": "words/turn",
    "repetition": "repeated",
    "echo": "echoed",
    "tokens_a_turn": "tokens/turn",
}


def print_score(files: Sequence[Path], folder: Path | None, form: Format) -> None:
    """Print the figures of transcripts; the traces beside them are passed over. Raises TranscriptError, PlayError."""
    files = [file for file in files if not is_trace(file)]
    runs = [read_transcript(file) for file in files]
    play = load(folder or default_play())
    scored = [
        (run.name, figures_of(run, _its_play(run, play), spent_on(file, run))) for run, file in zip(runs, files, strict=True)
    ]
    formats = {"text": _text, "json": _json, "csv": _csv}
    notes = list(_notes(runs, play)) if form == "text" else []
    write(formats[form](scored) + "".join(f"{note}\n" for note in notes))


def _its_play(run: Transcript, play: Play) -> Play | None:
    return play if run.header.play == play.id else None


def _notes(runs: Sequence[Transcript], play: Play) -> Iterator[str]:
    others = [run for run in runs if run.header.play != play.id]
    versions = [run for run in runs if run.header.play == play.id and run.header.play_hash != play.play_hash()]
    if others:
        run = others[0]
        yield f"leaks are not counted: {run.name} was performed from the play {run.header.play}; name it with --play"
    if versions:
        yield f"leaks are counted by the play as it is now: {versions[0].name} was performed from another version of it"


def _all(scored: Sequence[Scored]) -> Scored:
    return "all", total(figures for _, figures in scored)


def _text(scored: Sequence[Scored]) -> str:
    name, figures = _all(scored)
    if len(scored) == 1:
        return _block(printable(scored[0][0]), figures)
    return f"{_by_run(scored)}\n{_block(f'{name} {len(scored)} runs', figures)}"


def _block(title: str, figures: Figures) -> str:
    shown = [measure for measure in measures(figures) if measure.shown]
    width = max(len(measure.key) for measure in shown)
    lines = [title, *(f"  {_spelled(measure.key):{width}}  {measure.shown}" for measure in shown)]
    return "\n".join(lines) + "\n"


def _spelled(key: str) -> str:
    return printable(key.replace("_", " ").replace(".", ": "))


def _by_run(scored: Sequence[Scored]) -> str:
    rows = [("run", "complete", *_COLUMNS.values())]
    for name, figures in scored:
        found = {measure.key: measure for measure in measures(figures)}
        cells = (_cell(found.get(key)) for key in _COLUMNS)
        rows.append((printable(name), "yes" if figures.complete else "no", *cells))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows)
    return "\n".join(lines) + "\n"


def _cell(measure: Measure | None) -> str:
    if measure is None or measure.value is None:
        return "–"
    if isinstance(measure.value, int):
        return f"{measure.value:,}"
    return measure.shown if measure.key.endswith("_a_turn") else f"{measure.value:.1%}"


def _json(scored: Sequence[Scored]) -> str:
    data = {"runs": [{"name": name, **_values(figures)} for name, figures in scored], "all": _values(_all(scored)[1])}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _values(figures: Figures) -> dict[str, int | float | None]:
    return {measure.key: measure.value for measure in measures(figures)}


def _csv(scored: Sequence[Scored]) -> str:
    rows = [(name, _values(figures)) for name, figures in (*scored, _all(scored))]
    keys = list(dict.fromkeys(key for _, values in reversed(rows) for key in values))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["run", *keys])
    writer.writerows([_inert(name), *(values.get(key) for key in keys)] for name, values in rows)
    return buffer.getvalue()


def _inert(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name[:1] in "=+-@" else name
