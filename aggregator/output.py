"""Put files where subscribers fetch them: whole or not at all, durable, and only if they changed.

Written beside, synced, renamed over, and the folder synced: who reads sees the old file or the new one. What
is worth it lies there compressed as well, as `NAME.gz` and `NAME.br`, of the same second, so that any web
server can hand it out. The time of a file says when its bytes changed, and never goes back: a second change
within one second counts as of the next (RFC 9110, 8.8.2.1).
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from aggregator.errors import OutputError
from aggregator.packing import PACKINGS
from aggregator.settings import Settings

_TEMPORARY = ".part"  # ends the name of a file that is being written


def public_folder(settings: Settings) -> Path:
    """Return where published files lie."""
    return Path(settings.data) / "public"


def write_files(root: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write files below a folder, by their relative names, and return the names of those that changed.

    Raises: OutputError when one cannot be written; those before it are out.
    """
    written, folders = [], set()
    for name, content in files.items():
        path = root / name
        try:
            if _holds(path, content) and _has_company(path):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            _put(path, content)
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}") from error
        written.append(name)
        folders.add(path.parent)
    for folder in folders:
        _sync_folder(folder)
    return tuple(written)


def remove_files(root: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Remove files, and folders that this leaves empty; return the names of those there were."""
    removed = []
    for name in names:
        path = root / name
        try:
            for ending in PACKINGS:
                _beside(path, ending).unlink(missing_ok=True)
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OutputError(f"{path} cannot be removed: {error.strerror}") from error
        removed.append(name)
        folder = path.parent
        while folder != root and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent
    return tuple(removed)


def sweep(root: Path) -> int:
    """Remove what a killed writer left behind, and return how many files that were."""
    stale = [path for path in root.rglob(f".*{_TEMPORARY}") if path.is_file()] if root.is_dir() else []
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _has_company(path: Path) -> bool:
    """Say whether the compressed forms of a file are there, of the same writing, and no others."""
    status = path.stat()
    return all(
        _written(_beside(path, ending))
        == (status.st_mtime_ns if status.st_size >= packing.smallest else None)
        for ending, packing in PACKINGS.items()
    )


def _written(path: Path) -> int | None:
    """Return when a file was written, in nanoseconds; None where there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _put(path: Path, content: bytes) -> None:
    """Write a file with its compressed forms, and only then give all of them their names."""
    forms = {path: content}
    for ending, packing in PACKINGS.items():
        if len(content) >= packing.smallest:
            forms[_beside(path, ending)] = packing.pack(content)
        else:
            _beside(path, ending).unlink(missing_ok=True)
    parts = {target: target.with_name(f".{target.name}{_TEMPORARY}") for target in forms}
    try:
        for target, form in forms.items():
            _write(parts[target], form)
        second = _second(path, parts[path], is_same=_holds(path, content))
        for target, part in parts.items():
            os.utime(part, (second, second))
            part.replace(target)
    except OSError:
        for part in parts.values():
            part.unlink(missing_ok=True)
        raise


def _write(part: Path, content: bytes) -> None:
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _second(path: Path, part: Path, *, is_same: bool) -> int:
    """Return the time of a change: now, as the disk tells it, but later than that of the change before."""
    now = int(part.stat().st_mtime)
    try:
        before = int(path.stat().st_mtime)
    except FileNotFoundError:
        return now
    return before if is_same else max(now, before + 1)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
