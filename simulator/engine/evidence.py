"""Whether words show that something happened.

Patterns are looked for sentence by sentence. A match does not stand where its clause is negated ("I do not have …"), its
sentence hypothetical ("if I had …", "I could …", or a question) or somebody else's words ("she said …"), unless the author
allows that.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache

from simulator.play.types import Evidence

__all__ = ["evident", "gives_away", "normalise", "quoted"]

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'"})
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\s\"'”’)\]]*(?=\s|$)|\n+")
_CLAUSE_END = re.compile(r"[,;:()\[\]]|\s[-–—]+\s|[–—]+")
_NOT_A_WORD = re.compile(r"[^\w']+|(?<!\w)'+|'+(?!\w)|_+")

_NEGATION = re.compile(
    r"\b(not|never|no|none|nobody|nothing|neither|nor|without|hardly|cannot|can't|won't|\w+n't|ain't|far from|refuse to)\b"
)
_CONDITION = re.compile(r"\b(if|unless|whether|suppose|supposing|imagine|as though|pretend|pretending|what would|wish)\b")
_MODAL = re.compile(r"\b(could|would|might|should|may|perhaps|maybe|i'd|you'd|he'd|she'd|they'd|about to|going to|want to)\b")
_REPORT = re.compile(
    r"\b(s?he|they|you|people|everyone|everybody|somebody|someone|who|it|doctors?|papers?|lawyers?|friends?|mother|father)"
    r"('s|'ve|'d| has| have| had| will)? (always |only |just |once |also )?"
    r"(say|says|said|tell|tells|told|claim|claims|claimed|think|thinks|thought|believe|believes|believed|write|writes|wrote"
    r"|swears?|swore|insists?|insisted|reckons?)\b|\baccording to\b|\bi (heard|read|dreamt|dreamed) that\b|\bin the script\b"
)


def normalise(text: str) -> str:
    """Words for comparison: NFKC, casefolded, straight apostrophes, other punctuation and white space as single spaces."""
    folded = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold().translate(_APOSTROPHES)
    return _NOT_A_WORD.sub(" ", folded).strip()


@dataclass(frozen=True)
class _Sentence:
    raw: str
    text: str  # normalised
    clauses: tuple[int, ...]  # where clauses begin in the text

    @property
    def asks(self) -> bool:
        return self.raw.rstrip("\"'”’)] ").endswith("?")

    def clause_before(self, offset: int) -> int:
        return self.clauses[bisect_right(self.clauses, offset) - 1]


@lru_cache(maxsize=512)
def _sentences(text: str) -> tuple[_Sentence, ...]:
    found = []
    for raw in _SENTENCE_END.split(text):
        clauses = [clause for clause in map(normalise, _CLAUSE_END.split(raw)) if clause]
        starts, length = [0], 0
        for clause in clauses[:-1]:
            length += len(clause) + 1
            starts.append(length)
        if clauses:
            found.append(_Sentence(raw.strip(), " ".join(clauses), tuple(starts)))
    return tuple(found)


def _stands(sentence: _Sentence, match: re.Match[str], scope_end: int, allow: frozenset[str]) -> bool:
    before = sentence.text[:scope_end]
    clause = sentence.text[sentence.clause_before(match.start()) : scope_end]
    if "negated" not in allow and _NEGATION.search(clause):
        return False
    if "hypothetical" not in allow and (sentence.asks or _CONDITION.search(before) or _MODAL.search(clause)):
        return False
    return "reported" in allow or not _REPORT.search(before)


@cache  # as many as the play has; Python's own cache is smaller
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _shows(pattern: str, sentence: _Sentence, allow: frozenset[str]) -> bool:
    return any(_stands(sentence, match, match.end(), allow) for match in _compiled(pattern).finditer(sentence.text))


def evident(evidence: Evidence, text: str) -> str | None:
    """The words of a field that meet the evidence, or None."""
    sentences = _sentences(text)
    if any(_compiled(pattern).search(sentence.text) for pattern in evidence.none for sentence in sentences):
        return None
    allow = frozenset(evidence.allow)
    used: set[int] = set()
    for patterns in (*((pattern,) for pattern in evidence.all), evidence.any):
        showing = [
            index for index, sentence in enumerate(sentences) if any(_shows(pattern, sentence, allow) for pattern in patterns)
        ]
        if patterns and not showing:
            return None
        used.update(showing[:1])
    return " ".join(sentences[index].raw for index in sorted(used))


def quoted(evidence: Evidence, quote: str, text: str) -> bool:
    """Whether a quote is in a field and shows the event there: three words or more, or the whole field."""
    wanted, whole = normalise(quote), " ".join(sentence.text for sentence in _sentences(text))
    if not wanted or f" {wanted} " not in f" {whole} " or (len(wanted.split()) < 3 and wanted != whole):
        return False
    begins = f" {whole} ".index(f" {wanted} ")
    ends, position, touched = begins + len(wanted), 0, []
    for sentence in _sentences(text):
        if position < ends and begins < position + len(sentence.text):
            touched.append(sentence.raw)
        position += len(sentence.text) + 1
    return evident(evidence, "\n".join(touched)) is not None


def gives_away(fingerprints: tuple[str, ...], text: str) -> str | None:
    """The sentence that tells a secret, or None. Only what stands before the telling words can take them back."""
    for sentence in _sentences(text):
        for pattern in fingerprints:
            for match in _compiled(pattern).finditer(sentence.text):
                if _stands(sentence, match, match.start(), frozenset()):
                    return sentence.raw
    return None
