"""The benchmarks run. What they measure is not for tests to judge."""

import sys
from pathlib import Path

import pytest

from benchmarks.chart import chart
from benchmarks.peers import Peers
from benchmarks.results import Row, Target, line
from benchmarks.scale import TINY, Site
from benchmarks.stages import STAGES

LONG = {
    "road",
    "parsing",
    "publishing",
    "serving",
    "scheduling",
    "history",
    "engines",
    "writer",
    "home",
}  # they start much, or wait


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.full, pytest.mark.timeout(600)] * (name in LONG), id=name)
        for name in STAGES
    ],
)
def test_each_stage_measures_something(name: str, tmp_path: Path) -> None:
    site = Site(scale=TINY, peers=Peers(python=sys.executable), folder=tmp_path)
    rows = list(STAGES[name](site))
    assert rows
    assert all(row.ours for row in rows)


def a_row(*ours: float, theirs: tuple[float, ...] = (), target: Target | None = None) -> Row:
    return Row(stage="stage", what="what", unit="s", ours=ours, others={"peer": theirs}, target=target)


def test_a_ratio_is_of_the_same_round() -> None:
    assert a_row(1.0, 20.0, 3.0, theirs=(2.0, 40.0, 6.0)).ratio("peer") == 0.5


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        pytest.param(a_row(1.0, theirs=(2.0,), target=Target(most=0.5, of="peer")), "met", id="just met"),
        pytest.param(a_row(3.0, theirs=(2.0,), target=Target(most=1, of="peer")), "missed", id="dearer"),
        pytest.param(a_row(900.0, target=Target(least=1000)), "missed", id="too few"),
        pytest.param(a_row(1.0, target=Target(most=1, of="peer")), "not compared", id="no such peer"),
        pytest.param(a_row(1.0), "–", id="no target"),
    ],
)
def test_a_target_is_met_or_missed_or_cannot_be_told(row: Row, verdict: str) -> None:
    assert row.verdict == verdict


def test_who_is_not_installed_is_named() -> None:
    assert "peer: not installed" in line(a_row(1.0))


def test_an_earlier_run_stands_beside() -> None:
    assert "0.50 × the earlier" in line(a_row(1.0), {"stage: what": 2.0})


def test_the_picture_shows_only_what_has_a_target() -> None:
    drawn = chart([a_row(1.0), a_row(5.0, target=Target(most=10))])
    assert drawn.count("stage: what") == 1
