"""A play is proved before it is performed: what is proved holds in every run, and what is wrong is said where it stands."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from typer.testing import CliRunner

from simulator.cli import app
from simulator.engine.cue import Cue
from simulator.engine.entries import Entry
from simulator.engine.fold import advance, begin, open_stage
from simulator.engine.scheduler import step
from simulator.engine.settle import settle
from simulator.engine.stage import Stage
from simulator.errors import PlayError
from simulator.play.loading import default_play, load, load_with_sources
from simulator.play.schemas import schemas
from simulator.play.starting import TEMPLATE
from simulator.play.types import Play
from simulator.proof.check import Report, check_play, prove, render
from simulator.proof.explore import Exploration, explore
from tests.golden import as_bytes
from tests.rehearsal import perform_play

PLAYS = Path(__file__).parent / "plays"
NEGOTIATION = PLAYS / "negotiation"
BROKEN = yaml.safe_load((PLAYS / "broken.yaml").read_text(encoding="utf-8"))
FOLDERS = {"default": default_play(), "template": TEMPLATE, "negotiation": NEGOTIATION}


@cache
def proved(name: str) -> Report:
    return check_play(FOLDERS[name])


def copied(play: Path, folder: Path, file: str, find: str, put: str) -> Path:
    """A copy of a play with one mistake in it."""
    shutil.copytree(play, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert find in text, f"{file} no longer holds {find!r}"
    (folder / file).write_text(text.replace(find, put, 1), encoding="utf-8")
    return folder


# The plays that come with the project.


@pytest.mark.parametrize("name", FOLDERS)
def test_a_play_of_the_project_is_proved(name: str) -> None:
    assert [str(finding) for finding in proved(name).findings if finding.level == "error"] == []
    assert proved(name).proved


def test_the_second_play_is_performed_to_the_byte() -> None:
    assert as_bytes(*perform_play(load(NEGOTIATION), 1)) == (NEGOTIATION / "expected.jsonl").read_bytes()


# What is proved holds in every run.


def _some_reply(play: Play, cue: Cue, chance: random.Random) -> str:
    """Any of the speaker's deeds in any combination, in the author's words."""
    fields: dict[str, list[str]] = {"speech": [], "action": [], "aside": []}
    undone = cue.contract.undone
    chosen = undone[: chance.randrange(4)] if chance.random() < 0.7 else [one for one in undone if chance.random() < 0.3]
    for event in chosen:
        fields[event.channel].append(event.fallback)
    return json.dumps({"intent": "", "claims": [], **{name: ". ".join(words) or None for name, words in fields.items()}})


def _known(exploration: Exploration, stage: Stage) -> bool:
    """Whether the search has been where a run is."""
    states = exploration.beats[stage.current.id]
    stages = (moment.stage for moment in (*states.moments, *states.ends))
    return any(
        (one.turn, one.done.keys(), one.world.beliefs, one.world.items)
        == (stage.turn, stage.done.keys(), stage.world.beliefs, stage.world.items)
        for one in stages
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", FOLDERS)
def test_no_run_comes_to_a_state_that_the_search_has_not_seen(name: str, seed: int) -> None:
    exploration, chance = proved(name).exploration, random.Random(seed)
    play = exploration.play
    stage = open_stage(play, begin(play, seed, dict.fromkeys(play.leads, "anybody")))
    while (coming := step(stage)) is not None:
        entry: Entry = settle(stage, coming, _some_reply(play, coming, chance)) if isinstance(coming, Cue) else coming
        if isinstance(coming, Cue):
            assert _known(exploration, stage), coming.id
        stage = advance(stage, entry)


def test_each_event_is_seen_early_late_and_forced() -> None:
    states, event = proved("template").exploration.beats["clearing"], "mara_belittles_vase"
    done = [moment.stage.done for moment in (*states.moments, *states.ends)]
    assert {one[event] for one in done if event in one} == {2, 4}
    forced = [moment for moment in states.moments if moment.cue and moment.cue.contract.required]
    assert [moment.stage.turn + 1 for moment in forced] == [4]


def test_a_search_that_was_cut_short_proves_nothing() -> None:
    report = prove(*load_with_sources(TEMPLATE), limit=5)
    assert not report.errors
    assert not report.proved
    assert render(report).splitlines() == [
        "heirlooms: not proved",
        "beats/clearing.yaml has more than 5 states, which were not all seen:"
        " let its events wait for one another (after), or split it",
    ]


def test_many_events_in_any_order_are_cut_short_rather_than_waited_for(tmp_path: Path) -> None:
    deed = (
        "  - {{id: deed_{n}, by: tom, channel: speech, lure: a, hint: b, push: c, fallback: deed {n} done,"
        " evidence: {{any: ['\\bdeed {n} done\\b']}}}}\n"
    )
    folder = copied(TEMPLATE, tmp_path / "play", "beats/clearing.yaml", "turns: {min: 4, max: 6}", "turns: {min: 4, max: 60}")
    many = "".join(deed.format(n=f"number {number}").replace("id: deed_number ", "id: deed_") for number in range(20))
    text = (folder / "beats/clearing.yaml").read_text(encoding="utf-8")
    (folder / "beats/clearing.yaml").write_text(text.replace("events:\n", "events:\n" + many), encoding="utf-8")
    assert not explore(load(folder), limit=500).complete


def test_a_property_that_only_one_order_breaks_is_found_with_that_order(tmp_path: Path) -> None:
    """Two events of different leads undo one another's effect: which comes last is up to the models."""
    folder = copied(
        TEMPLATE,
        tmp_path / "play",
        "beats/packing.yaml",
        "    promise: {equal_shares: made}",
        "    set: {vase_is_worthless: false}\n    promise: {equal_shares: made}",
    )
    path = folder / "beats/packing.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace(
        "    set: {tom_took_ring: true}\n    learn: {tom: {tom_took_ring: true}}",
        "    set: {tom_took_ring: true}\n    learn: {tom: {tom_took_ring: true}, mara: {vase_is_worthless: true}}",
    )
    text = text.replace(
        "    lure: equal shares, and his", "    learn: {mara: {vase_is_worthless: false}}\n    lure: equal shares, and his"
    )
    text = text.replace("  - items: {ring: tom}", "  - believes: {mara: {vase_is_worthless: false}}\n  - items: {ring: tom}")
    path.write_text(text, encoding="utf-8")
    found = [finding for finding in check_play(folder).findings if "mara on vase_is_worthless" in finding.problem.message]
    assert [finding.problem.field for finding in found] == ["ensures[0]"]
    order = [step.split()[-1] for step in found[0].path]
    assert order.index("mara_wants_his_word") < order.index("tom_pockets_ring")


