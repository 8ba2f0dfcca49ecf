"""The simulation reckons rightly: against theory, against the product's own rules, and with nothing lost."""

import json
import math
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.policy.rhythm import rhythm
from benchmarks.results import Row
from benchmarks.simulate import main
from benchmarks.simulation.costs import ROWS, Costs
from benchmarks.simulation.queues import Calendar, Numbers, Times, Workers, in_turn
from benchmarks.simulation.run import Simulation
from benchmarks.simulation.world import drawn, pause_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MANY = 200_000


def mean_wait(servers: int, load: float, *, is_steady: bool) -> float:
    """Return how long many wait who come by chance to servers that need a second each, or so on average."""
    chance = np.random.default_rng(7)
    arrivals = np.cumsum(chance.exponential(1 / (load * servers), MANY))
    lasting = np.ones(MANY) if is_steady else chance.exponential(1.0, MANY)
    none = np.zeros(MANY)
    starts, _ = Workers(servers, batches=1).run(arrivals, none, none, lasting)
    return float((starts - arrivals).mean())


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_one_worker_keeps_others_waiting_as_pollaczek_and_khinchine_say(load: float) -> None:
    expected = load / (2 * (1 - load))
    assert mean_wait(1, load, is_steady=True) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("servers", [2, 8])
def test_several_workers_keep_others_waiting_as_erlang_says(servers: int) -> None:
    load = 0.8
    offered = servers * load
    last = offered**servers / math.factorial(servers) / (1 - load)
    waits = last / (sum(offered**k / math.factorial(k) for k in range(servers)) + last)
    assert mean_wait(servers, load, is_steady=False) == pytest.approx(
        waits / (servers * (1 - load)), rel=0.08
    )


@given(
    hosts=st.lists(st.integers(0, 3), min_size=1, max_size=30),
    free=st.lists(st.floats(0, 9), min_size=4, max_size=4),
)
def test_a_host_is_asked_one_at_a_time_in_order(hosts: list[int], free: list[float]) -> None:
    lasting = np.linspace(1, 2, len(hosts))
    expected, ready = [], list(free)
    for host, seconds in zip(hosts, lasting, strict=True):
        expected.append(max(ready[host], 5.0))
        ready[host] = expected[-1] + seconds
    at = np.array(free)
    found = in_turn(np.array(hosts), lasting, at, now=5.0)
    assert found == pytest.approx(expected)
    assert at == pytest.approx(ready)


@given(times=st.lists(st.floats(0, 50), max_size=40))
def test_a_calendar_gives_back_all_that_it_was_given_in_order(times: list[float]) -> None:
    calendar = Calendar()
    calendar.put(np.array(times), np.arange(len(times)))
    taken = [calendar.take(until) for until in (10, 20, 51)]
    assert [time for found, _ in taken for time in found] == sorted(times)
    assert sorted(number for _, found in taken for number in found) == list(range(len(times)))
    assert all(time < 10 for time in taken[0][0])


@pytest.mark.parametrize("hours", [0.5, 2, 7, 30, 100])
def test_sources_are_asked_as_often_as_the_product_asks_them(hours: float) -> None:
    gap = timedelta(hours=hours)
    moments = tuple(NOW - gap * number for number in range(20))
    pause = pause_of(np.array([24 / hours]))[0]
    assert pause == rhythm(moments, now=NOW).total_seconds()


class Watched(Simulation):
    """A simulation that remembers when each source was asked."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.visits: defaultdict[int, list[float]] = defaultdict(list)

    def note(self, sources: Numbers, begun: Times, new: Numbers) -> None:
        super().note(sources, begun, new)
        for source, time in zip(sources.tolist(), begun.tolist(), strict=True):
            self.visits[source].append(time)


def test_every_source_is_asked_once_an_interval_and_none_is_lost() -> None:
    world = drawn(500, np.random.default_rng(2), every=timedelta(minutes=10))
    simulation = Watched(world, Costs(), workers=1, seed=2)
    found = simulation.run(0.5)  # and as long before
    well = np.flatnonzero(~world.is_dead)
    gaps = np.concatenate([np.diff(simulation.visits[source]) for source in well.tolist()])
    assert gaps.min() >= 600
    assert np.quantile(gaps, 0.95) < 600 * 1.1 + 60
    assert min(len(simulation.visits[source]) for source in well.tolist()) >= 4
    assert found.asked * 0.5 * 3600 == pytest.approx(len(well) * 1800 / (600 * 1.05), rel=0.05)


def test_the_same_seed_tells_the_same() -> None:
    world = drawn(500, np.random.default_rng(3))
    one, other = (Simulation(world, Costs(), workers=1, seed=3).run(0.25) for _ in range(2))
    assert (one.asked, one.home, one.late.sum()) == (other.asked, other.home, other.late.sum())


def test_a_crowded_host_is_late_whoever_asks_and_others_are_not() -> None:
    world = drawn(2000, np.random.default_rng(4), every=timedelta(minutes=2))
    assert world.is_crowded.any()
    found = Simulation(world, Costs().only_storing(), workers=64, seed=4).run(0.25)
    assert np.quantile(found.crowded, 0.9) > 100
    assert np.quantile(found.late, 0.9) < 60


def test_too_few_workers_are_late_and_always_busy() -> None:
    world = drawn(1000, np.random.default_rng(5), every=timedelta(minutes=10))
    slow = Costs(ask=800.0, read=800.0).only_storing()
    few, many = (Simulation(world, slow, workers=count, seed=5).run(0.2) for count in (1, 32))
    assert few.workers > 0.95
    assert few.queue > 10 * (many.queue + 1)


def test_costs_are_taken_from_a_run_of_the_benchmarks(tmp_path: Path) -> None:
    file = tmp_path / "now.json"
    row = Row(stage="home", what="a publish", unit="ms", ours=(3, 5, 4))
    file.write_text(json.dumps({"rows": [asdict(row)]}))
    assert Costs.measured(file).publish == 4
    assert Costs.measured(file).ask == Costs().ask


def test_a_run_without_costs_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "now.json"
    file.write_text('{"rows": []}')
    with pytest.raises(ValueError, match="--only engines"):
        Costs.measured(file)


def test_every_cost_that_a_stage_tells_is_one() -> None:
    assert all(hasattr(Costs(), name) for name in ROWS)


def test_one_command_prints_a_table_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = tmp_path / "scale.svg"
    sizes = ["--sources", "300", "--sizes", "200", "300", "--workers", "1", "2", "--hours", "0.1"]
    main([*sizes, "--plot", str(plot)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 4 + 4
    assert ElementTree.parse(plot).getroot().tag.endswith("svg")
