"""HTML that is safe by construction: text becomes markup only by being escaped."""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from functools import cache
from html import escape
from importlib.resources import files

__all__ = ["Markup", "document", "element", "joined", "words"]

_VOID = frozenset({"meta", "input", "br"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, /, *children: str | None, **attributes: str | bool | None) -> Markup:
    """An element. Children that are no Markup are escaped, like every attribute; underscores in names become hyphens.

    An attribute that is None or False is left out, one that is True stands without a value.
    """
    opened = "".join(
        f" {_attribute(key, value)}" for key, value in attributes.items() if value is not None and value is not False
    )
    if name in _VOID:
        return Markup(f"<{name}{opened}>")
    return Markup(f"<{name}{opened}>{joined(*children)}</{name}>")


def _attribute(key: str, value: str | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    return name if value is True else f'{name}="{escape(_visible(str(value)))}"'


def joined(*children: str | None) -> Markup:
    """Pieces one after the other."""
    return Markup("".join(child if isinstance(child, Markup) else escape(_visible(child)) for child in children if child))


def words(text: str) -> Markup:
    """What somebody wrote: isolated, so that its direction marks turn nothing but itself."""
    return element("bdi", text, dir="auto")


def _visible(text: str) -> str:
    """The text with U+FFFD for control characters, which HTML forbids."""
    if text.isprintable():
        return text
    return "".join("�" if unicodedata.category(char) in ("Cc", "Cs") and char != "\n" else char for char in text)


@cache
def _asset(name: str) -> str:
    return (files("simulator.transcript.page") / name).read_text(encoding="utf-8")


def document(title: str, body: Markup, styles: tuple[str, ...], script: str | None = None) -> str:
    """A whole page. Its content security policy allows its own styles and script, named by their hashes, and nothing else."""
    style, code = "\n".join(map(_asset, styles)), _asset(script) if script else ""
    policy = ["default-src 'none'", f"style-src {_hash(style)}", "base-uri 'none'", "form-action 'none'"]
    if code:
        policy.append(f"script-src {_hash(code)}")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content="; ".join(policy)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("style", Markup(style)),
    )
    ending = element("script", Markup(code)) if code else None
    return f"<!doctype html>\n{element('html', head, element('body', body, ending), lang='en')}\n"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