# Mistakes, one at a time.


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken["mistake"])
def test_a_mistake_is_named_where_it_stands(tmp_path: Path, broken: dict[str, str]) -> None:
    folder = copied(TEMPLATE, tmp_path / "play", broken["file"], broken["find"], broken["put"])
    try:
        first = check_play(folder).findings[0]
        said = f"{first.level}: {first.problem}"
    except PlayError as error:
        said = str(error).splitlines()[0]
    assert said == broken["says"]


# The commands.


def test_a_new_play_is_proved_and_performed_at_once(tmp_path: Path) -> None:
    mine, run = str(tmp_path / "mine"), CliRunner()
    assert run.invoke(app, ["new", mine]).exit_code == 0
    checked = run.invoke(app, ["check", mine])
    assert (checked.exit_code, checked.stdout.splitlines()[0]) == (0, "heirlooms: proved")
    performed = run.invoke(app, ["--play", mine, "--seed", "1", "--quiet", "--out", str(tmp_path / "t.jsonl")])
    assert performed.exit_code == 0
    assert (tmp_path / "t.jsonl").read_text(encoding="utf-8").endswith('{"kind":"end","reason":"complete"}\n')


def test_a_new_play_is_never_written_over_anything(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    refused = CliRunner().invoke(app, ["new", str(tmp_path)])
    assert "exists and is not empty" in str(refused.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_check_fails_with_one_where_the_play_is_not_proved(tmp_path: Path) -> None:
    folder = copied(TEMPLATE, tmp_path / "play", "beats/packing.yaml", "    learn: {tom: {tom_took_ring: true}}\n", "")
    checked = CliRunner().invoke(app, ["check", str(folder)])
    assert checked.exit_code == 1
    assert "change: add learn: {tom: {tom_took_ring: true}}" in checked.stdout


def test_check_does_not_import_the_openai_package() -> None:
    program = (
        "import sys\nfrom simulator.cli import app\n"
        f"try:\n    app(['check', {str(TEMPLATE)!r}])\nfinally:\n    print('openai' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.stdout.splitlines()[0] == "heirlooms: proved"
    assert run.stdout.endswith("False\n")


# The schemas.


def _files(folder: Path) -> list[tuple[str, Path]]:
    """Every file of a play with the schema that is meant for it."""
    beats = [("play" if path.stem == "play" else "beat", path) for path in sorted(folder.glob("beats/*.yaml"))]
    lines = [("lines", path) for path in sorted(folder.glob("beats/lines/*.yaml"))]
    return [*beats, *lines, *(("persona", path) for path in sorted(folder.glob("personas/*.md")))]


def _data(path: Path) -> object:
    text = path.read_text(encoding="utf-8")
    return yaml.safe_load(text.split("---\n")[1] if path.suffix == ".md" else text)


@pytest.mark.parametrize("name", FOLDERS)
def test_the_schemas_take_every_file_of_a_play(name: str) -> None:
    validators = {kind: jsonschema_rs.validator_for(schema) for kind, schema in schemas().items()}
    wrong = [
        f"{path.name}: {error.message}"
        for kind, path in _files(FOLDERS[name])
        for error in validators[kind].iter_errors(_data(path))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("beat", {"place": "flat", "contact": "shouting"}),
        ("play", {"id": "mine", "titel": "Mine"}),
        ("persona", {"id": "ada", "name": "Ada"}),
        ("lines", [{"id": "one", "lines": []}]),
    ],
)
def test_the_schemas_refuse_what_the_loader_refuses(kind: str, data: object) -> None:
    assert not jsonschema_rs.is_valid(schemas()[kind], data)
