"""Which words differ between two versions of a text."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal

__all__ = ["Kind", "Piece", "compare_words"]

Kind = Literal["same", "removed", "added"]
Piece = tuple[Kind, str]

_TOKEN = re.compile(r"\w+(?:['’]\w+)*\s*|[^\w\s]\s*|\s+")
_CRUMBS = 2  # equal words between two differences, up to which they are shown as one difference
_LARGE = 250_000  # comparisons; above it the middle is shown as replaced


def compare_words(one: str, other: str) -> list[Piece]:
    """The two texts as one, piece by piece; a removed piece stands before what was added in its place."""
    ours, theirs = _TOKEN.findall(one), _TOKEN.findall(other)
    start = _common(ours, theirs)
    end = _common(ours[start:][::-1], theirs[start:][::-1])
    pieces: list[Piece] = [("same", "".join(ours[:start]))]
    pieces += _middle(ours[start : len(ours) - end], theirs[start : len(theirs) - end])
    pieces.append(("same", "".join(ours[len(ours) - end :])))
    return [piece for piece in pieces if piece[1]]


def _common(ours: list[str], theirs: list[str]) -> int:
    """How many tokens are the same from the beginning."""
    pairs = enumerate(zip(ours, theirs, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(ours), len(theirs)))


def _middle(ours: list[str], theirs: list[str]) -> list[Piece]:
    if len(ours) * len(theirs) > _LARGE or not ours or not theirs:
        return [("removed", "".join(ours)), ("added", "".join(theirs))]
    pieces: list[Piece] = []
    removed, added = "", ""
    for kind, low, high, start, end in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "equal" and high - low > _CRUMBS:
            pieces += [("removed", removed), ("added", added), ("same", "".join(ours[low:high]))]
            removed, added = "", ""
        else:
            removed, added = removed + "".join(ours[low:high]), added + "".join(theirs[start:end])
    return [*pieces, ("removed", removed), ("added", added)]
