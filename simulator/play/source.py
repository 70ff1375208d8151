"""Reading the files of a play: YAML and Markdown as plain data, with the line of every key.

Only maps, lists, texts, numbers, true, false and null are read: no tags, no anchors, no aliases, no dates, and no other
spellings of true (a line of dialogue that says No stays text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from simulator.errors import Problem

__all__ = ["Key", "Source", "read_markdown", "read_yaml"]

Key = tuple[str | int, ...]
SIZE_LIMIT = 1_000_000  # bytes of one file
DEPTH_LIMIT = 20  # nested maps and lists


@dataclass
class Source:
    """One file as data, and where each part of it stands."""

    name: str  # the file, as messages call it
    data: object = None
    lines: dict[Key, int] = field(default_factory=dict)  # line of each key and list entry, from 1
    problems: list[Problem] = field(default_factory=list)

    def problem(self, key: Key, message: str) -> None:
        """Note a mistake at the place of a key."""
        self.problems.append(self.placed(key, message))

    def placed(self, key: Key, message: str) -> Problem:
        """A mistake at the place of a key, or of the nearest part around it that stands in the file."""
        around = key
        while around and around not in self.lines:
            around = around[:-1]
        return Problem(self.name, self.lines.get(around, 1), dotted(key), message)

    def texts(self) -> Iterator[tuple[Key, str]]:
        """Every text in the file with its place."""
        yield from _texts(self.data, ())


def dotted(key: Key) -> str:
    """A place as people write it: events[2].lure."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")


def read_yaml(path: Path, name: str) -> Source:
    """Read one YAML file; what is wrong with it is in the source's problems."""
    source = Source(name)
    text = _read_text(path, source)
    if text is not None:
        _parse(text, source, 0)
    return source


def read_markdown(path: Path, name: str) -> tuple[Source, str]:
    """Read a Markdown file with front matter: the front matter as a source, and the body."""
    source = Source(name)
    text = _read_text(path, source)
    if text is None:
        return source, ""
    match = re.match(r"---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)(.*)", text, re.DOTALL)
    if match is None:
        source.problem((), "expected front matter: a line of ---, keys, and another line of ---")
        return source, ""
    _parse(match[1], source, 1)
    for number, line in enumerate(match[2].split("\n"), text.count("\n", 0, match.start(2)) + 1):
        for used in re.findall(r"\{\w+\}", line):  # so that a mistake in one is placed
            source.lines.setdefault(("prompt", used), number)
    return source, match[2].strip()


def _read_text(path: Path, source: Source) -> str | None:
    try:
        if path.stat().st_size > SIZE_LIMIT:
            source.problems.append(Problem(source.name, 0, "", f"larger than {SIZE_LIMIT:,} bytes"))
            return None
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        source.problems.append(Problem(source.name, 0, "", "this file is missing"))
    except OSError as error:
        source.problems.append(Problem(source.name, 0, "", f"cannot be read: {error.strerror}"))
    except UnicodeDecodeError as error:
        source.problems.append(Problem(source.name, 0, "", f"is not UTF-8 (byte {error.start})"))
    return None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML's core schema only: see the module's docstring."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own protocol)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?[0-9]+$"), list("-0123456789"))

_SCALARS = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:bool": lambda value: value == "true",
    "tag:yaml.org,2002:null": lambda value: None,
}


def _parse(text: str, source: Source, offset: int) -> None:
    """Read text that begins `offset` lines into the file."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        source.lines[()] = (mark.line if mark else 0) + 1 + offset
        source.problem((), f"not readable as YAML: {error.problem or error.context}")
        return
    except (yaml.YAMLError, RecursionError) as error:
        source.problem((), f"not readable as YAML: {str(error).splitlines()[0]}")
        return
    source.lines[()] = 1
    source.data = None if node is None else _Builder(source, offset).build(node, ())


class _Builder:
    """Turns YAML nodes into plain data and notes the line of each."""

    def __init__(self, source: Source, offset: int) -> None:
        self.source = source
        self.offset = offset
        self.seen: set[int] = set()

    def build(self, node: yaml.Node, key: Key) -> object:
        self.source.lines.setdefault(key, node.start_mark.line + 1 + self.offset)
        if len(key) > DEPTH_LIMIT:
            self.source.problem(key, f"nested deeper than {DEPTH_LIMIT} levels")
            return None
        if id(node) in self.seen:
            self.source.problem(key, "anchors and aliases (& and *) are not read here: write it out")
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, key)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*key, index)) for index, child in enumerate(node.value)]
        return self._scalar(node, key)

    def _mapping(self, node: yaml.MappingNode, key: Key) -> dict[str, object]:
        result: dict[str, object] = {}
        for name_node, child in node.value:
            name = str(name_node.value)
            if not isinstance(name_node, yaml.ScalarNode):
                self.source.problem(key, "a key must be a word")
                continue
            if name in result:
                self.source.lines[*key, name] = name_node.start_mark.line + 1 + self.offset
                self.source.problem((*key, name), "this key stands twice")
                continue
            self.source.lines[*key, name] = name_node.start_mark.line + 1 + self.offset
            result[name] = self.build(child, (*key, name))
        return result

    def _scalar(self, node: yaml.Node, key: Key) -> object:
        convert = _SCALARS.get(node.tag)
        if convert is None:
            self.source.problem(key, f"tags ({node.tag}) are not read here")
            return None
        return convert(node.value)  # type: ignore[operator]


def _texts(data: object, key: Key) -> Iterator[tuple[Key, str]]:
    if isinstance(data, str):
        yield key, data
    elif isinstance(data, dict):
        for name, child in data.items():
            yield from _texts(child, (*key, name))
    elif isinstance(data, list):
        for index, child in enumerate(data):
            yield from _texts(child, (*key, index))
