"""The first words of a comparison: what two runs share, where they part, and by what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulator.transcript.diff.compare import Comparison
from simulator.transcript.reading import Transcript, spelled

__all__ = ["opening", "overview"]


def opening(comparison: Comparison) -> Iterator[str]:
    """The two runs, one line each."""
    for letter, run in (("A", comparison.one), ("B", comparison.other)):
        state = "" if run.complete else " · not complete"
        yield f"{letter}  {run.name}  (seed {run.header.seed} · {_cast(run)}{state})"


def _cast(run: Transcript) -> str:
    models = dict.fromkeys(run.header.cast.values())
    if len(models) == 1:
        return next(iter(models))
    return " · ".join(f"{lead}: {model}" for lead, model in run.header.cast.items())


def overview(comparison: Comparison) -> Iterator[str]:
    """Sentences: what is compared, same play, seed and cast or not, and where the runs part."""
    if comparison.lead:
        yield f"Compared as {spelled(comparison.lead)} perceived them."
    if not comparison.words:
        yield "Compared without their words: turns, events, rungs and rejected replies."
    yield from _headers(comparison)
    yield _parting(comparison)
    if not comparison.same:
        yield _extent(comparison)


def _headers(comparison: Comparison) -> Iterator[str]:
    one, other = comparison.one.header, comparison.other.header
    play = _play(comparison)
    seed = "same seed" if one.seed == other.seed else f"seeds {one.seed} and {other.seed}"
    cast = "same cast" if one.cast == other.cast else "another cast"
    yield f"{play}, {seed}, {cast}."
    if one.cast != other.cast:
        yield from (
            f"  {lead} is played by {one.cast.get(lead, 'nobody')} in A and by {other.cast.get(lead, 'nobody')} in B."
            for lead in dict.fromkeys((*one.cast, *other.cast))
            if one.cast.get(lead) != other.cast.get(lead)
        )
    changed = _changed(one.world.circumstances, other.world.circumstances)
    if changed:
        yield f"{len(changed)} circumstances were drawn otherwise: {', '.join(map(spelled, changed))}."
    yield from _fork("A", comparison.one, "B", comparison.other)
    yield from _fork("B", comparison.other, "A", comparison.one)


def _fork(letter: str, run: Transcript, other_letter: str, other: Transcript) -> Iterator[str]:
    parent = run.header.parent
    if parent is not None:
        shared = next((index for index, entry in enumerate(run.entries, 1) if getattr(entry, "id", "") == parent.at), 0)
        is_parent = shared > 0 and run.entries[:shared] == other.entries[:shared]
        of = other_letter if is_parent else f"another run, of seed {parent.seed}"
        yield f"{letter} is a fork of {of}, at {parent.at}."


def _play(comparison: Comparison) -> str:
    one, other = comparison.one.header, comparison.other.header
    if one.play != other.play:
        return f"Two plays ({one.play} and {other.play})"
    if one.play_hash != other.play_hash:
        return f"Two versions of the play {one.play}"
    return f"Same play ({one.play})" if one.lines_hash == other.lines_hash else f"Same play ({one.play}), other authored lines"


def _changed(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    return [name for name in dict.fromkeys((*ours, *theirs)) if ours.get(name) != theirs.get(name)]


def _parting(comparison: Comparison) -> str:
    parting = comparison.parting
    if parting is None:
        return "Nothing differs." if comparison.same else "Every entry is the same; only the first lines differ."
    place = parting.one or parting.other or ""
    if parting.one and parting.other and parting.one != parting.other:
        place = f"{parting.one} in A, {parting.other} in B"
    return f"They part at {place} (by {_BY[parting.cause]}): {parting.what}."


_BY = {"scheduler": "the scheduler", "reply": "a reply", "rejection": "a rejection", "end": "an early end"}


def _extent(comparison: Comparison) -> str:
    differing = [beat for beat in comparison.beats if not beat.same]
    turns = [sum(stretch.turns for stretch in run) for run in zip(*((b.one, b.other) for b in comparison.beats), strict=True)]
    ours, theirs = turns or (0, 0)
    return f"{len(differing)} of {len(comparison.beats)} beats differ. Turns: {ours} in A, {theirs} in B."
