"""How stories would be others under other settings: found, in words, and as plain data."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from aggregator import pipeline
from aggregator.cli.tables import count_off
from aggregator.daemon.clocks import utc_now
from aggregator.model import Backtest, Brief, Cluster
from aggregator.settings import Settings, Stories

MOST_PARTS = 4  # stories of an example in words
LONGEST_TITLE = 80  # characters

_BETWEEN = {"merged": " + ", "split": " | ", "copies gained": " = ", "copies lost": " = "}


def looked_at(settings: Settings, changed: Stories) -> Backtest:
    """Replay all that is stored under other settings."""
    with pipeline.open_to_read(settings) as store:
        watch = partial(count_off, total=store.entries.count(), what="Replaying")
        return pipeline.backtest(store, changed, watch=watch)


def applied(settings: Settings) -> Backtest:
    """Put what the settings make of all that is stored in the place of what stands."""
    pipeline.existing_store(settings)  # none is made
    with pipeline.open_past(settings, now=utc_now()) as (store, of):
        watch = partial(count_off, total=of.entries.count(), what="Replaying")
        return pipeline.rewrite(store, settings.stories, of=of, now=utc_now(), watch=watch)


def difference_lines(report: Backtest) -> Iterator[str]:
    yield (
        f"{report.entries} entries; {report.before} stories before, {report.after} after,"
        f" {report.kept} of them the same; {report.copies} copies after."
    )
    found = {name: finding for name, finding in report.differences.items() if finding.count}
    if not found:
        yield "No difference."
    for name, finding in found.items():
        yield f"{name}: {finding.count}"
        for example in finding.examples:
            yield f"  {_example(name, example)}"


def _example(name: str, parts: Sequence[Cluster]) -> str:
    if name == "moved":
        entry, was, now = parts
        return f"{_cluster(entry)}: was {_company(was)}, is {_company(now)}"
    told = [_cluster(part) for part in parts[:MOST_PARTS]]
    rest = len(parts) - MOST_PARTS
    return _BETWEEN.get(name, "").join(told + ([f"{rest} more"] if rest > 0 else []))


def _company(cluster: Cluster) -> str:
    return f"with {_cluster(cluster, most=1)}" if cluster.size else "alone"


def _cluster(cluster: Cluster, *, most: int = 2) -> str:
    shown = cluster.entries[:most]
    told = "; ".join(f"{_short(entry.title)} ({entry.outlet})" for entry in shown)
    rest = cluster.size - len(shown)
    return f"{told}; {rest} more" if rest else told


def _short(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else f"{title[:LONGEST_TITLE]}…"


def plain_differences(report: Backtest) -> dict[str, Any]:
    counts = {name: getattr(report, name) for name in ("entries", "before", "after", "kept", "copies")}
    found = {
        name.replace(" ", "_"): {
            "count": finding.count,
            "examples": [[_outline(part) for part in example] for example in finding.examples],
        }
        for name, finding in report.differences.items()
    }
    return counts | found


def _outline(cluster: Cluster) -> dict[str, Any]:
    return {"size": cluster.size, "entries": [_entry(brief) for brief in cluster.entries]}


def _entry(brief: Brief) -> dict[str, str]:
    return {"id": brief.entry_id, "title": brief.title, "outlet": brief.outlet, "url": brief.url}
