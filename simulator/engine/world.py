"""The world: what is true, who believes what, who holds what. A fold of effects, and nothing that speaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from simulator.engine.chance import choose
from simulator.play.types import Circumstances, Effects, Ensure, Play

__all__ = ["World", "apply", "initial_world", "unmet"]

V = TypeVar("V")


class World(BaseModel):
    """The state of the story. Beliefs and locations hold only what a lead has any belief about."""

    model_config = ConfigDict(frozen=True)

    facts: Mapping[str, bool]
    beliefs: Mapping[str, Mapping[str, bool]]  # lead: fact
    items: Mapping[str, str]  # item: its holder
    locations: Mapping[str, Mapping[str, str]]  # lead: item: who they think holds it
    promises: Mapping[str, Literal["made", "broken"]]
    circumstances: Mapping[str, str]  # drawn once for the run


def initial_world(play: Play, seed: int) -> World:
    """The world before the first beat, with the seed's circumstances."""
    circumstances = dict(_draw(play.circumstances, seed, "play"))
    for lead in play.leads:
        circumstances |= dict(_draw(play.personas[lead].circumstances, seed, lead))
    return World(
        facts={name: fact.truth for name, fact in play.facts.items()},
        beliefs={lead: {name: fact.truth for name, fact in play.facts.items() if lead in fact.known} for lead in play.leads},
        items={name: item.at for name, item in play.items.items()},
        locations={lead: {name: item.at for name, item in play.items.items() if lead in item.known} for lead in play.leads},
        promises={},
        circumstances=circumstances,
    )


def _draw(circumstances: Circumstances, seed: int, owner: str) -> Iterator[tuple[str, str]]:
    for name, versions in circumstances.items():
        drawn = choose(list(versions), seed, "circumstance", owner, name)
        yield name, drawn
        if isinstance(versions, Mapping):
            yield from versions[drawn].items()


def apply(world: World, effects: Effects) -> World:
    """The world after an event."""
    return world.model_copy(
        update={
            "facts": {**world.facts, **effects.set},
            "beliefs": _merged(world.beliefs, effects.learn),
            "items": {**world.items, **effects.move},
            "locations": _merged(world.locations, effects.locate),
            "promises": {**world.promises, **effects.promise},
        }
    )


def _merged(old: Mapping[str, Mapping[str, V]], new: Mapping[str, Mapping[str, V]]) -> dict[str, Mapping[str, V]]:
    return {**old, **{lead: {**old.get(lead, {}), **entries} for lead, entries in new.items()}}


def unmet(world: World, ensure: Ensure) -> list[str]:
    """What a beat's end demands and the world does not hold, as readable lines."""
    wanted = {
        **{f"fact {name}": (value, world.facts.get(name)) for name, value in ensure.facts.items()},
        **{f"item {name}": (value, world.items.get(name)) for name, value in ensure.items.items()},
        **{f"promise {name}": (value, world.promises.get(name)) for name, value in ensure.promises.items()},
        **{
            f"{lead} on {name}": (value, world.beliefs.get(lead, {}).get(name))
            for lead, facts in ensure.believes.items()
            for name, value in facts.items()
        },
        **{
            f"{lead} on where {name} is": (value, world.locations.get(lead, {}).get(name))
            for lead, items in ensure.locates.items()
            for name, value in items.items()
        },
    }
    return [f"{what}: expected {want}, found {found}" for what, (want, found) in wanted.items() if want != found]
