"""Every authored line performed once, by the contract that a model's turn must meet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from simulator.engine.contract import Contract, Offer, Recent, Turn, check, realised
from simulator.engine.entries import Violation
from simulator.engine.manners import SOFT_RULES
from simulator.play.circumstances import fill
from simulator.play.source import Key
from simulator.play.types import Exchange, LeadEvent, Line, Play
from simulator.proof.explore import BeatStates, Exploration
from simulator.proof.fillings import Fillings
from simulator.proof.findings import Findings, beat_file, event_key

__all__ = ["check_authored"]

_COVER = "waits"  # what is seen meanwhile, where a deed is done unseen: any words would do


@dataclass(frozen=True)
class _Reply:
    """Words of the author, where they stand, and the event that they are meant to do."""

    file: str
    key: Key
    by: str
    speech: str | None
    action: str | None
    aside: str | None
    event: LeadEvent | None = None

    def filled(self, fillings: Fillings, needs: dict[str, str]) -> Iterator[_Reply]:
        """These words with every value of the circumstances that they mention."""
        texts = (self.speech, self.action, self.aside)
        for values in fillings.of("\n".join(filter(None, texts)), needs):
            speech, action, aside = (text and fill(text, values) for text in texts)
            yield replace(self, speech=speech, action=action, aside=aside)

    def as_json(self) -> str:
        """As a model would send it."""
        reply: dict[str, object] = {"intent": "", "speech": self.speech, "action": self.action, "aside": self.aside}
        if self.event is None:
            return json.dumps(reply)
        quote = getattr(self, self.event.channel) or ""
        if self.aside and not self.speech and not self.action:
            reply["action"] = _COVER
        return json.dumps({**reply, "claims": [{"mark": "A", "quote": quote}]})


def check_authored(exploration: Exploration, findings: Findings, beats: set[str] | None = None) -> int:
    """Perform every line of the beats (all, if left out); the number of lines that were performed."""
    play, fillings, count = exploration.play, Fillings(exploration.play), 0
    for name, states in exploration.beats.items():
        if beats is not None and name not in beats:
            continue
        contracts = _Contracts(states)
        for reply, needs in _replies(play, name):
            for filled in reply.filled(fillings, needs):
                count += 1
                if not _perform(filled, contracts, findings):
                    break
    return count


def _replies(play: Play, beat_id: str) -> Iterator[tuple[_Reply, dict[str, str]]]:
    """All the author's words that can be a turn of a beat, each with the circumstances that it needs."""
    beat = play.beats[beat_id]
    for event in beat.events:
        if isinstance(event, LeadEvent):
            words: dict[str, str | None] = {"speech": None, "action": None, "aside": None, event.channel: event.fallback}
            yield _Reply(beat_file(beat_id), event_key(beat, event.id, "fallback"), event.by, event=event, **words), {}
    for lead in beat.present(play.leads):
        for index, silence in enumerate(play.personas[lead].silences):
            yield _Reply(f"personas/{lead}.md", ("silences", index), lead, None, silence, None), {}
    for number, exchange in enumerate(play.lines.get(beat_id, ())):
        done = next((event for event in beat.events if event.id == exchange.event and isinstance(event, LeadEvent)), None)
        for reply in _lines(f"beats/lines/{beat_id}.yaml", number, exchange, done):
            yield reply, dict(exchange.needs)


def _lines(file: str, number: int, exchange: Exchange, event: LeadEvent | None) -> Iterator[_Reply]:
    for index, line in enumerate(exchange.lines):
        own = event if index == 0 else None
        for speech in line.speech:
            yield _reply(file, (number, "lines", index), line, speech, own)
    for kind, speech in exchange.catch.items():
        yield _reply(file, (number, "catch", kind), exchange.lines[0], speech, event)


def _reply(file: str, key: Key, line: Line, speech: str | None, event: LeadEvent | None) -> _Reply:
    return _Reply(file, key, line.by, speech, line.action, line.aside, event)


class _Contracts:
    """The contracts under which a beat's lines are performed: the strictest that they can meet in a run.

    The fewer events have happened, the stricter a contract is: more can come too early, and no secret is lifted yet.
    """

    def __init__(self, states: BeatStates) -> None:
        self._cues = [moment.cue for moment in states.moments if moment.cue is not None]
        self._known: dict[tuple[str, str | None], list[Contract]] = {}

    def of(self, lead: str, event: LeadEvent | None) -> list[Contract]:
        """The strictest contracts of a lead's turn; of one with an event, where the event is permitted."""
        key = (lead, event.id if event else None)
        if key not in self._known:
            self._known[key] = self._strictest(lead, event)
        return self._known[key]

    def _strictest(self, lead: str, event: LeadEvent | None) -> list[Contract]:
        own = [cue.contract for cue in self._cues if cue.by == lead]
        if event is not None:
            own = [one for one in own if event in one.undone and one.done.issuperset(event.waits_for)]
        by_done = {contract.done: contract for contract in own}
        least = [contract for done, contract in by_done.items() if not any(other < done for other in by_done)]
        offers = () if event is None else (Offer("A", event, "required"),)
        # Breath and what was said before differ from run to run: they are no property of a line.
        return [replace(contract, offers=offers, required=event, breath=None, recent=Recent()) for contract in least]


def _perform(reply: _Reply, contracts: _Contracts, findings: Findings) -> bool:
    """Perform one line, and say whether it is as its author means it; the first trouble is noted."""
    for contract in contracts.of(reply.by, reply.event):
        turn = check(reply.as_json(), contract)
        words = " / ".join(filter(None, (reply.action, reply.speech, reply.aside)))
        if isinstance(turn, Turn):
            others = [found.event.id for found in realised(turn, contract) if found.event != reply.event]
            if not others:
                continue
            message, change = f"would be taken for {others[0]}", f"word it otherwise, or narrow the evidence of {others[0]}"
        elif all(violation.rule in SOFT_RULES for violation in turn):
            message = f"{reply.by}'s line would be sent back once ({turn[0].rule}: {turn[0].detail}): {words}"
            findings.warn(reply.file, reply.key, message, "word it otherwise")
            return False
        else:
            message, change = _trouble(reply, turn)
        findings.error(reply.file, reply.key, f"{reply.by}'s line {message}: {words}", change)
        return False
    return True


def _trouble(reply: _Reply, violations: tuple[Violation, ...]) -> tuple[str, str]:
    """Why a line would be rejected, and what to do: the evidence first, since the rest follows from it."""
    hard = [one for one in violations if one.rule not in SOFT_RULES]
    first = next((one for one in hard if one.rule == "missing"), hard[0])
    if first.rule == "missing" and reply.event is not None:
        return f"does not meet the evidence of {reply.event.id}", "word it so that it does, or widen the evidence"
    return f"would be rejected ({first.rule}: {first.detail})", _ADVICE.get(first.rule, "word it otherwise")


_ADVICE = {
    "premature": "word it so that it shows nothing that comes later, or narrow that event's evidence",
    "conceal": "word it so that it tells nothing, or narrow the fact's fingerprints",
    "aside": "only an event's line may have an aside",
    "reserved": "leave the prop out of the action",
}
