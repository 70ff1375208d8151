"""`{name}` in a text: which names there are, and their values in a run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from simulator.play.types import Circumstances

__all__ = ["fill", "has_stray_brace", "names_in", "names_of", "quotes_in"]

_NAME = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_QUOTE = re.compile(r"\{quote:([a-z][a-z0-9_]*)\}")


def names_of(circumstances: Circumstances) -> Iterator[str]:
    """Every name that a text may use: of single circumstances, of bundles, and of the texts in them."""
    for name, versions in circumstances.items():
        yield name
        if isinstance(versions, Mapping):
            yield from dict.fromkeys(part for texts in versions.values() for part in texts)


def names_in(text: str) -> list[str]:
    """The circumstances that a text uses."""
    return _NAME.findall(text) if "{" in text else []


def quotes_in(text: str) -> list[str]:
    """The events whose words a text repeats, as {quote:EVENT}."""
    return _QUOTE.findall(text)


def has_stray_brace(text: str) -> bool:
    """Whether a brace is left that belongs to no {name}: it would be shown as it stands."""
    rest = _QUOTE.sub("", _NAME.sub("", text))
    return "{" in rest or "}" in rest


def fill(text: str, values: Mapping[str, str], quotes: Mapping[str, str] | None = None) -> str:
    """The text as it is in a run; an event whose words were never perceived leaves an ellipsis."""
    if "{" not in text:
        return text
    text = _NAME.sub(lambda match: values.get(match[1], match[0]), text)
    return _QUOTE.sub(lambda match: (quotes or {}).get(match[1], "…"), text)
