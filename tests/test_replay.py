"""A run performed again from its trace: was this run touched by a change at all?"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.engine.entries import TurnEntry, Violation
from simulator.errors import TranscriptError
from simulator.models.base import Reply, Request
from simulator.models.cast import UNDERSTUDY
from simulator.play.types import Forbidden, Play
from simulator.replay import replay
from simulator.session import Casting, Screen, perform_new
from simulator.transcript.log import find_log, trace_path
from simulator.transcript.trace import Trace, read_trace, request_hash
from tests.rehearsal import default
from tests.test_cli import LETTER
from tests.test_engine import letter
from tests.test_resume import line_of

CAST = {"ada": "m", "ben": "m"}


@cache
def performed(seed: int, folder: Path | None = None) -> tuple[bytes, bytes]:
    """A transcript of the understudy, and its trace."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "run.jsonl"
        perform_new(folder, seed, Casting(None, None, ()), path, Screen(quiet=True))
        return path.read_bytes(), trace_path(path).read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def put(path: Path, transcript: bytes, trace: bytes) -> Path:
    path.write_bytes(transcript)
    trace_path(path).write_bytes(trace)
    return path


def with_word(play: Play, lead: str, old: str, new: str) -> Play:
    persona = play.personas[lead]
    assert old in persona.prompt
    changed = persona.model_copy(update={"prompt": persona.prompt.replace(old, new, 1)})
    return play.model_copy(update={"personas": {**play.personas, lead: changed}})


