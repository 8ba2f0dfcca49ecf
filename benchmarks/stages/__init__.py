"""The stages, in the order of the road; each has one function, `measure`, which yields rows."""

from collections.abc import Callable, Iterator, Mapping

from benchmarks.results import Row
from benchmarks.scale import Site
from benchmarks.stages import (
    engines,
    grouping,
    helping,
    history,
    home,
    parsing,
    publishing,
    road,
    scheduling,
    serving,
    writer,
)

STAGES: Mapping[str, Callable[[Site], Iterator[Row]]] = {
    "road": road.measure,
    "parsing": parsing.measure,
    "grouping": grouping.measure,
    "publishing": publishing.measure,
    "serving": serving.measure,
    "scheduling": scheduling.measure,
    "history": history.measure,
    "helping": helping.measure,
    "engines": engines.measure,
    "writer": writer.measure,
    "home": home.measure,
}
