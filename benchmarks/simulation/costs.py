"""What each step costs: as the stages `engines`, `writer` and `home` measure it, and as they did once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from benchmarks.results import Row

ROWS: Mapping[str, str] = {
    "ask": "engines: local, 1 worker, unchanged: CPU a source",
    "read": "engines: local, 1 worker, one new entry: CPU a source",
    "engine": "engines: dask's own, unchanged: CPU a source",
    "claim": "home: a source sent out",
    "take_in": "home: an unchanged source taken in",
    "entry": "home: a new entry taken in",
    "group": "home: a new entry grouped",
    "publish": "home: a publish",
    "story": "home: a story in a publish",
    "page": "home: the page of a source in a publish",
    "in_publish": "home: another source, each publish",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Milliseconds of CPU for one of each; where the defaults were measured, docs/scale.md says."""

    # at a worker
    ask: float = 0.24
    read: float = 5.4  # a document in which something is new, with the asking
    handshake: float = 1.3  # TLS, which the farm does not speak: measured with aiohttp on loopback
    engine: float = 0.74  # Dask's own; see `run.AWAY`

    # at home
    claim: float = 0.16
    take_in: float = 0.55
    commit: float = 3.0  # of some that came back together, by the clock: until the disk has them
    entry: float = 0.87
    group: float = 2.2
    publish: float = 39.0
    story: float = 8.8
    page: float = 40.0  # of a source
    in_publish: float = 0.12  # for every source that there is

    @classmethod
    def measured(cls, path: Path) -> Self:
        """Return the costs that `python -m benchmarks --save` wrote down; what it did not measure is as here.

        Raises: ValueError when it measured none of them.
        """
        rows = (Row(**row | {"target": None}) for row in json.loads(path.read_text())["rows"])
        found = {row.name: row.middle for row in rows}
        told = {name: found[what] for name, what in ROWS.items() if what in found}
        if not told:
            raise ValueError(f"{path} has no costs; make it with --only engines --only home")
        return cls(**told)

    def only_storing(self) -> Self:
        """Return the costs of a home that leaves grouping and publishing to others."""
        left = ("group", "publish", "story", "page", "in_publish")
        return replace(self, **dict.fromkeys(left, 0.0))
