"""One aggregator at a time on a store: two would ask every source twice and sweep each other's files away.

The lock is a file of its own. Locking the database itself would not last: closing any second descriptor of it
drops the lock (SQLite, "How To Corrupt", 2.2).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aggregator.errors import NOT_YOURS, BusyError, StoreError

FILE = "aggregator.lock"


def holder_of(folder: Path) -> str:
    """Return the id of the process that holds a folder's lock; "" when none does."""
    try:
        descriptor = os.open(folder / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
    finally:
        os.close(descriptor)
    return ""


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold a folder's lock; it goes with the process, however that ends.

    Raises: BusyError at once when another process holds it; StoreError when the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{folder} cannot be used: {error.strerror}{_advice(error)}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            raise BusyError(str(folder), holder) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _advice(error: OSError) -> str:
    return f"; {NOT_YOURS}" if isinstance(error, PermissionError) else ""


def is_taken(folder: Path) -> bool:
    """Say whether a process holds a folder's lock."""
    if not (folder / FILE).exists():
        return False
    try:
        with only_one(folder):
            return False
    except BusyError:
        return True
