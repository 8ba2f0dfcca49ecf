"""What travels between home and the workers: bytes, of which Dask can print nothing but how many there are.

Dask writes what a task was given into logs and errors when it fails; a job may hold a login.
"""

import pickle
import sys
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

from aggregator import __version__
from aggregator.errors import ClusterError
from aggregator.model import Harvest


@dataclass(frozen=True, slots=True)
class Sealed:
    """Something of ours, packed by the edition of the code that is named."""

    edition: str
    content: bytes

    @classmethod
    def of(cls, thing: object) -> Self:
        return cls(edition(), pickle.dumps(thing, pickle.HIGHEST_PROTOCOL))

    def open(self) -> Any:
        """Unpack it. Raises: ClusterError when other code than this packed it."""
        if self.edition != edition():
            raise ClusterError(f"made by {self.edition}, here is {edition()}")
        return pickle.loads(self.content)  # noqa: S301 -- Dask unpickles what it is sent anyway: hence TLS

    def __repr__(self) -> str:
        return f"Sealed({len(self.content)} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What became of a batch so far: each of its jobs is in one of these."""

    harvests: tuple[Harvest, ...]
    unfinished: tuple[str, ...]  # sources whose turn did not come yet, or has not ended
    faults: tuple[tuple[str, str], ...]  # of ours: the source, and the traceback
    worker: str  # which has what is unfinished


@cache
def edition() -> str:
    """Name the code that runs here: its version, a digest of its files, and what pickles depend on."""
    root = Path(__file__).parents[2]
    digest = blake2b(digest_size=4)
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"aggregator {__version__} ({digest.hexdigest()}) on Python {python}"
