"""The n-th call of a kind kills the process, or fails: every way to the disk is a point where it can end.

Calls of ours are caught where Python makes them. The database's own are caught at a door that SQLite keeps
for tests, `xSetSystemCall` of its file layer, and statement by statement as it starts them.
"""

import ctypes
import ctypes.util
import errno
import io
import os
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Deed = Literal["", "kill", "EIO", "ENOSPC", "EINTR", "short"]
CALLS = ("replace", "unlink", "mkdir", "rmdir", "utime", "link", "fsync")
FILES = (*CALLS, "open", "write")  # ours
DATABASE = ("pwrite", "ftruncate")  # SQLite's
WRITING = (*FILES, *DATABASE)  # what a disk can refuse
STATEMENTS = ("statement",)
ALL = (*WRITING, *STATEMENTS)


@dataclass(slots=True, kw_only=True)
class Points:
    """Counts calls, and does something at one of them."""

    at: int = 0  # 0: never
    deed: Deed = ""
    kinds: tuple[str, ...] = ALL
    passed: list[str] = field(default_factory=list)

    def come_by(self, kind: str) -> Deed:
        """Count a call; return what is to happen to it."""
        if kind not in self.kinds:
            return ""
        self.passed.append(kind)
        if len(self.passed) != self.at:
            return ""
        if self.deed == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return self.deed

    def come_by_or_fail(self, kind: str) -> None:
        if (deed := self.come_by(kind)) in ("EIO", "ENOSPC"):
            raise OSError(getattr(errno, deed), os.strerror(getattr(errno, deed)))


def watch(points: Points) -> None:
    """Let every call of this process that can change a disk come by, until it ends."""
    for name in CALLS:
        setattr(os, name, _caught(name, getattr(os, name), points))
    _watch_files(points)
    _watch_statements(points)
    if set(DATABASE) & set(points.kinds):
        _watch_database(points)


def _caught(name: str, call: Callable[..., Any], points: Points) -> Callable[..., Any]:
    def caught(*arguments: Any, **options: Any) -> Any:
        points.come_by_or_fail(name)
        return call(*arguments, **options)

    return caught


class _File(io.FileIO):
    """A file whose writes come by."""

    points: Points

    def write(self, data: Any) -> int:
        deed = self.points.come_by("write")
        if deed in ("EIO", "ENOSPC"):
            raise OSError(getattr(errno, deed), os.strerror(getattr(errno, deed)))
        return super().write(data[: len(data) // 2] if deed == "short" else data)


def _watch_files(points: Points) -> None:
    really_open = io.open

    def open_(file: Any, mode: str = "r", buffering: int = -1, *arguments: Any, **options: Any) -> Any:
        if mode != "wb":
            return really_open(file, mode, buffering, *arguments, **options)
        points.come_by_or_fail("open")
        raw = _File(file, mode)
        raw.points = points
        return io.BufferedWriter(raw) if buffering else raw

    io.open = open_


def _watch_statements(points: Points) -> None:
    really_connect = sqlite3.connect

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = really_connect(*arguments, **options)
        connection.set_trace_callback(lambda _: points.come_by("statement") and None)
        return connection

    sqlite3.connect = connect  # type: ignore[assignment]


# ---------------------------------------------------------------- SQLite's own calls


class _Vfs(ctypes.Structure):
    """As far as we need it (sqlite3.h, struct sqlite3_vfs)."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        *((f"method{number}", ctypes.c_void_p) for number in range(13)),
        ("set_system_call", ctypes.c_void_p),
    )


_Pwrite = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True
)
_Ftruncate = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int64, use_errno=True)
_SetSystemCall = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_kept: list[Any] = []  # what C code points to


def can_watch_database() -> bool:
    """Say whether the SQLite that Python uses is the one that can be got at."""
    library = ctypes.util.find_library("sqlite3")
    if not library:
        return False
    loaded = ctypes.CDLL(library)
    loaded.sqlite3_libversion.restype = ctypes.c_char_p
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    is_one = len({line.split()[-1] for line in maps.splitlines() if "libsqlite3" in line}) == 1
    return is_one and bool(loaded.sqlite3_libversion().decode() == sqlite3.sqlite_version)


def _watch_database(points: Points) -> None:
    if not can_watch_database():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.pwrite.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64]
    libc.pwrite.restype = ctypes.c_ssize_t
    libc.ftruncate.argtypes = [ctypes.c_int, ctypes.c_int64]

    def pwrite(descriptor: int, data: int, count: int, offset: int) -> int:
        deed = points.come_by("pwrite")
        if deed in ("EIO", "ENOSPC", "EINTR"):
            ctypes.set_errno(getattr(errno, deed))
            return -1
        return int(libc.pwrite(descriptor, data, count // 2 if deed == "short" else count, offset))

    def ftruncate(descriptor: int, size: int) -> int:
        if deed := points.come_by("ftruncate"):
            ctypes.set_errno(getattr(errno, deed, errno.EIO))
            return -1
        return int(libc.ftruncate(descriptor, size))

    library = ctypes.CDLL(ctypes.util.find_library("sqlite3"))
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    library.sqlite3_vfs_find.argtypes = [ctypes.c_char_p]
    vfs = library.sqlite3_vfs_find(None)
    set_call = _SetSystemCall(vfs.contents.set_system_call)
    calls: dict[str, Any] = {name: _Pwrite(pwrite) for name in ("pwrite", "pwrite64")}
    for name, call in {**calls, "ftruncate": _Ftruncate(ftruncate)}.items():
        _kept.append(call)
        set_call(ctypes.cast(vfs, ctypes.c_void_p), name.encode(), ctypes.cast(call, ctypes.c_void_p))
