"""The manners of a turn: play yourself, in the play's language, in lines that one would want to hear.

Hard rules send a reply back. Soft ones (`SOFT_RULES` by name) cost one repair; the second reply is kept and flagged.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from simulator.engine.contract import Contract, Rule, Turn, realised
from simulator.engine.entries import Violation
from simulator.engine.evidence import normalise
from simulator.play.types import Channel

__all__ = ["HARD_MANNERS", "SOFT_MANNERS", "SOFT_RULES"]

_FIELDS: tuple[Channel, ...] = ("speech", "action", "aside")


# Hard: the turn is not this person's, or not of this play.

_UNSAFE = frozenset({"Cc", "Cf", "Co", "Cn", "Cs"})  # control, format, private, unassigned, surrogates
_JOINERS = "\u200c\u200d\u00ad"  # letters of some scripts and emoji need them
_MARK_UP = re.compile(
    r"<\|.*?\|>|\[/?INST\]|</?[a-z][a-z0-9]*(\s[^<>]*)?/?>|```|^\s*#{2,}\s|(^|\s)(system|assistant|user|human)\s*:",
    re.IGNORECASE,
)
_OUT_OF_ROLE = re.compile(
    r"\bas an? (ai|artificial|large|language|virtual)\b|\b(ai|language) model\b|\bi'?m (just )?an ai\b|\bopenai\b|\bchatbot\b"
    r"|\b(i can't|i cannot|i can not|i am unable to|i'm unable to|i won't be able to)( \w+)? "
    r"(assist|comply|continue (with )?(this|that|the)|help (you )?with (this|that|your)|fulfil|engage|create|generate|provide)"
    r"|\b(system|developer) (prompt|message|instructions)\b|\b(this|your) (prompt|instructions?|roleplay|role-play)\b"
    r"|\bstay(ing)? in character\b|\bmy (guidelines|programming|training data)\b"
)
_DOES = (
    "smiles?|laughs?|nods?|sighs?|cry|cries|weeps?|blush(?:es)?|kisse?s?|leans?|looks?|says?|steps?|turns?|pulls?|takes?|gives?"
    "|hands?|lets?|agrees?|melts?|moans?|whispers?|repl(?:y|ies)|answers?|drops?|falls?|stares?|starts?|reach(?:es)?|feels?"
    "|trembles?|shivers?|gasps?|yields?|responds?|push(?:es)?|slaps?|sits?|stands?|walks?|goes|comes?|holds?|flinch(?:es)?"
)
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "HIRAGANA", "KATAKANA", "CJK", "HANGUL", "THAI")
_STOP_WORDS = {  # small words that are not also words of another of these languages
    "en": "the and you that it not of to what with have are for he she they this my your but do",
    "de": "der das und ist nicht du sie ich mit ein eine von zu wie auch auf aber noch mir dir",
    "fr": "le les et est pas vous je une ce qui pour avec sur mon mais dans votre suis c'est j'ai",
    "es": "el los las y es con una por para mi tu lo pero esto muy eres como yo mis todo",
    "it": "il gli che non di sono mi ti della nel ho hai ma questo anche molto perché io tuo",
    "pt": "os não de uma um para com em da você eu mas isso muito meu minha são está seu tudo",
    "nl": "het een en niet van ik je op voor zijn maar ook wat er aan dat heb naar jij mijn",
}
_STOPS = {language: frozenset(words.split()) for language, words in _STOP_WORDS.items()}
_RECITED = 8  # words running


def _fields(turn: Turn) -> Iterator[tuple[Channel, str]]:
    return ((channel, turn.field(channel)) for channel in _FIELDS if turn.field(channel))


def _only_printable(turn: Turn, _contract: Contract) -> Iterator[Violation]:
    for channel, words in _fields(turn):
        if any(unicodedata.category(char) in _UNSAFE and char not in _JOINERS for char in words):
            yield Violation(rule="control", detail=f"{channel}: control characters do not belong in a line.")


def _no_mark_up(turn: Turn, _contract: Contract) -> Iterator[Violation]:
    for channel, words in _fields(turn):
        if _MARK_UP.search(words):
            yield Violation(rule="markup", detail=f"{channel}: plain words only, without mark-up, fences or role names.")


def _stays_in_the_role(turn: Turn, _contract: Contract) -> Iterator[Violation]:
    for _, words in _fields(turn):
        if _OUT_OF_ROLE.search(normalise(words)):
            yield Violation(rule="role", detail="That left the scene. Play the second after, one line.")
            return


def _plays_nobody_else(turn: Turn, contract: Contract) -> Iterator[Violation]:
    names = "|".join(re.escape(name) for name in (contract.other, *contract.recent.met) if name)
    speaks = rf"(^|[\s\"“(*])({names})\*{{0,2}}\s*(\[|(\([^)]*\))?\s*:)"
    if names and re.search(speaks, turn.field("speech"), re.IGNORECASE):
        yield Violation(rule="other", detail="Speak for yourself only.")
    for words in (turn.field("action"), turn.field("aside")) if contract.other else ():
        if re.search(rf"\b({re.escape(normalise(contract.other))}|you)( \w+ly)? ({_DOES})\b", normalise(words)):
            yield Violation(rule="other", detail="Play yourself only; what the other does is theirs.")


def _speaks_the_language(turn: Turn, contract: Contract) -> Iterator[Violation]:
    said = " ".join(words for _, words in _fields(turn))
    if contract.notes and _is_foreign(said, contract.notes[0]):
        yield Violation(rule="language", detail="Keep to the language of the scene.")


def _is_foreign(said: str, own: str) -> bool:
    """Whether words are in another script than the persona's prompt, or full of another language's small words."""
    scripts, expected = _scripts(said), _scripts(own).most_common(1)
    if expected and sum(scripts.values()) >= 8 and scripts[expected[0][0]] < 0.5 * sum(scripts.values()):
        return True
    words, language = Counter(normalise(said).split()), _language(own)
    if language is None:
        return False
    counts = {name: sum(words[word] for word in stops) for name, stops in _STOPS.items()}
    foreign = max(count for name, count in counts.items() if name != language)
    return foreign >= 3 and foreign > 2 * counts[language]


@lru_cache(maxsize=64)
def _scripts(text: str) -> Counter[str]:
    names = (unicodedata.name(char, "") for char in text if char.isalpha())
    return Counter(next((script for script in _SCRIPTS if name.startswith(script)), "other") for name in names)


@lru_cache(maxsize=64)
def _language(text: str) -> str | None:
    """The language of a prompt, where its small words tell."""
    words = Counter(normalise(text).split())
    counts = {name: sum(words[word] for word in stops) for name, stops in _STOPS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] > 0.05 * sum(words.values()) else None


_SAME = {"you": "i", "me": "i", "your": "my", "yours": "my", "mine": "my", "are": "am", "you're": "i'm", "you've": "i've"}


@lru_cache(maxsize=256)
def _runs(text: str, length: int) -> frozenset[tuple[str, ...]]:
    """All runs of words of a length, with you and I taken for the same."""
    words = [_SAME.get(word, word) for word in normalise(text).split()]
    return frozenset(tuple(words[start : start + length]) for start in range(len(words) - length + 1))


def _does_not_recite(turn: Turn, contract: Contract) -> Iterator[Violation]:
    length = 2 * _RECITED if realised(turn, contract) else _RECITED  # an event may well be done in the author's words
    own = [_runs(note, length) for note in contract.notes]
    for _, words in _fields(turn):
        if any(_runs(words, length) & notes for notes in own):
            yield Violation(rule="recites", detail="These are your notes, to be played and not to be said.")
            return


HARD_MANNERS: tuple[Rule, ...] = (
    _only_printable,
    _no_mark_up,
    _stays_in_the_role,
    _plays_nobody_else,
    _speaks_the_language,
    _does_not_recite,
)


# Soft: worth one more try.

_THERAPY = re.compile(
    r"\b(i hear you|that must (be|have been|feel)|your feelings|valid|thank you for sharing|safe space|boundar(y|ies)"
    r"|vulnerab\w+|i understand (how|why|what|that (you|must|it|this))|closure|you deserve"
    r"|we're both|we are both|i'm here for you|heal(ing)?|trauma)\b"
)
_VERDICT = re.compile(
    r"^(so )?(maybe |perhaps |i (suppose|guess) )?(that's (what|how|why|the (thing|trouble|truth|price|point))|this is what"
    r"|that is (what|how|why|the (thing|truth))|in the end|at the end of the day|after all|we all"
    r"|we're all|the truth is|life is)\b"
)
_LONGEST_ACTION = 14  # words
_MOST_ACTIONS = 0.45  # of a lead's turns in a beat, once there are a few
_FEW_TURNS = 5


def _no_lead_in(turn: Turn, contract: Contract) -> Iterator[Violation]:
    opening = normalise(turn.field("speech")).split()[:4]
    if len(opening) == 4 and any(normalise(line).split()[:4] == opening for line in contract.recent.own[-6:]):
        yield Violation(rule="lead_in", detail="You began a line like this a moment ago.")


def _no_mirror(turn: Turn, contract: Contract) -> Iterator[Violation]:
    question = re.match(r"\s*([^.!?]{2,60})\?", turn.field("speech"))
    if question is None:
        return
    asked, heard = normalise(question[1]), normalise(contract.recent.heard)
    if asked and f" {heard} ".endswith(f" {asked} "):
        yield Violation(rule="mirror", detail="Do not ask the other's last words back.")


def _no_therapy(turn: Turn, _contract: Contract) -> Iterator[Violation]:
    found = _THERAPY.search(normalise(turn.field("speech")))
    if found:
        yield Violation(rule="therapy", detail=f"Nobody here talks like a counsellor: {found[0]}.")


def _no_verdict(turn: Turn, _contract: Contract) -> Iterator[Violation]:
    sentences = [part for part in re.split(r"(?<=[.!?…])\s+", turn.field("speech")) if part]
    if len(sentences) > 1 and _VERDICT.search(normalise(sentences[-1])):
        yield Violation(rule="verdict", detail="Stop before the moral.")


def _not_the_name_again(turn: Turn, contract: Contract) -> Iterator[Violation]:
    name = normalise(contract.other)
    lines = [normalise(line).split() for line in (*contract.recent.own[-3:], turn.field("speech"))]
    if name and name in lines[-1] and sum(name in line for line in lines) > 1:
        yield Violation(rule="name", detail="You have used the other's name already.")


def _little_stage_business(turn: Turn, contract: Contract) -> Iterator[Violation]:
    if re.search(r"[\[\]*]", turn.field("speech")):
        yield Violation(rule="stage", detail="No stage directions in speech: put them into action.")
    if len(turn.field("action").split()) > _LONGEST_ACTION:
        yield Violation(rule="stage", detail=f"The action is over {_LONGEST_ACTION} words.")
    turns, actions = contract.recent.turns + 1, contract.recent.actions + 1
    if turn.action and turn.speech and turns > _FEW_TURNS and actions > _MOST_ACTIONS * turns:
        yield Violation(rule="stage", detail="Enough business for now: action is null.")


def _in_one_breath(turn: Turn, contract: Contract) -> Iterator[Violation]:
    words = len(turn.field("speech").split())
    if contract.breath is None or not words:
        return
    low, high = contract.breath
    if words > 2 * high or words < low / 2:
        yield Violation(rule="band", detail=f"{words} words, where {low} to {high} were asked for.")


def _nothing_said_before(turn: Turn, contract: Contract) -> Iterator[Violation]:
    words = _word_runs(turn.field("speech"))
    for line in (*contract.recent.own[-4:], contract.recent.heard):
        shared = words & _word_runs(line)
        if len(shared) > 1 or (shared and len(words) <= 3):
            yield Violation(rule="echo", detail=f"Said before: {' '.join(sorted(shared)[0])}.")
            return


def _word_runs(text: str) -> set[tuple[str, ...]]:
    words = normalise(text).split()
    return {tuple(words[start : start + 4]) for start in range(len(words) - 3)}


SOFT_MANNERS: tuple[Rule, ...] = (
    _no_lead_in,
    _no_mirror,
    _no_therapy,
    _no_verdict,
    _not_the_name_again,
    _little_stage_business,
    _in_one_breath,
    _nothing_said_before,
)
SOFT_RULES = frozenset({"lead_in", "mirror", "therapy", "verdict", "name", "stage", "band", "echo"})
