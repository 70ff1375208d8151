"""Loading a play: every file read, every mistake found, and each named with its file, line and field."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from simulator.errors import PlayError, Problem
from simulator.play.references import check_references
from simulator.play.source import Key, Source, read_markdown, read_yaml
from simulator.play.types import Beat, Exchange, Persona, Play, PlayFile

__all__ = ["default_play", "load", "load_with_sources"]

M = TypeVar("M", bound=BaseModel)
_EXCHANGES = TypeAdapter(tuple[Exchange, ...])


def default_play() -> Path:
    """The folder of the play that comes with the simulator: beside the sources, or inside the installed package."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "default_play"
    return installed if installed.is_dir() else package.parent


def load(folder: Path) -> Play:
    """Load the play in a folder.

    Raises PlayError with all problems that were found.
    """
    return _Loading(folder).play()


def load_with_sources(folder: Path) -> tuple[Play, Mapping[str, Source]]:
    """The play in a folder, and its files by name, with the line of every key.

    Raises PlayError with all problems that were found.
    """
    loading = _Loading(folder)
    return loading.play(), loading.sources


@dataclass
class _Loading:
    folder: Path
    sources: dict[str, Source] = field(default_factory=dict)  # by the file's name within the folder

    def play(self) -> Play:
        if not (self.folder / "beats/play.yaml").is_file():
            raise PlayError([Problem(str(self.folder), 0, "", "no play is here: there is no beats/play.yaml in it")])
        top = self._read("beats/play.yaml", PlayFile)
        if top is None:
            raise PlayError(self._problems())
        self._missing_files(top)
        if self._problems():
            raise PlayError(self._problems())
        personas = {lead: self._persona(lead) for lead in top.leads}
        beats = {beat: self._beat(beat) for beat in dict.fromkeys(beat for act in top.acts for beat in act)}
        lines = {beat: self._lines(beat) for beat in beats if (self.folder / f"beats/lines/{beat}.yaml").is_file()}
        self._stray_files(beats)
        if self._problems():
            raise PlayError(self._problems())
        play = Play.model_construct(
            **{name: getattr(top, name) for name in PlayFile.model_fields}, personas=personas, beats=beats, lines=lines
        )
        check_references(play, self.sources)
        if self._problems():
            raise PlayError(self._problems())
        return play

    def _read(self, name: str, model: type[M], **extra: str) -> M | None:
        source = self.sources[name] = read_yaml(self.folder / name, name)
        return _validated(source, model, extra)

    def _persona(self, lead: str) -> Persona | None:
        name = f"personas/{lead}.md"
        source, body = read_markdown(self.folder / name, name)
        self.sources[name] = source
        persona = _validated(source, Persona, {"prompt": body})
        if persona is not None and persona.id != lead:
            source.problem(("id",), f"expected {lead!r}, the file's name")
        return persona

    def _beat(self, beat: str) -> Beat | None:
        return self._read(f"beats/{beat}.yaml", Beat, id=beat)

    def _lines(self, beat: str) -> tuple[Exchange, ...]:
        name = f"beats/lines/{beat}.yaml"
        source = self.sources[name] = read_yaml(self.folder / name, name)
        if source.problems:
            return ()
        try:
            return _EXCHANGES.validate_python(source.data or [])
        except ValidationError as error:
            _note(source, tuple[Exchange, ...], error)
            return ()

    def _missing_files(self, top: PlayFile) -> None:
        """Note each lead and beat without a file, where it is named."""
        wanted: list[tuple[Key, str]] = [(("leads", index), f"personas/{lead}.md") for index, lead in enumerate(top.leads)]
        for number, act in enumerate(top.acts):
            wanted += [(("acts", number, index), f"beats/{beat}.yaml") for index, beat in enumerate(act)]
        for key, name in wanted:
            if not (self.folder / name).is_file():
                self.sources["beats/play.yaml"].problem(key, f"there is no file {name}")

    def _stray_files(self, beats: Mapping[str, object]) -> None:
        for pattern, known in (("beats/*.yaml", {*beats, "play"}), ("beats/lines/*.yaml", set(beats))):
            for path in sorted(self.folder.glob(pattern)):
                if path.stem not in known:
                    name = path.relative_to(self.folder).as_posix()
                    source = self.sources.setdefault(name, Source(name))
                    source.problems.append(Problem(name, 0, "", "no act in beats/play.yaml lists this beat"))

    def _problems(self) -> list[Problem]:
        return [problem for source in self.sources.values() for problem in source.problems]


