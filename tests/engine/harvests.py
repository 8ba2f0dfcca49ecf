"""Wait for what an engine brings home."""

import time

from aggregator.engine import Engine
from aggregator.model import Harvest
from tests.world import PATIENCE


def gathered(engine: Engine, count: int, *, patience: float = PATIENCE) -> dict[str, Harvest]:
    """Wait until so many harvests are back, and see that none comes twice."""
    found: dict[str, Harvest] = {}
    deadline = time.monotonic() + patience
    while len(found) < count and time.monotonic() < deadline:
        for harvest in engine.finished(wait=0.5):
            assert harvest.source_id not in found, "it came back twice"
            found[harvest.source_id] = harvest
    assert len(found) == count, f"{count - len(found)} are missing: {engine.trouble or 'no trouble'}"
    assert engine.finished(wait=0) == ()
    return found
