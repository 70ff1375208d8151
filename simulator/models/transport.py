"""The one policy of new attempts: what is tried again, after how long, and when it is given up."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime

import httpx2
import openai
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

__all__ = ["TIMEOUT", "Sleep", "retrying"]

Sleep = Callable[[float], Awaitable[None]]

ATTEMPTS = 8  # of one call, over passing failures
ATTEMPTS_UNKNOWN = 3  # before the first completion: the address or the request is then more likely wrong than the line is bad
FIRST_WAIT = 0.25  # seconds; each wait is twice the one before, less a random part
LONGEST_WAIT = 30.0  # seconds, before one attempt, unless the server asks for more
TOTAL_WAIT = 120.0  # seconds, before all attempts of one call
LONGEST_ANSWER = 300.0  # seconds: a small machine may load its model first
TIMEOUT = httpx2.Timeout(LONGEST_ANSWER, connect=10.0)

_PASSING = frozenset({408, 409, 429})


def retrying(explains: Callable[[openai.APIStatusError], bool], *, known: bool, sleep: Sleep) -> AsyncRetrying:
    """Calls again while a failure is a passing one. The last failure is raised.

    `explains` says whether an error is the server's word that it cannot do what was asked; `known`, whether it ever
    gave a completion.
    """

    def passes(error: BaseException) -> bool:
        if isinstance(error, openai.APIStatusError):
            return _passes(error) and not explains(error)
        return isinstance(error, openai.APIConnectionError)

    def is_enough(state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        few = not known and _is_doubtful(error) and state.attempt_number >= ATTEMPTS_UNKNOWN
        return few or _is_enough(state)

    return AsyncRetrying(retry=retry_if_exception(passes), wait=_pause, stop=is_enough, sleep=sleep, reraise=True)


def _passes(error: openai.APIStatusError) -> bool:
    return (error.status_code in _PASSING and error.code != "insufficient_quota") or error.status_code >= 500


def _is_doubtful(error: BaseException | None) -> bool:
    """Whether a failure, of a server that never gave a completion, looks like a wrong address or a wrong request."""
    if isinstance(error, openai.APIStatusError):
        return error.status_code == 500
    cause = error.__cause__ if error is not None else None
    return isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout)


def _is_enough(state: RetryCallState) -> bool:
    waited = state.idle_for + state.upcoming_sleep
    return state.attempt_number >= ATTEMPTS or waited > TOTAL_WAIT or (state.seconds_since_start or 0.0) >= LONGEST_ANSWER


def _pause(state: RetryCallState) -> float:
    """Seconds to wait: what the server asks for, or exponential with jitter (random, since it reaches no log)."""
    error = state.outcome.exception() if state.outcome else None
    asked = _asked_to_wait(error.response.headers) if isinstance(error, openai.APIStatusError) else None
    if asked is not None:
        return asked
    return float(min(FIRST_WAIT * 2.0 ** (state.attempt_number - 1), LONGEST_WAIT) * random.uniform(0.5, 1.0))


def _asked_to_wait(headers: httpx2.Headers) -> float | None:
    """The seconds of `Retry-After`, which is a number or a date (RFC 9110, 10.2.3)."""
    said = headers.get("retry-after", "")
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
