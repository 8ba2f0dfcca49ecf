"""`run`: the main job, as a daemon or once."""

import os
from pathlib import Path

import click

from aggregator.settings import Settings

EXIT_SOURCES = 3


@click.command()
@click.option("--once", is_flag=True, help="Ask every source that is due once, publish, and end.")
@click.option(
    "--source", "only", multiple=True, metavar="ID", help="With --once: just this source, due or not."
)
@click.pass_obj
def run(path: Path, once: bool, only: tuple[str, ...]) -> None:  # noqa: FBT001 -- a flag
    """Ingest, group, publish and serve, until told to stop.

    With --once exit code 3 says that some sources failed; everything else is stored and published.
    """
    from aggregator.config import load_settings

    settings = load_settings(path)
    if only and not once:
        raise click.UsageError("--source goes with --once")
    unknown = set(only) - {source.id for source in settings.sources}
    if unknown:
        raise click.UsageError(
            f"no source is named {', '.join(sorted(unknown))}; `aggregator list` names them"
        )
    if not settings.sources:
        click.echo(
            f"{path} names no sources yet: `aggregator add URL` adds one, `aggregator import FILE` many."
        )
    if once:
        _once(settings, frozenset(only) or None)
    else:
        _daemon(path, settings)


def _daemon(path: Path, settings: Settings) -> None:
    import asyncio

    from aggregator import log
    from aggregator.cli.tables import addresses
    from aggregator.daemon import run_forever
    from aggregator.notify import manager_of

    log.configure(form=settings.logging.form, level=settings.logging.level)

    def announce(started: Settings) -> None:
        click.echo("Subscribe to:")
        for name, address in addresses(started):
            click.echo(f"  {address}  {name}")
        click.echo(f"Watching {len(started.sources)} sources. Ctrl-C ends it.")

    asyncio.run(run_forever(settings, announce=announce, config=path, manager=manager_of(os.environ)))


def _once(given: Settings, only: frozenset[str] | None) -> None:
    from aggregator import pipeline
    from aggregator.cli.tables import progress, refresh_table
    from aggregator.daemon import utc_now
    from aggregator.model import SourceReport

    with pipeline.open_house(given) as (store, engine):
        reports: list[SourceReport] = []
        for _ in range(2):  # the second time what lists named the first time
            settings = pipeline.prepare(store, given, now=utc_now(), is_spread=False)
            refreshed = pipeline.refresh(store, settings, engine, clock=utc_now, only=only)
            reports += progress(refreshed, total=len(only or settings.sources))
            if only or not any(report.is_other_list for report in reports):
                break
        pipeline.bring_pages(store, settings, engine, clock=utc_now)
        desk = pipeline.open_desk(store, settings)
        placed = pipeline.regroup(store, desk, now=utc_now())
        pipeline.save_desk(store, desk)
        written, removed = pipeline.publish(store, settings)
        untold = pipeline.ping_all(store, engine, clock=utc_now)
    refresh_table(reports)
    failed = sum(bool(report.troubles) for report in reports)
    new, changed = sum(r.new for r in reports), sum(r.changed for r in reports)
    click.echo(
        f"{len(reports)} sources asked, {failed} in trouble; {new} new entries, {changed} changed,"
        f" {placed} placed into stories; {written} files written, {removed} removed."
    )
    click.echo(f"Published in {pipeline.public_folder(settings)}")
    if untold:
        click.echo(f"Hubs were not told of {untold} changed feeds; the next run tells them.")
    if failed:
        raise SystemExit(EXIT_SOURCES)
