"""Engines: what it costs to have feeds asked and read here and on workers of Dask, the store apart.

All processes count: of Dask the scheduler, the workers, their nannies, and its client here. A worker has one
process that reads documents, as each of ours is one.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from aggregator.engine import Engine, open_engine
from aggregator.harvest import open_harvester
from aggregator.model import FetchJob, Harvest
from aggregator.settings import Cluster, Fetch
from benchmarks.cluster import ABSENT, cluster, is_installed
from benchmarks.farm import Farm
from benchmarks.measure import Spent, apart, cpu_of
from benchmarks.results import Row, Target
from benchmarks.scale import Site

FIRST, NEW, SAME = "first fetch", "one new entry", "unchanged"
TIMES = 5  # that what is unchanged is asked: it takes little
MOST = 3.0  # milliseconds that the engine itself may cost
CONTENDERS = [("local", 1), ("local", 2), ("dask", 1), ("dask", 2)]

Costs = dict[tuple[str, int, str], list[Spent]]  # of one source, by engine, its workers, and what was done


def measure(site: Site) -> Iterator[Row]:
    """Let every engine in turn bring in the same farm: at first, with one new entry each, and unchanged."""
    contenders = [(name, workers) for name, workers in CONTENDERS if name == "local" or is_installed()]
    if not is_installed():
        print(f"engines: {ABSENT}", file=sys.stderr)
    costs = Costs()
    with Farm(feeds=site.scale.feeds, items=site.scale.items) as farm:
        for _ in range(site.scale.rounds):
            for name, workers in contenders:
                found = apart(_bring_all, name, workers, farm.urls(), site.folder / "dask")
                for what, spent in found.items():
                    costs.setdefault((name, workers, what), []).append(spent)
    for (name, workers, what), all_spent in costs.items():
        yield from _rows(f"{name}, {workers} worker{'s'[: workers - 1]}, {what}", all_spent)
    if is_installed():
        for what in (FIRST, NEW, SAME):
            yield _own(what, costs)


def _rows(what: str, costs: Sequence[Spent]) -> Iterator[Row]:
    speeds = tuple(1 / spent.wall for spent in costs)
    yield Row(stage="engines", what=f"{what}: sources a second", unit="/s", ours=speeds)
    cpu = tuple(spent.cpu * 1000 for spent in costs)
    yield Row(stage="engines", what=f"{what}: CPU a source", unit="ms", ours=cpu)


def _own(what: str, costs: Costs) -> Row:
    """Return what Dask costs beyond the work, round by round."""
    pairs = zip(costs["dask", 1, what], costs["local", 1, what], strict=True)
    own = tuple((dask.cpu - local.cpu) * 1000 for dask, local in pairs)
    what = f"dask's own, {what}: CPU a source"
    return Row(stage="engines", what=what, unit="ms", ours=own, target=Target(most=MOST))


# ---------------------------------------------------------------- in a process of its own


def _bring_all(name: str, workers: int, urls: Sequence[str], folder: Path) -> Mapping[str, Spent]:
    """Return what each source cost, by what was done."""
    with ExitStack() as stack:
        here = workers if name == "local" else 1
        fetch = Fetch(host_delay=timedelta(0), workers=here)
        where = Cluster()
        if name == "dask":
            where = Cluster(scheduler=stack.enter_context(cluster(workers, folder)))
        harvester = partial(open_harvester, fetch, user_agent="Aggregator/benchmark")
        engine = stack.enter_context(open_engine(name, fetch, harvester, cluster=where))
        jobs = [
            FetchJob(source_id=f"f{number}", kind="http", address=url, allow_private=True)
            for number, url in enumerate(urls)
        ]
        _bring(engine, jobs)  # so that all processes are there
        first = _bring(engine, jobs)
        told = {harvest.source_id: harvest for harvest in first[1]}
        new = [_with_one_unknown(job, told[job.source_id]) for job in jobs]
        same = [replace(job, validators=told[job.source_id].validators) for job in jobs]
        return {FIRST: first[0], NEW: _bring(engine, new)[0], SAME: _bring(engine, same, times=TIMES)[0]}


def _with_one_unknown(job: FetchJob, harvest: Harvest) -> FetchJob:
    """Return the job of a source that has told all but its newest entry before."""
    return replace(job, known=dict(list(harvest.present.items())[1:]))


def _bring(engine: Engine, jobs: Sequence[FetchJob], *, times: int = 1) -> tuple[Spent, list[Harvest]]:
    """Have jobs done; return what each cost, and the harvests.

    Raises: RuntimeError when one fails.
    """
    found: list[Harvest] = []
    cpu, wall = cpu_of(os.getpid()), time.perf_counter()
    for _ in range(times):
        engine.submit(jobs)
        while engine.under_way:
            found += engine.finished(wait=1.0)
    count = len(jobs) * times
    spent = Spent(cpu=(cpu_of(os.getpid()) - cpu) / count, wall=(time.perf_counter() - wall) / count)
    if failed := [harvest for harvest in found if harvest.is_failed]:
        raise RuntimeError(f"{failed[0].source_id}: {failed[0].troubles[0]}")
    return spent, found
