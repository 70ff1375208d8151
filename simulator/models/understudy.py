"""The understudy: the embedded model, which speaks the play's authored lines.

It sees what a model sees, the messages and the sampling seed, and the name of the call. It keeps nothing between calls: what
was said, which circumstances hold and what is within reach are all read from the prompt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from simulator.engine.chance import choose, fraction
from simulator.engine.prompt import Message
from simulator.models.script import Place, Script, circumstances_in
from simulator.play.circumstances import fill
from simulator.play.types import Beat, Exchange, LeadEvent, Line, Persona, Play, Remark

__all__ = ["answer"]

_READINESS = {"free": 0.7, "cued": 0.95, "required": 1.0}  # how likely an event within reach is taken up
_NOW = re.compile(r"\n\n\[now\] (.*)", re.DOTALL)
_TRY = re.compile(r"^Try: (.+?)\. Breath: (?:(\d+) (?:to (\d+) )?words|none)", re.MULTILINE)


@dataclass(frozen=True)
class _Offer:
    mark: str
    event: LeadEvent
    rung: str


@dataclass(frozen=True)
class _Heard:
    """The end of what was said: where the script stands, and what kind of remark is to be answered."""

    place: Place | None  # the last line, where it is one of the script's
    remark: Remark | None  # its kind, where it is nobody's authored line
    used: frozenset[str]  # exchanges begun
    said: frozenset[str]  # own words and actions


@dataclass(frozen=True)
class _Part:
    """One call, read."""

    play: Play
    beat: Beat
    persona: Persona
    turn: int
    seed: int
    script: Script
    heard: _Heard
    offers: tuple[_Offer, ...]
    verb: str
    breath: tuple[int, int]

    def draw(self, *key: str) -> float:
        return fraction(self.seed, *key)


def answer(play: Play, messages: Sequence[Message], seed: int, name: str) -> str:
    """The reply to a request, as JSON.

    Raises ValueError where the call's name is not beat/turn/persona/attempt of this play.
    """
    return json.dumps(_perform(_read(play, messages, seed, name)), ensure_ascii=False)


# Reading the prompt.


def _read(play: Play, messages: Sequence[Message], seed: int, name: str) -> _Part:
    beat, turn, lead, _attempt = _called(play, name)
    text = "\n".join(message["content"] for message in messages)
    script = Script(play, beat.id, circumstances_in(play, lead, text))
    now = _NOW.search(messages[-1]["content"])
    block = now[1] if now else ""
    asked = _TRY.search(block)
    return _Part(
        play=play,
        beat=beat,
        persona=play.personas[lead],
        turn=turn,
        seed=seed,
        script=script,
        heard=_hear(messages, script, play.personas[play.other(lead)].name.upper()),
        offers=tuple(_offers(beat, lead, block, script)),
        verb=asked[1] if asked else play.personas[lead].tries[0],
        breath=_band(asked),
    )


def _called(play: Play, name: str) -> tuple[Beat, int, str, int]:
    match = re.fullmatch(r"([a-z0-9_]+)/(\d+)/([a-z0-9_]+)/(\d+)", name)
    if match is None or match[1] not in play.beats or match[3] not in play.leads:
        raise ValueError(f"no call of this play: {name!r}; expected beat/turn/persona/attempt")
    return play.beats[match[1]], int(match[2]), match[3], int(match[4])


def _band(asked: re.Match[str] | None) -> tuple[int, int]:
    if asked is None:
        return 1, 35
    if asked[2] is None:
        return 0, 0
    return (int(asked[2]), int(asked[3])) if asked[3] else (1, int(asked[2]))


def _offers(beat: Beat, lead: str, block: str, script: Script) -> list[_Offer]:
    found = []
    for event in beat.events:
        if not isinstance(event, LeadEvent) or event.by != lead:
            continue
        lure, hint = fill(event.lure, script.known), fill(event.hint, script.known)
        mark = re.search(rf"([AB]) {re.escape(lure)} \({event.channel}\)", block)
        if mark is not None:
            rung = "required" if "This turn:" in block else "cued" if hint in block else "free"
            found.append(_Offer(mark[1], event, rung))
    return found


def _hear(messages: Sequence[Message], script: Script, other: str) -> _Heard:
    """Go through all that was said in the order of its saying."""
    place: Place | None = None
    remark: Remark | None = None
    used: set[str] = set()
    said: set[str] = set()
    for message in messages[1:]:
        if message["role"] == "assistant":
            turn = json.loads(message["content"])
            said.update(filter(None, (turn["speech"], turn["action"])))
            turns = [(turn["speech"], turn["action"] or turn["aside"])]
        else:
            turns = _turns_of(other, message["content"].partition("\n\n[now] ")[0])
        for speech, action in turns:
            places = [found for found in map(script.place, (action, speech)) if found is not None]
            used.update(found.exchange.id for found in places)
            place = next((found for found in reversed(places) if found.next), places[-1] if places else None)
            remark = None if place or message["role"] == "assistant" else _kind(speech)
    return _Heard(place, remark, frozenset(used), frozenset(said))


def _turns_of(name: str, heard: str) -> list[tuple[str | None, str | None]]:
    """Somebody's turns, as (speech, action), in what a lead perceived."""
    line = re.compile(rf"^{re.escape(name)}(?: \[(?P<action>.*?)\])?(?:: (?P<speech>.*)| says nothing\.|)$", re.MULTILINE)
    return [(match["speech"], match["action"]) for match in line.finditer(heard)]


