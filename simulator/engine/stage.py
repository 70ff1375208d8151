"""Where a run stands: everything that the next step depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.engine.entries import Rejected, TurnEntry
from simulator.engine.mind import Mind
from simulator.engine.world import World
from simulator.play.types import Beat, LeadEvent, Play, StageEvent

__all__ = ["Stage"]


@dataclass(frozen=True)
class Stage:
    """The state of a run. It is folded from the log and never changed: `advance` gives the next one."""

    play: Play
    seed: int
    cast: Mapping[str, str]  # lead: model, as the log names it
    world: World
    minds: Mapping[str, Mind]
    act: int = 0  # acts begun
    beat: Beat | None = None
    due: Mapping[str, int] = field(default_factory=dict)  # event of this beat: the turn by which it must have happened
    turn: int = 0  # lead turns taken in this beat
    done: Mapping[str, int] = field(default_factory=dict)  # event of this beat: the turn after which it had happened
    resting: frozenset[str] = frozenset()  # leads whose last turn in this beat brought an event about
    said: frozenset[str] = frozenset()  # a walk-on's answers that were used in this beat
    last_turn: TurnEntry | None = None  # of this beat
    answered: bool = True  # whether the beat's walk-on has spoken since the last turn
    rejected: tuple[Rejected, ...] = ()  # for the turn under way
    ended: bool = False

    @property
    def values(self) -> Mapping[str, str]:
        """The circumstances of this run."""
        return self.world.circumstances

    @property
    def current(self) -> Beat:
        """The beat under way. Raises LookupError before the first."""
        if self.beat is None:
            raise LookupError("no beat has begun")
        return self.beat

    def to_come(self, lead: str) -> tuple[LeadEvent, ...]:
        """A lead's events of this beat that have not happened."""
        events = (event for event in self.current.events if isinstance(event, LeadEvent))
        return tuple(event for event in events if event.by == lead and event.id not in self.done)

    def to_perform(self) -> tuple[StageEvent, ...]:
        """The world's and the walk-ons' events of this beat that have not come."""
        events = (event for event in self.current.events if isinstance(event, StageEvent))
        return tuple(event for event in events if event.id not in self.done)