def _validated(source: Source, model: type[M], extra: Mapping[str, str]) -> M | None:
    if source.problems:
        return None
    if not isinstance(source.data, dict):
        source.problem((), "expected keys with values, like `id: …`")
        return None
    for name in extra.keys() & source.data.keys():
        source.problem((name,), "this key is not written in the file: it comes from the file itself")
    try:
        return model.model_validate({**source.data, **extra})
    except ValidationError as error:
        _note(source, model, error)
        return None


def _note(source: Source, model: Any, error: ValidationError) -> None:  # noqa: ANN401 (any type that pydantic takes)
    details = [(_key(source, detail), detail) for detail in error.errors(include_url=False)]
    meant = {(*key[:-1], _near(model, key)) for key, detail in details if detail["type"] == "extra_forbidden"}
    for key, detail in details:
        if detail["type"] != "missing" or key not in meant:  # it is there, misspelled
            source.problem(key, _message(detail, model, key))


def _key(source: Source, detail: ErrorDetails) -> Key:
    """The place in the file: pydantic's location without the marks of unions and of map keys."""
    key: Key = ()
    for part in detail["loc"]:
        if (*key, part) in source.lines:
            key = (*key, part)
    if detail["type"] == "missing":
        key = (*key, detail["loc"][-1])
    return key


def _message(detail: ErrorDetails, model: Any, key: Key) -> str:  # noqa: ANN401
    kind, given = detail["type"], detail["input"]
    if kind == "missing":
        return "this key is missing"
    if kind == "extra_forbidden":
        near = _near(model, key)
        return "unknown key; " + (
            f"did you mean {near}?" if near else "expected one of " + ", ".join(_keys_at(model, key[:-1]))
        )
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind == "string_pattern_mismatch":
        return f"expected a name in lower-case letters, digits and _, not {given!r}"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, not {given!r}"
    shown = repr(given)
    return detail["msg"].replace("Input should be", "expected") + (f", not {shown}" if len(shown) < 60 else "")


_EXPECTED = {
    "string_type": "text (in quotes, if it looks like something else)",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "tuple_type": "a list, like [one, two]",
    "dict_type": "keys with values, like {key: value}",
    "mapping_type": "keys with values, like {key: value}",
    "model_type": "keys with values, like {key: value}",
}


def _near(model: Any, key: Key) -> str | None:  # noqa: ANN401
    """The key that a misspelled one was probably meant to be."""
    return next(iter(difflib.get_close_matches(str(key[-1]), _keys_at(model, key[:-1]), 1)), None)


def _keys_at(annotation: Any, key: Key) -> list[str]:  # noqa: ANN401
    """The keys that the files may use at a place, found by walking the types."""
    if get_origin(annotation) is Annotated:
        return _keys_at(get_args(annotation)[0], key)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {info.alias or name: info for name, info in annotation.model_fields.items()}
        if not key:
            return list(fields)
        return _keys_at(fields[str(key[0])].annotation, key[1:]) if key[0] in fields else []
    arguments = [part for part in get_args(annotation) if part is not Ellipsis]
    is_union = get_origin(annotation) not in (tuple, list, dict, Mapping)
    inner = arguments[1:] if len(arguments) == 2 and get_origin(annotation) not in (tuple, list) else arguments
    found = [_keys_at(part, key if is_union else key[1:]) for part in (arguments if is_union else inner)]
    return list(dict.fromkeys(name for names in found for name in names))
