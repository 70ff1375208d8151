"""The request for one lead: a function of that lead's own mind and of what [now] says. It is never handed the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.engine.contract import Offer
from simulator.engine.entries import Violation
from simulator.engine.mind import Mind

__all__ = ["Breath", "Message", "Now", "messages"]

Message = Mapping[str, str]  # role, content

_ENGINE_PART = """\
You play {name} in a stage play for adults, improvised with another actor. You know only what stands here and what reaches you.

Every line wants something from the other and hides what. Dodge, top, twist or refuse what was just done; agree for a price. \
Never repeat the other's words, sum up, name a feeling, comfort, advise or conclude.
One breath, mostly 10 to 30 words. Break off. Change the subject. Be particular: a price, an object in the room.
Secrets bend what you say; they are not said.
Play yourself only: your hand may reach the other; the response is theirs. Nothing explicit. \
Too much to show? Play the second after.

Reply, one JSON object:
intent: what you are after, under 12 words; nobody sees it
speech: words said aloud; null for silence
action: one visible thing, under 12 words, verb first; usually null
aside: what you do unseen; null unless [now] offers it
claims: usually []. If you did a lettered thing: {{"mark": letter, "quote": your words that did it}}

{persona}"""

_A_MOMENT = "(A moment passes.)"


@dataclass(frozen=True)
class Breath:
    """How many words a turn should take."""

    low: int
    high: int

    def __str__(self) -> str:
        if self.high == 0:
            return "none, keep silent"
        return f"{self.high} words or fewer" if self.low <= 1 else f"{self.low} to {self.high} words"


@dataclass(frozen=True)
class Now:
    """What a lead is told for one turn and for no longer."""

    brief: str
    verb: str  # what to try
    breath: Breath
    offers: tuple[Offer, ...]


def messages(mind: Mind, now: Now, notes: Sequence[Violation] = ()) -> tuple[Message, ...]:
    """The messages of a request, roles strictly alternating after the system's; notes are on a reply that was not used."""
    system = _ENGINE_PART.format(name=mind.name, persona=mind.persona)
    said: list[Message] = [{"role": "system", "content": system}]
    for index, (heard, reply) in enumerate(mind.history):
        said.append({"role": "user", "content": _perceived(mind, heard, index)})
        said.append({"role": "assistant", "content": reply})
    last = _perceived(mind, "\n".join(mind.heard), len(mind.history))
    parts = [last, _now_block("" if mind.scene_told else mind.scene, now), *_repair(notes)]
    said.append({"role": "user", "content": "\n\n".join(parts)})
    return tuple(said)


def _perceived(mind: Mind, heard: str, index: int) -> str:
    """One user message; the first of an act begins with what is remembered."""
    heard = heard or _A_MOMENT
    if index or not mind.memory:
        return heard
    return "\n".join(["You remember:", *mind.memory, "", heard])


def _now_block(scene: str, now: Now) -> str:
    lines = [" ".join(filter(None, ("[now]", scene, now.brief))), f"Try: {now.verb}. Breath: {now.breath}."]
    if any(offer.rung == "required" for offer in now.offers):
        lines += [f"This turn: {_offered(offer)} {offer.event.push}" for offer in now.offers]
    elif now.offers:
        marks = [_offered(offer) + (f" {offer.event.hint}" if offer.rung == "cued" else "") for offer in now.offers]
        lines += ["Within reach: " + "\n".join(marks), "Most lines reach for nothing."]
    return "\n".join(lines)


def _offered(offer: Offer) -> str:
    return f"{offer.mark} {offer.event.lure} ({offer.event.channel})."


def _repair(notes: Sequence[Violation]) -> list[str]:
    if not notes:
        return []
    reasons = "\n".join(dict.fromkeys(f"- {note.detail}" for note in notes))
    return [f"[again] Your last reply was not used:\n{reasons}\nReply once more, in full."]