def _kind(speech: str | None) -> Remark:
    if not speech:
        return "silence"
    return "question" if speech.rstrip("\"'”’ ").endswith("?") else "remark"


# Deciding what to say.


def _perform(part: _Part) -> dict[str, object]:
    owed = _owed(part)
    offer = _taken(part, owed)
    if offer is None:
        return _turn(part, owed or _opening(part))
    return _deed(part, offer, owed)


def _owed(part: _Part) -> Line | None:
    """The next line of the exchange under way, where it is this lead's; one that may be left out must fit the breath."""
    place = part.heard.place
    line = place.next if place else None
    if place is None or line is None or line.by != part.persona.id or not part.script.versions(line.speech):
        return None
    return line if _fits(part, line) or not place.line.cut else None


def _taken(part: _Part, owed: Line | None) -> _Offer | None:
    """The event to do now. Words wait until no answer is owed, or the last line may be left unanswered, or a hint presses."""
    place = part.heard.place
    busy = owed is not None and not (place is not None and place.line.cut)
    for offer in part.offers:
        waits = busy and offer.event.channel == "speech" and offer.rung == "free"
        if not waits and part.draw("take", offer.mark) < _READINESS[offer.rung]:
            return offer
    return None


def _deed(part: _Part, offer: _Offer, owed: Line | None) -> dict[str, object]:
    """The event, in one of its authored versions, or else in the words of its fallback."""
    version = _version(part, offer.event)
    turn = _in_fallback_words(part, offer.event) if version is None else _turn(part, version.lines[0])
    words = turn[offer.event.channel]
    if words is None:  # they name a circumstance that this lead has not been shown
        return _turn(part, owed or _opening(part))
    if version is not None and turn["speech"] is None and offer.event.channel == "aside":
        cover = _turn(part, owed or _opening(part))
        turn |= {"speech": cover["speech"], "action": turn["action"] or cover["action"]}
    return turn | {"claims": [{"mark": offer.mark, "quote": words}]}


def _in_fallback_words(part: _Part, event: LeadEvent) -> dict[str, object]:
    sayable = part.script.versions([event.fallback])
    silent = _turn(part, Line(by=part.persona.id, speech=(None,)))
    return silent | {event.channel: sayable[0] if sayable else None}


def _version(part: _Part, event: LeadEvent) -> Exchange | None:
    """One of the authored versions of an event: rather one that follows what was just said."""
    hook = part.heard.place.exchange.hook if part.heard.place and part.heard.place.next is None else None
    versions = [
        exchange
        for exchange in part.script.exchanges
        if exchange.event == event.id and part.script.is_open(exchange) and exchange.id not in part.heard.used
    ]
    versions = [exchange for exchange in versions if _fits(part, exchange.lines[0])] or versions
    fitting = [exchange for exchange in versions if hook is not None and hook in exchange.follows]
    anywhere = [exchange for exchange in versions if not exchange.follows]
    # What follows the hook comes first, but not always, or two evenings would meet in it.
    best = fitting if fitting and part.draw("hook") < 0.5 else anywhere or versions
    return choose(best, part.seed, "version") if best else None


def _opening(part: _Part) -> Line:
    """The first line of a fresh exchange, near the tension that this point of the beat asks for; else a silence."""
    level = part.heard.place.exchange.level if part.heard.place else 1
    target = 1 + 4 * (part.turn - 1) / max(1, part.beat.turns.max - 1)
    candidates = [
        exchange
        for exchange in part.script.exchanges
        if exchange.event is None
        and exchange.lines[0].by == part.persona.id
        and exchange.id not in part.heard.used
        and exchange.level >= level - 1
        and part.script.is_open(exchange)
    ]
    if not candidates:
        return _silence(part)
    best = min(candidates, key=lambda exchange: _distance(part, exchange, target))
    catch = best.catch.get(part.heard.remark) if part.heard.remark else None
    return best.lines[0].model_copy(update={"speech": (catch,)}) if catch else best.lines[0]


def _distance(part: _Part, exchange: Exchange, target: float) -> float:
    unready = part.heard.remark is not None and part.heard.remark not in exchange.catch
    unfit = not _fits(part, exchange.lines[0])
    return abs(exchange.level - target) + 2 * part.draw("open", exchange.id) + 4 * unfit + unready


def _fits(part: _Part, line: Line) -> bool:
    """Whether a line can be said in about the breath that was asked for: half of it to double."""
    return any(_in_breath(part, text) for text in part.script.versions(line.speech))


def _in_breath(part: _Part, text: str | None) -> bool:
    low, high = part.breath
    return text is None or low / 2 <= len(text.split()) <= 2 * high


def _silence(part: _Part) -> Line:
    fresh = [action for action in part.persona.silences if action not in part.heard.said] or part.persona.silences
    return Line(by=part.persona.id, speech=(None,), action=choose(fresh, part.seed, "silence"))


def _turn(part: _Part, line: Line) -> dict[str, object]:
    """A line as a reply, in the version that fits the breath best."""
    texts = part.script.versions(line.speech) or [None]
    fitting = [text for text in texts if _in_breath(part, text)] or texts
    return {
        "intent": line.intent or part.verb,
        "speech": choose(fitting, part.seed, "words"),
        "action": line.action and fill(line.action, part.script.known),
        "aside": line.aside and fill(line.aside, part.script.known),
        "claims": [],
    }
