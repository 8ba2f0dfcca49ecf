"""How the daemon is, for whoever asks: well or not and why, and the figures that Prometheus collects."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

VITALS = "vitals"  # the fact under which `status` finds them
LATE = timedelta(minutes=5)  # that something may wait before the daemon is not well


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What the daemon knows of itself. Times are UTC; None: not yet, or nothing."""

    started: datetime
    walked: datetime | None = None  # the last walk of the corridor that ended well
    published: datetime | None = None
    behind_since: datetime | None = None  # since when the store has had more than is published
    overdue_since: datetime | None = None  # since when a source is due that nobody has taken
    trouble: str = ""  # what keeps it from its work
    engine: str = ""  # what keeps other machines from their part of it
    paused: str = ""  # why nothing is fetched
    config_fault: str = ""  # why a changed configuration was not taken over
    sources: int = 0
    failing: int = 0
    entries: int = 0
    under_way: int = 0
    asked: Mapping[str, int] = field(default_factory=dict)  # outcome → how often, since the start
    new: int = 0
    changed: int = 0
    publishes: int = 0
    written: int = 0
    faults: int = 0  # of ours
    store_bytes: int = 0
    free_bytes: int = 0
    backed_up: datetime | None = None


def ailments(vitals: Vitals, *, now: datetime) -> tuple[str, ...]:
    """Return what is wrong with the daemon, in words; nothing when it is well."""
    waits = {
        "nothing has been done for {}": vitals.walked or vitals.started,
        "sources have waited to be asked for {}": vitals.overdue_since,
        "what came in has waited to be published for {}": vitals.behind_since,
    }
    late = [
        words.format(_span(now - since)) for words, since in waits.items() if since and now - since > LATE
    ]
    return (*filter(None, (vitals.trouble, vitals.engine, vitals.paused)), *late)


def health(vitals: Vitals, *, now: datetime) -> dict[str, Any]:
    """Return the health of the daemon as what JSON can hold."""
    wrong = ailments(vitals, now=now)
    told = {name: value for name, value in asdict(vitals).items() if value not in ("", None)}
    plain = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()
    }
    return {"status": "failing" if wrong else "well", "wrong": list(wrong)} | plain


def metrics(vitals: Vitals, *, now: datetime, version: str) -> str:
    """Spell the figures of the daemon as Prometheus reads them (text format 0.0.4)."""
    lines = []
    for name, kind, text, samples in _families(vitals, now, version):
        lines += [f"# HELP aggregator_{name} {text}", f"# TYPE aggregator_{name} {kind}"]
        lines += [f"aggregator_{name}{labels} {value}" for labels, value in samples.items()]
    return "\n".join([*lines, ""])


def _families(
    vitals: Vitals, now: datetime, version: str
) -> Iterator[tuple[str, str, str, Mapping[str, float]]]:
    yield "build_info", "gauge", "Version that runs.", {f'{{version="{version}"}}': 1}
    up = {"": int(not ailments(vitals, now=now))}
    yield "healthy", "gauge", "Whether all is well, as /healthz says.", up
    for name, text, value in _gauges(vitals, now):
        yield name, "gauge", text, {"": value}
    asked = {f'{{outcome="{outcome}"}}': count for outcome, count in sorted(vitals.asked.items())}
    yield "fetches_total", "counter", "Sources asked, by what became of it.", asked
    for name, text, value in (
        ("entries_new_total", "Entries that came in.", vitals.new),
        ("entries_changed_total", "Entries that their source changed.", vitals.changed),
        ("publishes_total", "Times that something was published.", vitals.publishes),
        ("files_written_total", "Published files that were written.", vitals.written),
        ("faults_total", "Faults of the program itself; each is in the log.", vitals.faults),
    ):
        yield name, "counter", text, {"": value}


def _gauges(vitals: Vitals, now: datetime) -> Iterator[tuple[str, str, float]]:
    yield "sources", "Sources that are configured.", vitals.sources
    yield "sources_failing", "Sources that failed when last asked.", vitals.failing
    yield "entries", "Entries in the store.", vitals.entries
    yield "fetches_in_flight", "Sources that are being asked.", vitals.under_way
    yield (
        "scheduler_lag_seconds",
        "How long a source has waited to be asked.",
        _lag(vitals.overdue_since, now),
    )
    yield "publish_lag_seconds", "How long news have waited to be published.", _lag(vitals.behind_since, now)
    yield "fetching_paused", "Whether nothing is fetched, as for want of room.", int(bool(vitals.paused))
    yield (
        "config_last_reload_successful",
        "Whether the configuration is the one that runs.",
        int(not vitals.config_fault),
    )
    yield "store_size_bytes", "Size of the store.", vitals.store_bytes
    yield "disk_free_bytes", "Room on its disk.", vitals.free_bytes
    yield "start_time_seconds", "When the daemon started.", vitals.started.timestamp()
    for name, text, moment in (
        ("last_walk", "When it last did what was to do.", vitals.walked),
        ("last_publish", "When it last published.", vitals.published),
        ("last_backup", "When it was last backed up.", vitals.backed_up),
    ):
        if moment:
            yield f"{name}_timestamp_seconds", text, moment.timestamp()


def _lag(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
