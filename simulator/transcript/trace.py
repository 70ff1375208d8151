"""The trace beside a transcript: what each model call asked, brought and cost. It holds no key."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from simulator.engine.entries import well_formed
from simulator.errors import TranscriptError
from simulator.models.base import Reply, Request, Usage

__all__ = ["Trace", "request_hash"]


def request_hash(request: Request) -> str:
    """SHA-256 of what a model is asked, before anything is left out for a server's sake."""
    asked = {"messages": list(request.messages), "seed": request.seed}
    text = well_formed(json.dumps(asked, ensure_ascii=False, sort_keys=True))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


class Trace:
    """A trace being written, and the sum of its tokens."""

    def __init__(self, path: Path) -> None:
        """Open it for its owner alone; an older trace of the same transcript is gone on with."""
        self.usage = Usage()
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise TranscriptError(f"{path} cannot be written: {error.strerror}") from None

    def attempted(self, request: Request, reply: Reply) -> None:
        """Note one model call."""
        self.usage += reply.usage
        line = {
            "cue": request.name,
            "request": request_hash(request),
            "reply": reply.text,
            "trouble": reply.trouble.rule if reply.trouble else None,
            "finish_reason": reply.finish_reason,
            "provider_id": reply.provider_id,
            "system_fingerprint": reply.fingerprint,
            "usage": asdict(reply.usage),
            "seconds": round(reply.seconds, 3),
            "notes": list(reply.notes),
        }
        self._write(line)

    def stopped(self, reason: str) -> None:
        """Note why a run stopped early."""
        self._write({"stopped": reason})

    def _write(self, line: Mapping[str, object]) -> None:
        os.write(self._file, (well_formed(json.dumps(line, ensure_ascii=False)) + "\n").encode("utf-8"))

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
