"""Which moment of one run stands for which of the other: events first, then equal words, then similar ones."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from simulator.transcript.diff.moments import Moment

__all__ = ["Couple", "align", "similarity"]

Couple = tuple[Moment | None, Moment | None]
Match = tuple[int, int]  # places in the one and in the other

_SIMILAR = 0.4  # share of common words from which two turns count as versions of one
_LARGE = 10_000  # comparisons; above it similar turns are sought by their place among the speaker's own


def align(ones: Sequence[Moment], others: Sequence[Moment]) -> list[Couple]:
    """The moments of two beats side by side, in an order that reads as either; None where one has no counterpart."""
    matches = []
    for low, high in _gaps(_same_events(ones, others), (len(ones), len(others))):
        matches += _within(ones, others, low, high)
        if high < (len(ones), len(others)):
            matches.append(high)
    return list(_couples(ones, others, matches))


def _gaps(matches: Iterable[Match], end: Match) -> Iterator[tuple[Match, Match]]:
    """The stretches between matches; the upper place of each is the match itself, or the end."""
    low = (0, 0)
    for match in (*matches, end):
        yield low, match
        low = (match[0] + 1, match[1] + 1)


def _couples(ones: Sequence[Moment], others: Sequence[Moment], matches: Iterable[Match]) -> Iterator[Couple]:
    low = (0, 0)
    for place, counterpart in (*matches, (len(ones), len(others))):
        yield from ((one, None) for one in ones[low[0] : place])
        yield from ((None, other) for other in others[low[1] : counterpart])
        if place < len(ones):
            yield ones[place], others[counterpart]
        low = (place + 1, counterpart + 1)


def _same_events(ones: Sequence[Moment], others: Sequence[Moment]) -> list[Match]:
    where = {event: index for index, moment in enumerate(others) for event in moment.events}
    found = {index: where[event] for index, moment in enumerate(ones) for event in moment.events if event in where}
    return _increasing(sorted(found.items()))


def _increasing(matches: Sequence[Match]) -> list[Match]:
    """The longest run of matches that cross none (patience sorting); they are sorted by their first place."""
    tops: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(matches):
        pile = bisect_left(tops, place)
        before.append(at[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        at[pile : pile + 1] = [index]
    chain, index = [], at[-1] if at else -1
    while index >= 0:
        chain.append(matches[index])
        index = before[index]
    return chain[::-1]


def _within(ones: Sequence[Moment], others: Sequence[Moment], low: Match, high: Match) -> list[Match]:
    """Matches between two places: equal ends, then what is said only once in both, then similar turns."""
    (first, second), (last, final) = low, high
    head, tail = [], []
    while first < last and second < final and ones[first].token == others[second].token:
        head.append((first, second))
        first, second = first + 1, second + 1
    while first < last and second < final and ones[last - 1].token == others[final - 1].token:
        last, final = last - 1, final - 1
        tail.append((last, final))
    if first < last and second < final:
        head += _middle(ones, others, (first, second), (last, final))
    return head + tail[::-1]


def _middle(ones: Sequence[Moment], others: Sequence[Moment], low: Match, high: Match) -> list[Match]:
    unique = _said_once(ones, others, low, high)
    if not unique:
        return _similar(ones, others, low, high)
    matches = []
    for start, end in _gaps(
        ((place - low[0], other - low[1]) for place, other in unique), (high[0] - low[0], high[1] - low[1])
    ):
        begin, stop = (start[0] + low[0], start[1] + low[1]), (end[0] + low[0], end[1] + low[1])
        matches += _within(ones, others, begin, stop)
        if stop < high:
            matches.append(stop)
    return matches


def _said_once(ones: Sequence[Moment], others: Sequence[Moment], low: Match, high: Match) -> list[Match]:
    ours = Counter(moment.token for moment in ones[low[0] : high[0]])
    theirs = Counter(moment.token for moment in others[low[1] : high[1]])
    where = {others[index].token: index for index in range(low[1], high[1]) if theirs[others[index].token] == 1}
    candidates = [
        (index, where[ones[index].token])
        for index in range(low[0], high[0])
        if ours[ones[index].token] == 1 and ones[index].token in where
    ]
    return _increasing(candidates)


def similarity(one: Moment, other: Moment) -> float:
    """Dice's coefficient of the sets of words (Dice 1945); 0 for other speakers, and where too little is common."""
    if one.speaker != other.speaker:
        return 0.0
    if not one.words and not other.words:
        return 1.0
    share = 2 * len(one.words & other.words) / (len(one.words) + len(other.words))
    return share if share >= _SIMILAR else 0.0


def _similar(ones: Sequence[Moment], others: Sequence[Moment], low: Match, high: Match) -> list[Match]:
    if (high[0] - low[0]) * (high[1] - low[1]) > _LARGE:
        return _by_place(ones, others, low, high)
    return _best(ones, others, low, high)


def _by_place(ones: Sequence[Moment], others: Sequence[Moment], low: Match, high: Match) -> list[Match]:
    """The k-th turn of a speaker against the k-th, where they are similar."""
    places: dict[str, list[int]] = defaultdict(list)
    for index in range(high[1] - 1, low[1] - 1, -1):
        places[others[index].speaker].append(index)
    found = []
    for index in range(low[0], high[0]):
        left = places[ones[index].speaker]
        counterpart = left.pop() if left else None
        if counterpart is not None and similarity(ones[index], others[counterpart]):
            found.append((index, counterpart))
    return _increasing(found)


def _best(ones: Sequence[Moment], others: Sequence[Moment], low: Match, high: Match) -> list[Match]:
    """The alignment with the most in common (Needleman and Wunsch 1970, gaps free)."""
    rows, columns = high[0] - low[0], high[1] - low[1]
    likeness = [[similarity(ones[low[0] + row], others[low[1] + column]) for column in range(columns)] for row in range(rows)]
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            matched = likeness[row][column] + best[row + 1][column + 1] if likeness[row][column] else 0.0
            best[row][column] = max(matched, best[row + 1][column], best[row][column + 1])
    found, row, column = [], 0, 0
    while row < rows and column < columns:
        alike = likeness[row][column]
        if alike and best[row][column] == alike + best[row + 1][column + 1]:
            found.append((low[0] + row, low[1] + column))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return found
