"""JSON Schemas of a play's files, made from the types, so that editors complete and check what is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from simulator.errors import UsageError
from simulator.play.types import Beat, Exchange, Persona, PlayFile

__all__ = ["schemas", "write_schemas"]

Schema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, Schema]:
    """A schema for each kind of file, by name: play, beat, lines, and persona (its front matter)."""
    return {
        "play": _schema(PlayFile),
        "beat": _without(_schema(Beat), "id"),
        "lines": _schema(tuple[Exchange, ...]),
        "persona": _without(_schema(Persona), "prompt"),
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write the schemas into a play's folder, under schemas/; the files that were written.

    Raises UsageError where the folder is no play's.
    """
    if not (folder / "beats" / "play.yaml").is_file():
        raise UsageError(f"{folder} is no play's folder: it has no beats/play.yaml")
    (folder / "schemas").mkdir(exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = folder / "schemas" / f"{name}.json"
        path.write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written


def _schema(kind: Any) -> Schema:  # noqa: ANN401 (any type that pydantic takes)
    schema = TypeAdapter(kind).json_schema(by_alias=True)
    if "Line" in schema.get("$defs", {}):
        schema["$defs"]["Line"] = _as_written(schema["$defs"]["Line"])
    return {"$schema": _DRAFT, **schema}


def _as_written(line: Schema) -> Schema:
    """A line as it stands in a file: the speaker's id is the key of the words."""
    properties = {name: value for name, value in line["properties"].items() if name not in ("by", "speech")}
    words = {"anyOf": [{"type": "string"}, {"type": "null"}, {"type": "array", "items": {"type": ["string", "null"]}}]}
    return {**line, "properties": properties, "required": [], "additionalProperties": words, "minProperties": 1}


def _without(schema: Schema, name: str) -> Schema:
    """A schema without a key that no file holds: it is taken from the file itself."""
    properties = {key: value for key, value in schema["properties"].items() if key != name}
    return {**schema, "properties": properties, "required": [key for key in schema["required"] if key != name]}
