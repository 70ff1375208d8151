"""A new play to start from: small, complete, and full of comments that teach."""

from __future__ import annotations

import shutil
from pathlib import Path

from simulator.errors import UsageError
from simulator.play.schemas import write_schemas

__all__ = ["TEMPLATE", "write_new_play"]

TEMPLATE = Path(__file__).resolve().parents[1] / "template"


def write_new_play(folder: Path) -> None:
    """Write the template, and the schemas for editors, into a folder that is new or empty.

    Raises UsageError where there is something already, or the folder cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not empty: name a new folder")
    try:
        shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True)
        write_schemas(folder)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from None