def test_a_run_replays_to_the_same_requests_and_entries(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(path, *performed(7))
    assert replay(default(), path) == 0
    said = capsys.readouterr().out
    assert "calls replayed; every request and all" in said
    assert "entries are the same" in said


def test_one_changed_word_in_a_persona_names_the_first_request_of_that_persona_and_none_of_the_other(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(path, *performed(7))
    word = default().personas["katya"].prompt.split()[1]
    assert replay(with_word(default(), "katya", f" {word} ", " (entirely) "), path) == 1
    said = capsys.readouterr().out
    assert "restaurant/2/katya/1 is the first request that differs, katya's (the play has changed since this run)" in said
    assert "pierre" not in said
    assert "prompt, message 1 (system):" in said
    assert f"«{word}»" in said
    assert "«(entirely)»" in said


def test_a_change_that_no_request_of_a_run_shows_is_told_as_such(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(path, *performed(1, LETTER))
    ben = letter().personas["ben"]
    changed = letter().model_copy(
        update={"personas": {**letter().personas, "ben": ben.model_copy(update={"silences": ("waits", "waits more")})}}
    )
    assert replay(changed, path) == 0
    assert "the play has changed since this run, and this run is not touched by it" in capsys.readouterr().out


def test_a_changed_event_is_told_with_its_line_and_then_the_first_request_that_it_reaches(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(path, *performed(1, LETTER))
    supper = letter().beats["supper"]
    knock = supper.events[0].model_copy(update={"text": ("A fist on the door.",)})
    beat = supper.model_copy(update={"events": (knock, *supper.events[1:])})
    assert replay(letter().model_copy(update={"beats": {**letter().beats, "supper": beat}}), path) == 1
    said = capsys.readouterr().out
    assert f"{path}:{line_of('supper/knock')}: the first entry that differs" in said
    assert "«A fist on the door.»" in said
    assert "supper/3/ada/1 is the first request that differs" in said


def test_a_reply_that_would_now_be_rejected_is_told(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(path, *performed(1, LETTER))
    supper = letter().beats["supper"]
    turn = next(entry for entry in find_log(path).entries if isinstance(entry, TurnEntry) and entry.model == UNDERSTUDY)
    words = re.escape((turn.action or turn.speech or "").lower().rstrip(".?"))
    forbidding = supper.model_copy(update={"forbid": (Forbidden(pattern=words, reason="Not that word.", by=turn.by),)})
    assert replay(letter().model_copy(update={"beats": {**letter().beats, "supper": forbidding}}), path) == 1
    said = capsys.readouterr().out
    assert f"recorded: turn {turn.id}\n    now:      rejected {turn.id}~1 (forbidden)" in said
    assert f"{turn.id}/{turn.by}/2 is the first request that differs" in said
    assert "it was not made in the recorded run" in said


def test_an_engine_that_asks_otherwise_is_told_from_a_changed_play(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path, *performed(1, LETTER))
    monkeypatch.setattr("simulator.engine.prompt._ENGINE_PART", "You play {name}.\n\n{persona}")
    assert replay(letter(), path) == 1
    assert "the simulator asks otherwise than the one that performed this run" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [("seed", 1, "sampling seed:\n    recorded: 1\n"), ("model", "m", "model:\n    recorded: m\n")],
)
def test_another_seed_or_model_is_told(
    path: Path, capsys: pytest.CaptureFixture[str], key: str, value: object, told: str
) -> None:
    transcript, trace = performed(1, LETTER)
    lines = [json.loads(line) for line in trace.splitlines()]
    lines[2] |= {key: value, "request": "0" * 64}
    put(path, transcript, "".join(json.dumps(line) + "\n" for line in lines).encode())
    assert replay(letter(), path) == 1
    assert told in capsys.readouterr().out


def test_an_unfinished_run_replays_as_far_as_it_goes(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    transcript, trace = performed(1, LETTER)
    put(path, b"".join(transcript.splitlines(keepends=True)[:9]) + b'{"kin', trace + b'{"cue')
    assert replay(letter(), path) == 0
    assert "all 8 entries are the same so far: the run is unfinished" in capsys.readouterr().out


def test_where_a_call_was_made_twice_the_last_reply_counts(path: Path) -> None:
    transcript, trace = performed(1, LETTER)
    first, *rest = trace.splitlines()
    lost = json.dumps({**json.loads(first), "reply": "Something else."}).encode()
    put(path, transcript, b"\n".join([lost, first, *rest]) + b"\n")
    assert replay(letter(), path) == 0


def test_a_transcript_without_a_trace_and_a_damaged_trace_are_refused(path: Path) -> None:
    transcript, trace = performed(1, LETTER)
    path.write_bytes(transcript)
    with pytest.raises(TranscriptError, match=r"run\.trace\.jsonl is not there"):
        replay(letter(), path)
    put(path, transcript, trace.replace(b'"keeps"', b"keeps", 1))
    with pytest.raises(TranscriptError, match=r"run\.trace\.jsonl:1: this line is damaged"):
        replay(letter(), path)


# The trace.


def test_the_trace_holds_each_call_with_what_was_asked_and_what_it_cost(path: Path) -> None:
    _, trace = performed(7)
    path = put(path, b"", trace)
    lines = [json.loads(line) for line in trace.splitlines()]
    for line, attempt in zip(lines, read_trace(trace_path(path)), strict=True):
        request = Request(attempt.cue, attempt.messages, attempt.seed)
        assert line["request"] == attempt.request == request_hash(request, UNDERSTUDY)
        assert line["usage"]["prompt"] > 0
        assert line["finish_reason"] == "stop"
        assert line["provider_id"].startswith("chatcmpl-")
        assert line["system_fingerprint"].startswith("understudy-")
        assert line["seconds"] >= line["waited"] == 0.0
    asked = sum(len(message["content"]) for line in lines for message in line["adds"])
    assert len(trace) < 3 * asked  # a message is written about once, however often it is sent


pieces = st.one_of(st.text(max_size=5), st.sampled_from(["\ud83d", "\x85", "\u2028", "\n"]))  # with a lone surrogate
text = st.lists(pieces, max_size=4).map("".join)


@given(st.lists(st.tuples(text, st.one_of(st.none(), text), st.booleans()), max_size=6))
def test_whatever_a_model_replies_the_trace_gives_it_back(
    tmp_path_factory: pytest.TempPathFactory, replies: list[tuple[str, str | None, bool]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.trace.jsonl"
    path.unlink(missing_ok=True)
    trace = Trace(path, CAST)
    asked = []
    for number, (heard, reply, trouble) in enumerate(replies, 1):
        request = Request(f"supper/{number}/ada/1", ({"role": "user", "content": heard},), number)
        answer = Reply(reply, Violation(rule="empty", detail=heard) if trouble else None)
        trace.attempted(request, answer)
        asked.append((request.messages, answer))
    trace.stopped("the end")
    trace.close()
    assert [(attempt.messages, attempt.reply) for attempt in read_trace(path)] == asked


def test_a_trace_is_for_its_owner_alone_and_is_gone_on_with_behind_its_last_whole_line(path: Path) -> None:
    _, trace = performed(1, LETTER)
    path = trace_path(path)
    path.write_bytes(trace[:-10])
    path.chmod(0o644)
    again = Trace(path, CAST)
    [*_, last] = read_trace(path)
    again.attempted(Request("supper/9/ada/1", last.messages, 3), replace(last.reply, seconds=1.23456, waited=0.5))
    again.close()
    assert path.stat().st_mode & 0o777 == 0o600
    *kept, added = path.read_bytes().splitlines(keepends=True)
    assert trace.startswith(b"".join(kept))
    assert (json.loads(added)["keeps"], json.loads(added)["seconds"], json.loads(added)["waited"]) == (0, 1.235, 0.5)


def test_a_requests_hash_tells_the_model_the_seed_and_every_message() -> None:
    request = Request("a/1/ada/1", ({"role": "user", "content": "x"},), 1)
    others = [replace(request, seed=2), replace(request, messages=({"role": "user", "content": "y"},))]
    hashes = {request_hash(request, "m"), request_hash(request, "n"), *(request_hash(other, "m") for other in others)}
    assert len(hashes) == 4
    assert request_hash(request, "m") == request_hash(replace(request, name="b/9/ben/2"), "m")
    assert all(len(one) == len(sha256().hexdigest()) for one in hashes)
