"""The understudy's lines of one beat, and finding one's place in them from what was said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from simulator.play.circumstances import fill, names_in, names_of
from simulator.play.types import Exchange, Line, Play

__all__ = ["Place", "Script", "circumstances_in"]


@dataclass(frozen=True)
class Place:
    """A line of an exchange that was said."""

    exchange: Exchange
    index: int

    @property
    def line(self) -> Line:
        """The line itself."""
        return self.exchange.lines[self.index]

    @property
    def next(self) -> Line | None:
        """The line that belongs after it."""
        return self.exchange.lines[self.index + 1] if self.index + 1 < len(self.exchange.lines) else None


def circumstances_in(play: Play, lead: str, text: str) -> dict[str, str]:
    """The circumstances that can be told from a prompt: those of which a version's text stands in it.

    A bundle is told by the longest of its texts; where several versions stand in the prompt, the first to come counts.
    """
    found: dict[str, str] = {}
    for name, versions in (*play.circumstances.items(), *play.personas[lead].circumstances.items()):
        bundle = versions if isinstance(versions, Mapping) else {version: {} for version in versions}
        places = {
            version: place
            for version, texts in bundle.items()
            if (place := _find_words(max(texts.values(), key=len, default=version), text)) is not None
        }
        if places:
            version = min(places, key=lambda version: places[version])
            found |= {name: version, **bundle[version]}
    return found


def _find_words(words: str, text: str) -> int | None:
    """Where words stand in a text, not as a part of longer words."""
    place = text.find(words)
    while place >= 0:
        end = place + len(words)
        if not text[place - 1 : place].isalnum() and not text[end : end + 1].isalnum():
            return place
        place = text.find(words, place + 1)
    return None


class Script:
    """One beat's exchanges, with the circumstances that are known filled in."""

    def __init__(self, play: Play, beat: str, known: Mapping[str, str]) -> None:
        self.known = known
        self.exchanges = [
            exchange
            for exchange in play.lines.get(beat, ())
            if all(known.get(name, value) == value for name, value in exchange.needs.items())
        ]
        self._public = set(names_of(play.circumstances))
        self._exact: dict[str, Place] = {}
        self._open: list[tuple[re.Pattern[str], Place]] = []
        for exchange in self.exchanges:
            for index, line in enumerate(exchange.lines):
                self._index(Place(exchange, index), line)

    def _index(self, place: Place, line: Line) -> None:
        catches = place.exchange.catch.values() if place.index == 0 else ()
        for text in filter(None, (*line.speech, line.action, line.aside, *catches)):
            filled = fill(text, self.known)
            if names_in(filled):
                parts = re.split(r"\{[a-z][a-z0-9_]*\}", filled)
                self._open.append((re.compile("(.+)".join(map(re.escape, parts))), place))
            else:
                self._exact.setdefault(filled, place)

    def place(self, words: str | None) -> Place | None:
        """Where in the script these words stand, also where they hold a circumstance that is not known here."""
        if not words:
            return None
        if words in self._exact:
            return self._exact[words]
        return next((place for pattern, place in self._open if pattern.fullmatch(words)), None)

    def is_open(self, exchange: Exchange) -> bool:
        """Whether all that an exchange needs and mentions is known, but for what another lead alone knows."""
        names = {name for line in exchange.lines for text in line.speech for name in names_in(text or "")}
        own = {name for text in exchange.lines[0].speech for name in names_in(text or "")}
        return set(exchange.needs) <= self.known.keys() and (names & self._public) | own <= self.known.keys()

    def versions(self, texts: Iterable[str | None]) -> list[str | None]:
        """The texts that can be said with what is known."""
        filled = [None if text is None else fill(text, self.known) for text in texts]
        return [text for text in filled if text is None or not names_in(text)]
