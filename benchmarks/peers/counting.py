"""A peer counts what its work cost, its start not included, and says so with one line of JSON."""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager


def _cpu() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@contextmanager
def counting() -> Iterator[dict[str, float]]:
    """Yield what is said besides; processes that were started inside must have been waited for."""
    more: dict[str, float] = {}
    cpu, wall = _cpu(), time.perf_counter()
    yield more
    print(json.dumps({"cpu": _cpu() - cpu, "wall": time.perf_counter() - wall} | more))
