"""A comparison as JSON, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict

from simulator.transcript.diff.compare import BeatDiff, Comparison, Pair
from simulator.transcript.diff.lines import line_of
from simulator.transcript.diff.moments import Moment
from simulator.transcript.reading import Transcript

__all__ = ["as_json"]


def as_json(comparison: Comparison, *, stat: bool) -> str:
    """All that the text says, and every unchanged moment by its id; with `stat` without the moments."""
    data = {
        "same": comparison.same,
        "as": comparison.lead,
        "words": comparison.words,
        "a": _run(comparison.one),
        "b": _run(comparison.other),
        "parting": asdict(comparison.parting) if comparison.parting else None,
        "beats": [_beat(beat, stat) for beat in comparison.beats],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _run(run: Transcript) -> dict[str, object]:
    header = run.header.model_dump(mode="json", exclude={"kind", "format", "world"})
    return {"name": run.name, **header, "circumstances": dict(run.header.world.circumstances), "complete": run.complete}


def _beat(beat: BeatDiff, stat: bool) -> dict[str, object]:
    table: dict[str, object] = {
        "id": beat.id,
        "same": beat.same,
        "turns": [beat.one.turns, beat.other.turns],
        "rejected": [beat.one.rejected, beat.other.rejected],
        "events": {event.event: [event.one, event.other] for event in beat.events},
        "beliefs": {belief.name: [belief.one, belief.other] for belief in beat.beliefs},
    }
    return table if stat else {**table, "moments": [_moment(pair, beat.id) for pair in beat.pairs]}


def _moment(pair: Pair, beat: str) -> dict[str, object]:
    ids = [_id(pair.one), _id(pair.other)]
    if pair.mark == "same":
        return {"mark": "same", "ids": ids}
    lines = [{"mark": line.mark, "name": line.name, "words": line.pieces, "notes": line.notes} for line in line_of(pair, beat)]
    return {"mark": pair.mark, "ids": ids, "lines": lines}


def _id(moment: Moment | None) -> str | None:
    return None if moment is None else getattr(moment.entry, "id", moment.entry.kind)
