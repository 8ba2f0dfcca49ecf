"""Local files, by a path or a glob: articles and saved feeds.

A place is known by its files' names, sizes and times of change: as long as these stay, nothing is read. One
file that cannot be read is a trouble of its own, and the others go on.
"""

import glob
import os
from hashlib import blake2b
from pathlib import Path

from aggregator.errors import Cause, FetchError
from aggregator.model import Document, Fetched, FetchJob, Trouble, Validators


def fetch_directory(job: FetchJob, *, most_bytes: int) -> Fetched:
    """Read the files that match a job's glob, in the order of their names.

    Raises: FetchError when none matches.
    """
    root = Path(job.root)
    names = sorted(
        name
        for name in glob.glob(job.address, root_dir=root, recursive=True)  # noqa: PTH207 -- root_dir
        if (root / name).is_file()
    )
    if not names:
        raise FetchError(Cause.MISSING, f"no file matches {job.address!r} in {root}")
    signature = _signature(root, names)
    if signature and signature == job.validators.etag:
        return Fetched(is_unchanged=True, validators=job.validators)
    documents, troubles = [], []
    for name in names:
        try:
            documents.append(Document(address="", body=_read(root / name, most_bytes), name=_spell(name)))
        except FetchError as error:
            troubles.append(Trouble(cause=error.cause, detail=error.detail, where=_spell(name)))
    return Fetched(
        documents=tuple(documents), validators=Validators(etag=signature), troubles=tuple(troubles)
    )


def _spell(name: str) -> str:
    """Write a file's name so that it can go anywhere: some are no text."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(most_bytes + 1)
    except OSError as error:
        raise FetchError(Cause.UNREADABLE, f"it cannot be read: {error.strerror}") from error
    if len(body) > most_bytes:
        raise FetchError(Cause.TOO_LARGE, f"it is larger than {most_bytes:,} bytes")
    return body


def _signature(root: Path, names: list[str]) -> str:
    """Return a digest of names, sizes and times; empty, so never equal, when a file vanished meanwhile."""
    digest = blake2b(digest_size=16)
    for name in names:
        try:
            status = os.stat(root / name)  # noqa: PTH116 -- one call a file
        except OSError:
            return ""
        digest.update(f"{name}\0{status.st_mtime_ns}\0{status.st_size}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
