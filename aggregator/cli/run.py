"""`run`: the main job, as a daemon or once."""

import os
from pathlib import Path

import click

from aggregator.cli.completing import source_ids
from aggregator.cli.documents import print_document
from aggregator.cli.exits import EXIT_SOURCES
from aggregator.settings import Settings


@click.command()
@click.option("--once", is_flag=True, help="Ask every source that is due once, publish, and end.")
@click.option(
    "--source",
    "only",
    multiple=True,
    metavar="ID",
    shell_complete=source_ids,
    help="With --once: just this source, due or not.",
)
@click.option("--json", "as_json", is_flag=True, help="With --once: the report as JSON.")
@click.pass_obj
def run(path: Path, once: bool, only: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001 -- flags
    """Ingest, group, publish and serve, until told to stop.

    With --once exit code 3 says that some sources failed; everything else is stored and published.
    """
    from aggregator.config import load_settings

    settings = load_settings(path)
    if (only or as_json) and not once:
        raise click.UsageError(f"{'--source' if only else '--json'} goes with --once")
    if not settings.sources:
        click.echo(
            f"{path} names no sources yet: `aggregator add URL` adds one, `aggregator import FILE` many.",
            err=as_json,
        )
    if once:
        _once(settings, frozenset(only) or None, as_json=as_json)
    else:
        _daemon(path, settings)


def _daemon(path: Path, settings: Settings) -> None:
    import asyncio

    from aggregator import log
    from aggregator.daemon.start import run_forever
    from aggregator.notify import manager_of

    log.configure(form=settings.logging.form, level=settings.logging.level)

    def announce(started: Settings) -> None:
        from aggregator.cli.tables import addresses  # which loads what serving need not wait for

        click.echo("Subscribe to:")
        for name, address in addresses(started):
            click.echo(f"  {address}  {name}")
        click.echo(f"Watching {len(started.sources)} sources. Ctrl-C ends it.")

    asyncio.run(run_forever(settings, announce=announce, config=path, manager=manager_of(os.environ)))


def _once(settings: Settings, only: frozenset[str] | None, *, as_json: bool) -> None:
    import aggregator
    from aggregator import pipeline
    from aggregator.cli.tables import progress, refresh_table

    with aggregator.open(settings) as planet:
        if as_json:
            done = planet.refresh(only=only)
        else:
            with progress() as each:
                done = planet.refresh(only=only, each=each)
    failed = sum(bool(report.troubles) for report in done.reports)
    if as_json:
        print_document(done)
    else:
        refresh_table(done.reports)
        new, changed = sum(r.new for r in done.reports), sum(r.changed for r in done.reports)
        click.echo(
            f"{len(done.reports)} sources asked, {failed} in trouble; {new} new entries, {changed} changed,"
            f" {done.placed} placed into stories; {done.written} files written, {done.removed} removed."
        )
        click.echo(f"Published in {pipeline.public_folder(settings)}")
        if done.untold:
            click.echo(f"Hubs were not told of {done.untold} changed feeds; the next run tells them.")
    if failed:
        raise SystemExit(EXIT_SOURCES)
