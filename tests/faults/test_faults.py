"""The short form of the faults, and that the suite notices promises that are broken on purpose.

`python -m tests.faults` is the long form; docs/testing.md says what each is.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults import points, trials
from tests.faults.life import a_life
from tests.faults.nursery import Nursery
from tests.faults.population import populate
from tests.faults.soak import Sample, slopes
from tests.faults.storm import storm


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as found:
        yield found


# ---------------------------------------------------------------- the process


def test_kills_lose_nothing_and_tear_nothing(tmp_path: Path, nursery: Nursery) -> None:
    with a_life(tmp_path / "life", nursery, seed=1) as life:
        trials.kills(life, count=8, seed=1)
    assert life.figures.examples == []
    assert life.figures.faults == 0
    assert life.figures.sum("told") > 10
    assert life.figures.sum("reads") > 50


def test_of_two_at_once_one_is_let_in(tmp_path: Path, nursery: Nursery) -> None:
    with a_life(tmp_path / "life", nursery, seed=12, is_watched=False) as life:
        trials.pairs(life, count=2)
    assert life.figures.examples == []


def test_restarts_ask_nobody_and_write_nothing(tmp_path: Path, nursery: Nursery) -> None:
    with a_life(tmp_path / "life", nursery, seed=15, is_watched=False) as life:
        trials.restarts(life, count=5)
    assert life.figures.examples == []


# ---------------------------------------------------------------- the disk and the database


def test_a_call_that_fails_spoils_nothing(tmp_path: Path, nursery: Nursery) -> None:
    with a_life(tmp_path / "life", nursery, seed=3) as life:
        trials.failing_calls(life, every=500)
    assert life.figures.examples == []
    assert {tried.split()[0] for tried in life.figures.tried} == {"EIO", "ENOSPC", "short"}


@pytest.mark.skipif(not points.can_watch_database(), reason="this Python has an SQLite of its own inside")
def test_writes_of_the_database_are_among_those_that_fail(tmp_path: Path, nursery: Nursery) -> None:
    with a_life(tmp_path / "life", nursery, seed=4, is_watched=False) as life:
        fate = life.walk(points={"at": 9, "deed": "EIO", "kinds": points.DATABASE})
        assert "disk I/O error" in fate.told["detail"]
        life.settle()
    assert life.figures.examples == []


def test_a_full_disk_costs_nothing_once_there_is_room(tmp_path: Path, nursery: Nursery) -> None:
    with trials.a_small_disk(tmp_path / "disk") as is_there:
        if not is_there:
            pytest.skip("mounting a small disk takes root")
        with a_life(tmp_path / "disk", nursery, seed=5) as life:
            trials.full_disk(life, rooms=[0, 60_000])
    assert life.figures.examples == []
    assert life.figures.tried["refused, the disk full"]


def test_a_locked_store_is_waited_for_or_left_as_it_was(tmp_path: Path, nursery: Nursery) -> None:
    with a_life(tmp_path / "life", nursery, seed=6, is_watched=False) as life:
        assert trials.locked(life, seconds=0.5).refused == ""
        assert "locked" in trials.locked(life, sabotage=["patience"]).told["detail"]
    assert life.figures.examples == []


@pytest.mark.parametrize("harm", ["100 bytes flipped", "header zeroed"])
def test_damage_is_found_and_a_restore_publishes_the_same_bytes(
    tmp_path: Path, nursery: Nursery, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    monkeypatch.setattr(trials, "HARMS", {harm: trials.HARMS[harm]})
    with a_life(tmp_path / "life", nursery, seed=7, is_watched=False) as life:
        told = trials.corruption(life, each=1)[harm]
    assert told.bad == []
    assert told.found == told.restored


def test_a_journal_that_is_gone_costs_only_what_was_in_it(tmp_path: Path, nursery: Nursery) -> None:
    with a_life(tmp_path / "life", nursery, seed=8, is_watched=False) as life:
        trials.journal_gone(life, count=1)
    assert life.figures.unexpected == []


def test_a_restore_that_was_killed_is_done_again(tmp_path: Path, nursery: Nursery) -> None:
    with a_life(tmp_path / "life", nursery, seed=9, is_watched=False) as life:
        trials.interrupted_restores(life, every=40)
    assert life.figures.examples == []
    assert life.figures.tried


# ---------------------------------------------------------------- many


def test_healthy_sources_are_asked_on_time_and_failing_ones_seldom(tmp_path: Path) -> None:
    found = populate(tmp_path, count=60, hours=24, beat=timedelta(seconds=50))
    assert found.late_p99 <= 60
    assert found.fallen >= 0.9


def test_subscribers_see_no_error_while_it_is_published(tmp_path: Path) -> None:
    found = storm(tmp_path, clients=50, seconds=1.5, publishes=20, every=0.5)
    assert found.errors == 0
    assert found.not_modified > 0


# ---------------------------------------------------------------- the suite itself


@pytest.mark.parametrize(
    ("promise", "kind", "noticed"),
    [
        pytest.param("rename", "fsync", "torn", id="files are written in place"),
        pytest.param("transaction", "statement", "lost", id="validators are committed before entries"),
    ],
)
def test_a_broken_promise_is_noticed(
    tmp_path: Path, nursery: Nursery, promise: str, kind: str, noticed: str
) -> None:
    with a_life(tmp_path / "life", nursery, seed=2) as life:
        whole = life.walk(sabotage=[promise], points={"kinds": [kind]})
        for at in _steps(len(whole.told["passed"]), of=promise):
            life.walk(sabotage=[promise], points={"at": at, "deed": "kill", "kinds": [kind]})
        life.settle()
    assert life.figures.sum(noticed) > 0


def _steps(count: int, *, of: str) -> list[int]:
    """Choose points of a walk to be killed at: those where entries are stored, or files are written."""
    last = count // 2 if of == "transaction" else count
    return list(range(1, last, last // 8))


def test_a_lock_that_holds_nobody_is_noticed(tmp_path: Path, nursery: Nursery) -> None:
    with a_life(tmp_path / "life", nursery, seed=2, is_watched=False) as life:
        trials.pairs(life, count=1, sabotage=["lock"])
    assert "two at once: refused were none" in life.figures.unexpected


def test_what_grows_is_told_by_its_slope() -> None:
    samples = [
        Sample(days=n / 10, rss_mb=100 + n / 5, workers_mb=1, fds=9, threads=3, wal_mb=4, store_mb=n)
        for n in range(100)
    ]
    told = {slope.name: slope.a_day for slope in slopes(samples, warm_up=0.3)}
    assert told["rss_mb"] == pytest.approx(2.0)
    assert told["fds"] == 0
