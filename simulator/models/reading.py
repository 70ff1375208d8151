"""What a server's answer holds: a reply, or the reason why it holds none that can be used."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from simulator.engine.entries import Violation, well_formed
from simulator.models.base import Reply, Usage

__all__ = ["no_reply", "read_answer", "unfit", "was_starved"]

_KEPT = 2_000  # characters kept of an answer that is no completion
_DETAILS = {  # rule: what the model is told when it is asked again
    "no_reply": "No reply came in time: keep it to one line.",
    "no_completion": "The server answered with something that is no completion.",
    "refusal": "That left the scene. Play the second after, one line.",
    "content_filter": "That left the scene. Play the second after, one line.",
    "length": "The reply was cut off: keep it to one line.",
    "empty": "The reply was empty.",
}
_THOUGHT = re.compile(r"\s*<(think|thinking|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"\s*[^\s{\[`].*?</(think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE)
_FENCED = re.compile(r"```[a-z0-9]*\s*\n(.*?)\n?\s*```", re.DOTALL | re.IGNORECASE)


def unfit(rule: str) -> Violation:
    """Why an answer cannot be used."""
    return Violation(rule=rule, detail=_DETAILS[rule])


def no_reply() -> Reply:
    """The reply that did not come in time."""
    return Reply(None, unfit("no_reply"))


def read_answer(raw: str) -> Reply:
    """The reply in the text of an answer. Reasoning, code fences and a byte-order mark are dropped; nothing else is mended."""
    try:
        data = json.loads(raw)
        choice = data["choices"][0]
        message = choice["message"]
        content, refusal, finish = message.get("content"), message.get("refusal"), choice.get("finish_reason")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        return Reply(well_formed(raw[:_KEPT]), unfit("no_completion"))
    text = _words(content)
    rule = _fault(text, refusal, finish)
    return Reply(
        text=text,
        trouble=unfit(rule) if rule else None,
        usage=_usage(data.get("usage")),
        finish_reason=_text(finish),
        provider_id=_text(data.get("id")),
        fingerprint=_text(data.get("system_fingerprint")),
    )


def was_starved(reply: Reply) -> bool:
    """Whether all of a reply's room went into reasoning: it was cut off before its first word."""
    return reply.finish_reason == "length" and not (reply.text or "").strip()


def _text(value: object) -> str | None:
    return well_formed(value) if isinstance(value, str) else None


def _words(content: object) -> str | None:
    """The text of a message's content, which some servers give in parts, without what a reasoning model thinks aloud."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text"]
        content = "".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        return None
    text = well_formed(content).removeprefix("\ufeff")
    for pattern in (_THOUGHT, _THOUGHT_END):
        found = pattern.match(text)
        text = text[found.end() :] if found else text
    fenced = _FENCED.fullmatch(text.strip())
    return fenced[1] if fenced else text


def _fault(text: str | None, refusal: object, finish: object) -> str | None:
    """The rule that an answer breaks, whatever its words are."""
    if refusal:
        return "refusal"
    if finish in ("length", "content_filter"):
        return str(finish)
    return None if text and text.strip() else "empty"


def _usage(usage: object) -> Usage:
    def count(table: object, name: str) -> int:
        value = table.get(name) if isinstance(table, Mapping) else None
        return value if isinstance(value, int) and value > 0 else 0

    table = usage if isinstance(usage, Mapping) else {}
    prompt = count(table, "prompt_tokens")
    cached = count(table.get("prompt_tokens_details"), "cached_tokens") or count(table, "prompt_cache_hit_tokens")
    return Usage(
        prompt=prompt,
        cached=min(cached, prompt),
        completion=count(table, "completion_tokens"),
        reasoning=count(table.get("completion_tokens_details"), "reasoning_tokens"),
    )
