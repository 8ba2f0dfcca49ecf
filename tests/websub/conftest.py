"""The street, for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator import pipeline
from tests.websub.street import Street, a_street, engine_here
from tests.world import Origin


@pytest.fixture
def street(tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    monkeypatch.setattr(pipeline, "open_workers", engine_here)
    with a_street(tmp_path / "house", origin) as made:
        yield made
