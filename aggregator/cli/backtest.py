"""`backtest`: what other settings would make of all that is stored; or these, once they are applied to it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from aggregator.errors import StoreError
from aggregator.model import Backtest, Brief, Cluster
from aggregator.settings import Settings, Stories

SHORTEST_WINDOW = timedelta(hours=1)
MOST_PARTS = 4  # stories of an example in words
LONGEST_TITLE = 80  # characters

_BETWEEN = {"merged": " + ", "split": " | ", "copies gained": " = ", "copies lost": " = "}


def _span(ctx: click.Context, param: click.Parameter, value: str | None) -> timedelta | None:
    if value is None:
        return None
    from aggregator.config import parse_span

    try:
        span = parse_span(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx=ctx, param=param) from error
    if span < SHORTEST_WINDOW:
        raise click.BadParameter("expected 1h at least", ctx=ctx, param=param)
    return span


@click.command()
@click.option("--joins", type=click.FloatRange(0, 9), metavar="X", help="Another `stories.joins`.")
@click.option("--copies", type=click.FloatRange(0, 9), metavar="X", help="Another `stories.copies`.")
@click.option("--window", callback=_span, metavar="SPAN", help="Another `stories.window`, as in 7d.")
@click.option("--apply", "is_applied", is_flag=True, help="Keep the result, under the configured settings.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def backtest(path: Path, /, is_applied: bool, as_json: bool, **changes: Any) -> None:  # noqa: FBT001 -- flags
    """Replay all that is stored, and show which stories would be others.

    With --apply overrides and settings that were changed take effect on the past. What was published keeps
    its id; no other aggregator may be at work.
    """
    from aggregator.cli.tables import console
    from aggregator.config import load_settings

    given = {name: value for name, value in changes.items() if value is not None}
    if is_applied and given:
        raise click.UsageError("--apply keeps what feeds.yaml says: write the change there, and leave it out")
    settings = load_settings(path)
    changed = replace(settings.stories, **given)
    report = _apply(settings) if is_applied else _look(settings, changed)
    if as_json:
        click.echo(json.dumps(_plain(report), ensure_ascii=False, indent=2))
        return
    for line in _lines(report):
        console().print(line, markup=False, soft_wrap=True)
    if is_applied:
        click.echo("Kept. The next `aggregator run` publishes it.")


def _look(settings: Settings, changed: Stories) -> Backtest:
    from aggregator import pipeline
    from aggregator.cli.tables import count_off
    from aggregator.store import open_store

    with open_store(_existing(settings), is_read_only=True) as store:
        watch = partial(count_off, total=store.entries.count(), what="Replaying")
        return pipeline.backtest(store, changed, watch=watch)


def _apply(settings: Settings) -> Backtest:
    from aggregator import pipeline
    from aggregator.cli.tables import count_off
    from aggregator.daemon import utc_now

    _existing(settings)
    with pipeline.open_past(settings) as (store, of):
        watch = partial(count_off, total=of.entries.count(), what="Replaying")
        return pipeline.rewrite(store, settings.stories, of=of, now=utc_now(), watch=watch)


def _existing(settings: Settings) -> Path:
    from aggregator import pipeline

    path = pipeline.store_path(settings)
    if not path.exists():
        raise StoreError(f"{path} is not there: nothing was stored yet; `aggregator run` does it")
    return path


# ---------------------------------------------------------------- reporting


def _lines(report: Backtest) -> Iterator[str]:
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


def _plain(report: Backtest) -> dict[str, Any]:
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
