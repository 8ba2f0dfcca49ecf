"""Put files where subscribers fetch them: whole or not at all, durable, and only if they changed.

Written beside, synced, renamed over, and the folder synced: who reads sees the old file or the new one.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from aggregator.errors import OutputError

_TEMPORARY = ".part"  # ends the name of a file that is being written


def write_files(root: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write files below a folder, by their relative names, and return the names of those that changed.

    Raises: OutputError when one cannot be written; those before it are out.
    """
    written, folders = [], set()
    for name, content in files.items():
        path = root / name
        try:
            if _holds(path, content):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, content)
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
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OutputError(f"{path} cannot be removed: {error.strerror}") from error
        removed.append(name)
        if path.parent != root and not any(path.parent.iterdir()):
            path.parent.rmdir()
    return tuple(removed)


def sweep(root: Path) -> int:
    """Remove what a killed writer left behind, and return how many files that were."""
    stale = [path for path in root.rglob(f".*{_TEMPORARY}") if path.is_file()] if root.is_dir() else []
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}{_TEMPORARY}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
