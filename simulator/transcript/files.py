"""Files that only grow: one writer each, every line one write, and no half of one kept."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simulator.errors import Taken, TranscriptError

__all__ = ["Growing", "locked"]


class Growing:
    """A file that grows by whole lines. Failures of the disk come as TranscriptError."""

    def __init__(self, path: Path, flags: int, mode: int) -> None:
        """Open it with the flags of os.open. Raises OSError, for the caller to put in words."""
        self.path = path
        self._file = os.open(path, flags | os.O_RDWR | os.O_APPEND, mode)

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return os.fstat(self._file).st_size

    def append(self, lines: bytes) -> None:
        """Write lines at once, or nothing of them."""
        before = self.size
        try:
            left = memoryview(lines)
            while left:  # a disk that fills takes a part first, and says why at the next write
                left = left[os.write(self._file, left) :]
        except OSError as error:
            with suppress(OSError):
                self.cut(before)
            raise self._full(error) from None

    def cut(self, size: int) -> None:
        """Drop what stands behind this many bytes."""
        os.ftruncate(self._file, size)

    def ending(self) -> bytes:
        """What stands behind the last newline."""
        return os.pread(self._file, self.size, 0).rpartition(b"\n")[2]

    def sync(self) -> None:
        """Force what was written to the disk."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._full(error) from None

    def close(self) -> None:
        """Close it."""
        os.close(self._file)

    def _full(self, error: OSError) -> TranscriptError:
        return TranscriptError(f"{self.path} cannot grow: {error.strerror}; all its lines up to here are whole")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the only one to write a file, by a lock file beside it that holds the writer's process id.

    The lock itself is the kernel's and ends with the process, so a lock file that a killed one left behind holds nobody up.
    Raises Taken, with the other's process id, and TranscriptError where there is no writing.
    """
    lock = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _lock(lock, path)
    except OSError as error:
        raise TranscriptError(f"{path} cannot be written: {error.strerror} ({error.filename or lock})") from None
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(file)


def _lock(lock: Path, path: Path) -> int:
    """The open lock file, locked, and with our process id in it."""
    while True:
        file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(file)
            raise Taken(f"{path} is being written by process {holder}: wait for it to end, or stop it") from None
        if _is_still_there(lock, file):
            os.ftruncate(file, 0)
            os.write(file, f"{os.getpid()}\n".encode("ascii"))
            return file
        os.close(file)  # its last holder has just removed it


def _is_still_there(lock: Path, file: int) -> bool:
    try:
        return os.path.samestat(os.stat(lock), os.fstat(file))
    except FileNotFoundError:
        return False
