"""The arrows of the house run one way, and the engine knows no play."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from tests.rehearsal import default

SOURCES = Path(__file__).parents[1] / "simulator"
ORDER = {  # each may import those before it, and its own
    "errors": 0,
    "play": 1,
    "engine": 2,
    "transcript": 3,
    "models": 3,
    "proof": 3,
    "perform": 4,
    "sweep": 5,
    "score": 5,
    "session": 6,
    "resume": 6,
    "fork": 6,
    "replay": 5,
    "cli": 7,
}
PURE_OUTSIDE = {"pydantic", "pydantic_core"}
TYPES = [SOURCES / "play" / f"{name}.py" for name in ("types", "events", "exchanges", "vocabulary")]


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def _floor(module: str) -> int:
    return ORDER.get(module.split(".")[1], -1) if "." in module else -1


def test_imports_run_one_way() -> None:
    wrong = [
        f"{path.relative_to(SOURCES)} imports {name}"
        for path in SOURCES.rglob("*.py")
        for name in _imports(path)
        if name.startswith("simulator.")
        and _floor(name) > _floor("simulator." + path.relative_to(SOURCES).as_posix().replace("/", ".").removesuffix(".py"))
    ]
    assert wrong == []


def test_transcripts_and_models_do_not_know_the_world_or_one_another_beyond_the_seam() -> None:
    for path in (SOURCES / "models").glob("*.py"):
        assert "simulator.engine.world" not in _imports(path), path
        assert not any(name.startswith("simulator.transcript") for name in _imports(path)), path
    prompt = _imports(SOURCES / "engine" / "prompt.py")
    assert not prompt & {"simulator.engine.world", "simulator.engine.stage"}


def test_the_engine_and_the_plays_types_import_pydantic_and_the_standard_library_only() -> None:
    for path in [*(SOURCES / "engine").glob("*.py"), *TYPES]:
        for name in _imports(path):
            top = name.split(".")[0]
            assert top in sys.stdlib_module_names or top in PURE_OUTSIDE | {"simulator"}, f"{path.name} imports {name}"


def test_the_engine_has_no_clock_no_environment_no_files_and_no_global_chance() -> None:
    banned = {"time", "datetime", "os", "random", "uuid", "pathlib", "secrets", "socket", "asyncio"}
    for path in (SOURCES / "engine").glob("*.py"):
        assert not {name.split(".")[0] for name in _imports(path)} & banned, path


def test_nothing_in_the_simulator_names_a_person_a_place_or_an_event_of_the_default_play() -> None:
    play = default()
    events = {event.id for beat in play.beats.values() for event in beat.events}
    people = {*play.leads, *play.walk_ons, *(persona.name.lower() for persona in play.personas.values())}
    ids = events | people | {*play.places, *play.beats, *play.facts, *play.items, *play.promises} - {"apart"}
    words = re.compile(r"\b(" + "|".join(map(re.escape, sorted(ids))) + r")\b", re.IGNORECASE)
    named = [
        f"{path.relative_to(SOURCES)}: {match[0]}"
        for path in SOURCES.rglob("*.py")
        for match in words.finditer(path.read_text(encoding="utf-8"))
    ]
    assert named == []


def test_no_file_or_function_of_the_engine_has_outgrown_a_reading() -> None:
    for path in SOURCES.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, path
