"""Put files where subscribers fetch them: whole or not at all, durable, and only if they changed.

Written beside, synced, renamed over, and the folder synced: who reads sees the old file or the new one. What
is worth it lies there compressed as well, as `NAME.gz`, of the same second, so that any web server can hand
it out; and as `NAME.br` once it has stayed as it is for a while. The time of a file says when its bytes
changed, and never goes back: a second change within one second counts as of the next (RFC 9110, 8.8.2.1).
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from aggregator.errors import OutputError
from aggregator.packing import ENDINGS, PACKINGS, PATIENT
from aggregator.settings import Settings

_TEMPORARY = ".part"  # ends the name of a file that is being written
_LONG = min(packing.smallest for packing in PATIENT.values())  # bytes
_SECOND = 10**9  # nanoseconds


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
            for ending in ENDINGS:
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


def unpacked(root: Path, *, before: datetime) -> Iterator[Path]:
    """Find our long files that stayed as they are since some moment, and are not packed with patience."""
    for folder, _, names in os.walk(root):
        there = frozenset(names)
        for name in sorted(there):
            # What has no form from when it was written is somebody else's.
            if all(name + end in there for end in PACKINGS) and any(
                name + end not in there for end in PATIENT
            ):
                path = Path(folder, name)
                with suppress(FileNotFoundError):
                    status = path.stat()
                    if status.st_size >= _LONG and status.st_mtime < before.timestamp():
                        yield path


def pack(path: Path) -> None:
    """Pack a file with patience, if it is still there.

    Its own status changes too, though not its time: so a server that keeps it sees that there is more.
    Raises: OutputError when the packed form cannot be written.
    """
    try:
        content, written = path.read_bytes(), path.stat().st_mtime_ns
        forms = {_beside(path, ending): packing.pack(content) for ending, packing in PATIENT.items()}
        _give(forms, lambda _: written)
        os.utime(path, ns=(written, written))
        _sync_folder(path.parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{path} cannot be packed: {error.strerror}") from error


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
    for ending, packing in (*PACKINGS.items(), *PATIENT.items()):
        wanted = status.st_mtime_ns if status.st_size >= packing.smallest else None
        found = _written(_beside(path, ending))
        if found != wanted and not (found is None and ending in PATIENT):
            return False
    return True


def _written(path: Path) -> int | None:
    """Return when a file was written, in nanoseconds; None where there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _put(path: Path, content: bytes) -> None:
    """Write a file with its compressed forms; those of another writing go before it comes."""
    forms, others = {path: content}, list(PATIENT)
    for ending, packing in PACKINGS.items():
        if len(content) >= packing.smallest:
            forms[_beside(path, ending)] = packing.pack(content)
        else:
            others.append(ending)
    for ending in others:
        _beside(path, ending).unlink(missing_ok=True)
    _give(forms, partial(_second, path, is_same=_holds(path, content)))


def _give(forms: Mapping[Path, bytes], second_of: Callable[[int], int]) -> None:
    """Write files whole, and only then give all of them their names.

    Args:
        second_of: returns what time they get, in nanoseconds, from what time the disk says it is.
    """
    parts = {target: target.with_name(f".{target.name}{_TEMPORARY}") for target in forms}
    try:
        for target, form in forms.items():
            _write(parts[target], form)
        second = second_of(next(iter(parts.values())).stat().st_mtime_ns)
        for target, part in parts.items():
            os.utime(part, ns=(second, second))
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


def _second(path: Path, now: int, *, is_same: bool) -> int:
    """Return the time of a change in nanoseconds, a whole second: now, but later than the change before."""
    now -= now % _SECOND
    before = _written(path)
    if before is None:
        return now
    before -= before % _SECOND
    return before if is_same else max(now, before + _SECOND)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
