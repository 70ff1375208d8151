"""What several tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.cli import main

Simulate = Callable[..., int]


@pytest.fixture
def simulate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Simulate:
    """`simulate …` in an empty folder, without keys in the environment: its exit code."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("OPENAI_", "SIMULATE_")):
            monkeypatch.delenv(name)

    def call(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["simulate", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        return int(stopped.value.code or 0)

    return call
