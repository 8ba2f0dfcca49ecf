"""What it takes to say what there is."""

from collections.abc import Iterator

from benchmarks.measure import python, run
from benchmarks.results import Row, Target
from benchmarks.scale import Site


def measure(site: Site) -> Iterator[Row]:
    costs = tuple(run(python("-m", "aggregator", "--help"))[0].cpu for _ in range(site.scale.rounds))
    yield Row(stage="helping", what="aggregator --help: CPU", unit="s", ours=costs, target=Target(most=0.2))
