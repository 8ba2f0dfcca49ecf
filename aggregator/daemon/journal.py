"""What the log says of a walk."""

import logging
from collections.abc import Collection

from aggregator import pipeline
from aggregator.model import SourceReport

log = logging.getLogger("aggregator.daemon")

_LEVELS = {
    "in trouble": logging.WARNING,
    "fresh": logging.INFO,
    "pushed": logging.INFO,
    "unchanged": logging.DEBUG,
    "held": logging.INFO,
}


def say_refreshed(report: SourceReport) -> None:
    log.log(
        _LEVELS["in trouble" if report.troubles else report.outcome],
        "refreshed source=%s outcome=%s new=%d changed=%d%s",
        report.source_id,
        report.outcome,
        report.new,
        report.changed,
        f" trouble={str(report.troubles[0])!r}" if report.troubles else "",
    )


def say_weighed(before: Collection[str], after: Collection[str]) -> None:
    """Say which feeds became a burden to those who read them, and that none is one any more."""
    if set(after) != set(before):
        names = ", ".join(after)
        log.log(_as_bad(after), "weighed feeds larger_than=%d which=%r", pipeline.MOST_BYTES, names)


def say_room(free: int, *, paused: str) -> None:
    log.log(_as_bad(paused), "%s fetching free_bytes=%d", "paused" if paused else "resumed", free)


def say_engine(trouble: str) -> None:
    log.log(_as_bad(trouble), "engine %s", trouble or "works again")


def _as_bad(what: object) -> int:
    return logging.WARNING if what else logging.INFO
