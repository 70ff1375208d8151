"""Transcripts for reading: through one persona's eyes, as Markdown and as Fountain, and who believes what."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from screenplain.export.html import convert
from screenplain.parsers.fountain import parse
from screenplain.types import Action, Dialog, Screenplay

from simulator.engine.entries import BeatEntry, TurnEntry, WorldEntry
from simulator.engine.mind import project
from simulator.errors import TranscriptError, UsageError
from simulator.play.loading import load
from simulator.transcript.beliefs import beliefs_as_markdown, beliefs_as_text
from simulator.transcript.fountain import as_fountain
from simulator.transcript.knowledge import at_ends, unknown_to
from simulator.transcript.markdown import as_markdown
from simulator.transcript.output import plain
from simulator.transcript.reading import Transcript, as_perceived, read_transcript
from tests.golden import golden_path
from tests.rehearsal import default, perform_play
from tests.transcripts import beat, changed, golden, happened, run, simulate, turn, turns_of, written

ROOT = Path(__file__).parents[1]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@pytest.mark.parametrize("seed", [1, 7, 42])
@pytest.mark.parametrize("lead", ["pierre", "katya"])
def test_a_persona_s_view_is_what_their_prompts_were_made_from(seed: int, lead: str) -> None:
    transcript, play = golden(seed), default()
    view = [entry for entry in as_perceived(transcript, lead).entries if isinstance(entry, TurnEntry | WorldEntry)]
    ours = [project(entry, lead, play) or entry.model_copy(update={"model": ""}) for entry in view]
    theirs = [project(entry, lead, play) for entry in transcript.entries]
    lines = [perception.line for perception in theirs if perception is not None]
    assert [one.line for one in ours if not isinstance(one, TurnEntry | WorldEntry)] == lines
    own = [entry for entry in transcript.entries if isinstance(entry, TurnEntry) and entry.by == lead]
    mine = [entry for entry in view if isinstance(entry, TurnEntry) and entry.by == lead]
    assert [(turn.intent, turn.speech, turn.action, turn.aside) for turn in own] == [
        (turn.intent, turn.speech, turn.action, turn.aside) for turn in mine
    ]


def test_a_view_of_a_play_made_by_others_holds_too() -> None:
    play = load(ROOT / "tests" / "plays" / "letter")
    head, entries = perform_play(play, 1)
    shown = as_perceived(Transcript("letter", head, tuple(entries)), "ada")
    aside = next(entry for entry in shown.entries if isinstance(entry, TurnEntry) and entry.action == "warms his hands")
    assert aside.aside is None
    assert all("stove" not in str(entry) for entry in shown.entries)
    assert shown.header.world.facts == {}


def test_the_other_s_intent_aside_model_and_rejected_replies_are_in_no_view() -> None:
    for seed in (1, 7, 42):
        view = as_perceived(golden(seed), "katya")
        theirs = [entry for entry in view.entries if isinstance(entry, TurnEntry) and entry.by != "katya"]
        assert theirs
        assert all(entry.intent is None and entry.aside is None and entry.events == () for entry in theirs)
        assert {entry.kind for entry in view.entries} == {"act", "beat", "world", "turn", "end"}
        assert list(view.header.cast) == ["katya"]
        there = [entry.id for entry in golden(seed).entries if isinstance(entry, BeatEntry) and "katya" in entry.present]
        assert [entry.id for entry in view.entries if isinstance(entry, BeatEntry)] == there


def test_show_prints_what_the_live_run_printed() -> None:
    shown = simulate("show", golden_path(7))
    assert shown.returncode == 0, shown.stderr
    text = shown.stdout.decode()
    assert text.startswith("interview · seed 7 · pierre: understudy · katya: understudy\n")
    assert "\x1b" not in text
    assert not any(line.endswith(" ") for line in text.splitlines())
    speeches = [entry.speech for entry in golden(7).entries if isinstance(entry, TurnEntry) and entry.speech]
    flat = " ".join(text.split())
    assert all(" ".join(speech.split()) in flat for speech in speeches)


def test_show_reads_standard_input_and_does_not_import_openai() -> None:
    program = "import sys\nfrom simulator.cli import main\ntry:\n    main()\nfinally:\n    print('openai' in sys.modules)"
    for command in (["show", "-", "--format", "html"], ["diff", "-", str(golden_path(1))], ["score", "-"]):
        shown = subprocess.run(
            [sys.executable, "-c", program, *command], input=golden_path(7).read_bytes(), capture_output=True, check=False
        )
        assert shown.stdout.endswith(b"False\n"), (command, shown.stderr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["show", str(golden_path(7)), "--as", "maggie"], "its leads are pierre, katya"),
        (["show", str(golden_path(7)), "--beliefs", "--format", "fountain"], "--beliefs is printed as text or md"),
        (["show", str(ROOT / "Makefile")], "Makefile:1: this line is damaged"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line_with_exit_code_2(arguments: list[str], said: str) -> None:
    shown = simulate(*arguments)
    assert shown.returncode == 2
    assert said in shown.stderr.decode()
    assert len(shown.stderr.splitlines()) == 1


def test_a_run_that_stopped_early_is_shown_and_says_so() -> None:
    stopped = run(beat("one"), turn("one/1", "ada", "Well?"), end=False)
    for text in (as_markdown(stopped), as_fountain(stopped)):
        assert "Well?" in text
        assert "not complete" in text


# Beliefs


def test_beliefs_name_the_mistaken_and_what_changed_in_a_beat() -> None:
    lit = happened("lamp", set={"lit": True}, learn={"ada": {"lit": True}})
    text = plain(beliefs_as_text(run(beat("one"), turn("one/1", "ada", "There.", lit), beat("two"))))
    at_end = text[text.index("── at the end of one ──") : text.index("── at the end of two ──")]
    assert re.search(r"lit \*\s+true\s+true\s+false ✗", at_end)
    assert "nothing changes" in text[text.index("── at the end of two ──") :]


def test_the_default_play_s_false_beliefs_stand_in_its_table() -> None:
    text = plain(beliefs_as_text(golden(7)))
    after = text[text.index("at the end of pierre swap") : text.index("at the end of betrayal")]
    assert re.search(r"where the confession tape is \*\s+katya\s+pierre ✗\s+katya", after)
    assert "the promise to keep cancer secret" in text
    own = plain(beliefs_as_text(golden(7), "pierre"))
    assert "✗" not in own.split("\n", 2)[2]
    assert "rehearsal" in beliefs_as_markdown(golden(7), "katya")


def test_the_audience_knows_what_was_shown_and_a_lead_does_not() -> None:
    ends = at_ends(golden(7))
    assert unknown_to(ends["restaurant"], "katya") == ()  # nothing has been shown yet
    assert set(unknown_to(ends["diary"], "pierre")) == {"diary_is_katyas"}
    assert set(unknown_to(ends["diary"], "katya")) == {"pierre_read_diary"}
    assert "confession_tape" in unknown_to(ends["pierre_swap"], "pierre")
    assert "confession_tape" not in unknown_to(ends["final_call"], "pierre")


# Markdown


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_markdown_shows_a_model_s_text_as_text(speech: str, action: str) -> None:
    text = as_markdown(run(beat("one"), turn("one/1", "ada", speech, action=action)))
    paragraph = text.split("### one")[1].split("\n\n", 3)[2]
    assert "\n\n" not in paragraph.strip()
    inner = re.sub(r"\\.", "", paragraph.replace("**ADA** ", "", 1))
    assert not re.search(r"[\[\]<>`#|]|\b_|_\b", inner)


# Fountain


def screenplay(text: str) -> Screenplay:
    return parse(io.StringIO(text))


def test_a_whole_run_converts_to_html_with_every_speech_in_its_speaker_s_mouth() -> None:
    parsed = screenplay(as_fountain(golden(7)))
    page = io.StringIO()
    convert(parsed, page, None)
    speeches = sum(isinstance(entry, TurnEntry) and bool(entry.speech) for entry in golden(7).entries)
    voices = sum(isinstance(entry, WorldEntry) and entry.by != "world" for entry in golden(7).entries)
    dialogs = [part for part in parsed if isinstance(part, Dialog)]
    assert len(dialogs) == speeches + voices
    assert {str(part.character) for part in dialogs} >= {"PIERRE", "KATYA", "MAGGIE", "AUTOGRAPH SEEKER"}
    assert parsed.title_page["Title"] == ["interview"]
    silent = next(entry for entry in turns_of(golden(7)) if entry.action and not entry.speech)
    assert escape(f"{silent.by.upper()} {silent.action}", quote=False) in page.getvalue()


def test_what_a_lead_wants_is_a_note_and_is_not_printed() -> None:
    text = as_fountain(run(beat("one"), turn("one/1", "ada", "Well?", intent="corner him ]")))
    assert "[[ADA wants: corner him ] ]]" in text
    assert [str(part.blocks[0][1]) for part in screenplay(text) if isinstance(part, Dialog)] == ["Well?"]


@settings(max_examples=60, deadline=None)
@given(TEXTS.filter(str.strip), TEXTS.filter(str.strip), TEXTS)
def test_no_text_of_a_model_becomes_another_element_of_the_screenplay(speech: str, aside: str, intent: str) -> None:
    text = as_fountain(run(beat("one"), turn("one/1", "ada", speech, aside=aside, intent=intent)))
    parts = [part for part in screenplay(text) if isinstance(part, Dialog | Action)]
    kinds = [type(part) for part in parts]
    assert kinds == [Action, Dialog, Action]  # the scene, the speech, the aside
    (parenthetical, _), *more = parts[1].blocks
    assert not more
    assert not parenthetical


@pytest.mark.parametrize(
    "speech", ["(INT. HALL)", "/* gone */", "[[note]]", "CUT TO:", "# one", "> THE END <", "***", "@BEN\nNo.", "^"]
)
def test_a_speech_that_looks_like_fountain_stays_a_speech(speech: str) -> None:
    parsed = screenplay(as_fountain(run(beat("one"), turn("one/1", "ada", speech), turn("one/2", "ben", "Yes."))))
    dialogs = [part for part in parsed if isinstance(part, Dialog)]
    assert [str(part.character) for part in dialogs] == ["ADA", "BEN"]
    assert not any(parenthetical for parenthetical, _ in dialogs[0].blocks)
    said = "".join(str(text) for _, text in dialogs[0].blocks).replace("\u2060", "")
    assert said.replace(" ", "") == speech.replace("\n", " ").replace(" ", "")


# Standard input and git


def test_an_empty_standard_input_and_one_that_is_no_text_are_errors_with_a_reason() -> None:
    assert "is empty" in simulate("show", "-").stderr.decode()
    assert "cut off in its first line" in simulate("show", "-", stdin=b"\xff").stderr.decode()
    with pytest.raises(TranscriptError):
        read_transcript(Path("nowhere"))
    with pytest.raises(UsageError):
        as_perceived(golden(7), "nobody")


def test_git_shows_the_screenplay_of_a_changed_transcript_with_the_two_documented_lines(tmp_path: Path) -> None:
    documented = re.findall(r"^    git (config .*)$", (ROOT / "docs" / "reading.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(documented) == 2
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
    }

    def shell(command: str) -> str:
        done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, capture_output=True, check=True, text=True)
        return done.stdout

    transcript = tmp_path / "transcripts" / "run.jsonl"
    transcript.parent.mkdir()
    (tmp_path / ".gitattributes").write_text((ROOT / ".gitattributes").read_text())
    written(transcript, golden(7))
    shell("git init -q . && git add . && git -c user.name=a -c user.email=a@b commit -qm one")
    for line in documented:
        shell(f"git {line}")
    said = next(entry for entry in turns_of(golden(7)) if entry.speech and len(entry.speech) < 60 and not entry.action)
    other = said.model_copy(update={"speech": "Something else."})
    written(transcript, changed(golden(7), lambda entry: [other if entry is said else entry]))
    difference = shell("git diff")
    assert f"-{said.by.upper():6}  {said.speech}" in difference
    assert f"+{said.by.upper():6}  Something else." in difference
    assert (
        f"── {said.id.split('/')[0].replace('_', ' ')}" in difference.split("@@")[2]
    )  # the beat is named where the change stands
    assert '"kind"' not in difference
