"""The seal on a store: that it was closed in good order, and when all of it was read through last.

It is taken off before the store is opened and put on once it is closed, so a crash leaves none. It holds for
the very file that was closed: for no copy of it, and not once anybody has written to it.
"""

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.store.rows import to_moment, to_seconds

READ_EVERY = timedelta(days=7)  # all of a store, at the least

_PATIENCE = 20  # milliseconds; most filesystems' clocks tick within ten


@dataclass(slots=True, kw_only=True)
class Seal:
    """What an open store will be sealed with. Whoever reads it through, in whatever thread, notes it here."""

    read: datetime | None = None  # UTC, when all of it was last; None: it is not sealed
    is_trusted: bool = False  # opened by the word of its last seal, and not read through since

    def note_sound(self, *, at: datetime) -> None:
        """Note that the store was read through; a doubt stays."""
        if self.read:
            self.read, self.is_trusted = at, False

    def doubt(self) -> None:
        """Let nobody trust the store when it is opened next."""
        self.read = None


def is_fresh(read: datetime, *, now: datetime) -> bool:
    """Say whether what was read through then may be trusted; in the future only a wrong clock read it."""
    return timedelta(0) <= now - read <= READ_EVERY


def break_seal(path: Path, *, now: datetime | None) -> datetime | None:
    """Take the seal off a store that is about to be opened.

    Args:
        now: None trusts no seal.
    Returns: when the store was read through last; None when it must be now.
    """
    read = _read(path)
    _seal(path).unlink(missing_ok=True)
    return read if read and now and is_fresh(read, now=now) else None


def put_seal(path: Path, *, read: datetime) -> None:
    """Seal a store that was closed; where that cannot be, it is read through when it is opened next.

    A change in the same tick of the disk's clock would not show: the seal is put on in a later one.
    """
    with suppress(OSError):
        told = json.dumps({"read": to_seconds(read), "store": _mark(path)})
        for _ in range(_PATIENCE):
            _seal(path).write_text(told, encoding="ascii")
            if _is_later(path):
                break
            time.sleep(0.001)


def _read(path: Path) -> datetime | None:
    """Return what the seal says, if it holds."""
    try:
        told = json.loads(_seal(path).read_text(encoding="ascii"))
        holds = told["store"] == _mark(path) and _is_later(path) and not _has_journal(path)
        return to_moment(told["read"]) if holds else None
    except (OSError, ValueError, LookupError, TypeError):  # there is none, or a part of one
        return None


def _seal(path: Path) -> Path:
    return path.resolve().with_suffix(".seal")


def _mark(path: Path) -> list[int]:
    """Return what is another once a file was written to, copied or replaced."""
    status = path.stat()
    return [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _is_later(path: Path) -> bool:
    return _seal(path).stat().st_ctime_ns > path.stat().st_ctime_ns


def _has_journal(path: Path) -> bool:
    """Say whether there is more to a store than its file; a reader may leave an empty journal."""
    journal = Path(f"{path.resolve()}-wal")
    return journal.exists() and journal.stat().st_size > 0
