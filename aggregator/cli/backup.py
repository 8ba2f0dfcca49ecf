"""`backup` and `restore`: a copy of the store, made while it is in use, and put back."""

from pathlib import Path

import click

from aggregator.errors import StoreError


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.pass_obj
def backup(path: Path, file: Path | None) -> None:
    """Copy the store, also while an aggregator is at work, and check the copy.

    FILE may be an older backup, which it replaces. Without FILE it goes to the folder of the backups.
    """
    from aggregator import pipeline
    from aggregator.config import load_settings
    from aggregator.daemon import utc_now

    settings = load_settings(path)
    store = pipeline.store_path(settings)
    if not store.exists():
        raise StoreError(f"{store} is not there: nothing was stored yet; `aggregator run` does it")
    target = file or pipeline.new_backup(settings, now=utc_now())
    pipeline.back_up(store, target)
    click.echo(f"{target}: {target.stat().st_size:,} bytes, checked.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.pass_obj
def restore(path: Path, file: Path | None) -> None:
    """Put a backup in the place of the store, and publish what it says.

    Without FILE the newest in the folder of the backups. The old store is kept beside. An aggregator that is
    at work must be stopped first.
    """
    from aggregator import pipeline
    from aggregator.config import load_settings
    from aggregator.daemon import utc_now

    settings = load_settings(path)
    file = file or _newest(pipeline.backup_folder(settings))
    aside, written, removed = pipeline.restore(settings, file, now=utc_now())
    click.echo(f"{file} is in its place; {written} files written, {removed} removed.")
    if aside.exists():
        click.echo(f"The old store is {aside}")


def _newest(folder: Path) -> Path:
    from aggregator import pipeline

    there = list(pipeline.backups_in(folder).values())
    if not there:
        raise StoreError(f"{folder} holds no backup; name one")
    return there[-1]
