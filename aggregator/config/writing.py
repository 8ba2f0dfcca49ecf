"""Put a configuration file in another's place: whole or not at all, and as it was but for its text."""

import codecs
import os
from contextlib import suppress
from pathlib import Path

from aggregator.errors import EditError


def replace_text(path: Path, text: str, *, was: str) -> None:
    """Write beside, sync, and rename over; a link stays one, mode and byte order mark stay.

    Raises: EditError when the file does not hold `was` any more, or cannot be written.
    """
    target = path.resolve()
    part = target.with_name(f".{target.name}.part")
    try:
        raw = target.read_bytes()
        if raw.removeprefix(codecs.BOM_UTF8) != was.encode():
            raise EditError(f"{path} was changed meanwhile and is left alone; please try again")
        mark = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
        try:
            _write(part, mark + text.encode(), target)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        _sync(target.parent)
    except OSError as error:
        raise EditError(f"{path} cannot be written: {error.strerror}") from error


def write_new(path: Path, text: str) -> None:
    """Write a file where there is none.

    Raises: EditError when there is one, or it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise EditError(f"{path} is there already and is left alone; name another folder") from error
    except OSError as error:
        raise EditError(f"{path} cannot be written: {error.strerror}") from error


def _write(part: Path, content: bytes, target: Path) -> None:
    status = target.stat()
    with part.open("wb") as file:
        os.fchmod(file.fileno(), status.st_mode & 0o7777)
        with suppress(PermissionError):  # only root gives files away
            os.fchown(file.fileno(), status.st_uid, status.st_gid)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
