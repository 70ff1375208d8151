"""Chance without state: every draw is a function of the seed and of what it is for.

Nothing is drawn in an order, so no draw can shift another. What a draw is keyed by is as visible as what it decides: a draw
that reaches a lead is keyed by that lead's own beats and turns, never by the names or the number of anything hidden.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["choose", "fraction", "sampling_seed"]

T = TypeVar("T")


def _number(seed: int, key: tuple[str | int, ...]) -> int:
    text = "\x1f".join(map(str, (seed, *key)))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def fraction(seed: int, *key: str | int) -> float:
    """A number from 0 up to 1."""
    return (_number(seed, key) >> 11) / (1 << 53)


def choose(options: Sequence[T], seed: int, *key: str | int) -> T:
    """One of the options, each as likely as the others."""
    return options[int(fraction(seed, *key) * len(options))]


def sampling_seed(seed: int, *key: str | int) -> int:
    """A seed for a model's sampling: 31 bits, which every server takes."""
    return _number(seed, key) >> 33
