"""Whether words show that something happened.

Patterns are looked for sentence by sentence; `^` and `$` stand for the ends of a sentence or of a clause. A match does not
stand where it is negated ("I do not have …"), hypothetical ("if I had …", "I could …", or a question) or somebody
else's words ("she said …", or between quotation marks), unless the author allows that. What a pattern spells out itself
("I won't tell") is not held against its match.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from simulator.play.types import Evidence

__all__ = ["evident", "gives_away", "normalise", "quoted"]

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'"})
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\s\"'”’)\]]*(?=\s|$)|\n+")
_CLAUSE_END = re.compile(r"[,;:()\[\]]|\s[-–—]+\s|[–—]+|\s(?=(?:but|because|although)\b)")
_NOT_A_WORD = re.compile(r"[^\w']+|(?<!\w)'+|'+(?!\w)|_+")
_QUOTATION = re.compile(r"\"[^\"]*(?:\"|$)|“[^”]*(?:”|$)|(?<!\w)['‘][^\"“”]*?[.,!?…]['’](?!\w)")

_NEGATION = re.compile(
    r"\b(not|never|no|none|nobody|nothing|neither|nor|without|hardly|cannot|can't|won't|\w+n't|ain't|far from|refuse to)\b"
)
_CONDITION = re.compile(
    r"\bif\b(?! you (must|want to|have to|need to|care to) know| you (like|please|must|insist|don't mind))"
    r"|\b(unless|whether|suppose|supposing|imagine|as though|pretend|pretending|what would|wish)\b"
    r"|\b(when|until|till|as soon as) (\w+ ){0,3}(\w+'(s|re|ve)|is|are|has|have|does|do)\b"
)
_MODAL = re.compile(
    r"\b(could|would|might|should|may|perhaps|maybe|about to|want to|going to(?! (my|mine|your|the|a)\b))\b"
    r"|\b(i|you|s?he|we|they)'d (?!((just|only|already|never|always|once|long) )?"
    r"(\w+ed|been|come|done|found|given|gone|got|gotten|had|heard|kept|left|made|put|read|said|seen|taken|told|written)\b)"
)
_VERBS = (
    r"(says?|said|tells?|told|claims?|claimed|thinks?|thought|believes?|believed|writes?|wrote|swears?|swore|insists?|insisted"
    r"|reckons?)"
)
_REPORT = re.compile(
    rf"\b(s?he|they|you|people|everyone|everybody|somebody|someone|who|it|doctors?|papers?|lawyers?|friends?|mother|father)"
    rf"('s|'ve|'d| has| have| had| will)? (always |only |just |once |also )?{_VERBS}\b"
    r"|(?<![\w'])(?!(i|i've|i'd|and|be|been|have|had|just|never|once|only|to|was|all|not|is|so|or)\b(?!')|\w+n't)[\w']+ "
    r"(says|said|tells|told|claims|claimed|swears|swore|insists|insisted)\b"
    r"|\bi (used to|would|once|always) (say|said|tell|told|think|thought|write|wrote)\b|\bi told (?!you|nobody|no one)\w+"
    r"|\baccording to\b|\bi (heard|read|dreamt|dreamed) that\b|\bin the script\b"
)
_CAVEATS = {"negated": _NEGATION, "hypothetical": re.compile(f"{_CONDITION.pattern}|{_MODAL.pattern}"), "reported": _REPORT}
_DENIAL_AFTER = re.compile(r"(no|nope|never|hardly|not (really|quite|yet|at all|likely)|my foot)$")
_REPORT_AFTER = re.compile(
    rf"(?!(i|you|and|but|then|so)\b)(\w+ ){{1,2}}?{_VERBS}\b|(is|was) what |i('d| would| used to) (say|tell)\b"
)
_TAG = re.compile(
    r"((will|would|won't) you|why don't you|all right|okay|(do you |you )?hear( me)?|have you got that|understood)$"
)


@lru_cache(maxsize=4096)  # the rules of one turn ask for the same words again and again
def normalise(text: str) -> str:
    """Words for comparison: NFKC, casefolded, straight apostrophes, other punctuation and white space as single spaces."""
    folded = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold().translate(_APOSTROPHES)
    return _NOT_A_WORD.sub(" ", folded).strip()


@dataclass(frozen=True)
class _Sentence:
    raw: str
    clauses: tuple[str, ...]  # normalised
    starts: tuple[int, ...]  # where they begin in the text

    @cached_property
    def text(self) -> str:
        return " ".join(self.clauses)

    @property
    def asks(self) -> bool:
        """Whether it is a question: a statement or an order with a tag (", will you?") is none."""
        asked = self.raw.rstrip("\"'”’)] ").endswith("?")
        return asked and not (len(self.clauses) > 1 and _TAG.match(self.clauses[-1]))

    def clause_at(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def matches(self, pattern: str) -> Iterator[tuple[int, int]]:
        """Where a pattern is found in the sentence, and, if it has `^` or `$`, in each clause by itself."""
        clauses = zip(self.starts, self.clauses, strict=True) if "$" in pattern or "^" in pattern else ()
        for begin, piece in ((0, self.text), *clauses):
            for match in _compiled(pattern).finditer(piece):
                yield begin + match.start(), begin + match.end()


@lru_cache(maxsize=1024)
def _sentences(text: str, own: bool = False) -> tuple[_Sentence, ...]:
    """The sentences of a text; if only the speaker's own words matter, without those between quotation marks."""
    words = _QUOTATION.sub(lambda match: re.sub(r"\w", "_", match[0]), text) if own else text
    found, begin = [], 0
    for end, after in (*(gap.span() for gap in _SENTENCE_END.finditer(text)), (len(text), 0)):
        clauses = tuple(filter(None, map(normalise, _CLAUSE_END.split(words[begin:end]))))
        starts = tuple(sum(len(clause) + 1 for clause in clauses[:index]) for index in range(len(clauses)))
        if normalise(text[begin:end]):
            found.append(_Sentence(text[begin:end].strip(), clauses, starts))
        begin = after
    return tuple(found)


