"""A text in all its versions: every value that the circumstances it mentions can have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from simulator.play.circumstances import names_in
from simulator.play.types import Circumstances, Play

__all__ = ["Fillings"]


class Fillings:
    """The circumstances of a play and of both personas."""

    def __init__(self, play: Play) -> None:
        circumstances: dict[str, list[Mapping[str, str]]] = {}
        for drawn in (play.circumstances, *(persona.circumstances for persona in play.personas.values())):
            circumstances |= {name: list(_versions(drawn, name)) for name in drawn}
        self._versions = circumstances
        self._owner = {name: top for top, versions in circumstances.items() for version in versions for name in version}

    def of(self, text: str, needs: Mapping[str, str] | None = None) -> Iterator[Mapping[str, str]]:
        """The values with which a text can be filled, where these circumstances hold."""
        needs = needs or {}
        tops = dict.fromkeys(self._owner[name] for name in names_in(text) if name in self._owner)
        choices = [[version for version in self._versions[top] if needs.get(top, version[top]) == version[top]] for top in tops]
        for chosen in product(*choices):
            yield {name: value for version in chosen for name, value in version.items()}


def _versions(circumstances: Circumstances, name: str) -> Iterator[Mapping[str, str]]:
    versions = circumstances[name]
    for version in versions:
        yield {name: version, **(versions[version] if isinstance(versions, Mapping) else {})}