@cache  # as many as the play has; Python's own cache is smaller
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@cache
def _spelt_out(pattern: str) -> frozenset[str]:
    """The caveats whose words stand in the pattern itself."""
    words = re.sub(r"\\[bswd]", " ", pattern)
    return frozenset(name for name, caveat in _CAVEATS.items() if caveat.search(words))


def _stands(sentence: _Sentence, begin: int, scope: dict[str, int], allow: frozenset[str]) -> bool:
    """Whether nothing that stands before the scope's end takes the match back."""
    clause, text = sentence.starts[sentence.clause_at(begin)], sentence.text
    supposed, told = text[: scope["hypothetical"]], text[: scope["reported"]]
    return not (
        ("negated" not in allow and _NEGATION.search(text[clause : scope["negated"]]))
        or ("hypothetical" not in allow and (sentence.asks or _CONDITION.search(supposed) or _MODAL.search(supposed[clause:])))
        or ("reported" not in allow and _REPORT.search(told))
    )


def _taken_back(sentence: _Sentence, end: int, allow: frozenset[str]) -> bool:
    """Whether the clause that follows denies what was said or gives it to somebody else ("…, no", "…, he said")."""
    after = " ".join(sentence.clauses[sentence.clause_at(end - 1) + 1 :][:1])
    return bool(
        ("negated" not in allow and _DENIAL_AFTER.match(after)) or ("reported" not in allow and _REPORT_AFTER.match(after))
    )


def _shows(pattern: str, sentence: _Sentence, allow: frozenset[str]) -> bool:
    spelt_out = _spelt_out(pattern)
    return any(
        _stands(sentence, begin, {name: begin if name in spelt_out else end for name in _CAVEATS}, allow)
        and not _taken_back(sentence, end, allow)
        for begin, end in sentence.matches(pattern)
    )


def _shown(evidence: Evidence, sentences: tuple[_Sentence, ...]) -> str | None:
    if any(True for pattern in evidence.none for sentence in sentences for _ in sentence.matches(pattern)):
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


@lru_cache(maxsize=1024)
def evident(evidence: Evidence, text: str) -> str | None:
    """The words of a field that meet the evidence, or None."""
    return _shown(evidence, _sentences(text, own="reported" not in evidence.allow))


def quoted(evidence: Evidence, quote: str, text: str) -> bool:
    """Whether a quote is in a field and shows the event there: three words or more, or the whole field."""
    wanted, whole = normalise(quote), " ".join(sentence.text for sentence in _sentences(text))
    if not wanted or f" {wanted} " not in f" {whole} " or (len(wanted.split()) < 3 and wanted != whole):
        return False
    begins = f" {whole} ".index(f" {wanted} ")
    ends, position, touched = begins + len(wanted), 0, []
    own = _sentences(text, own="reported" not in evidence.allow)
    for sentence, spoken in zip(_sentences(text), own, strict=True):
        if position < ends and begins < position + len(sentence.text):
            touched.append(spoken)
        position += len(sentence.text) + 1
    return _shown(evidence, tuple(touched)) is not None


def gives_away(fingerprints: tuple[str, ...], text: str) -> str | None:
    """The sentence that tells a secret, or None. Only what stands before the telling words can take them back."""
    for sentence in _sentences(text, own=True):
        for pattern in fingerprints:
            for begin, _ in sentence.matches(pattern):
                if _stands(sentence, begin, dict.fromkeys(_CAVEATS, begin), frozenset()):
                    return sentence.raw
    return None
