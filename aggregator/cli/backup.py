"""`backup` and `restore`: a copy of the store, made while it is in use, and put back."""

from pathlib import Path

import click

from aggregator.cli.documents import json_option, print_document
from aggregator.errors import StoreError


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@json_option
@click.pass_obj
def backup(path: Path, file: Path | None, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """Copy the store, also while an aggregator is at work, and check the copy.

    FILE may be an older backup, which it replaces. Without FILE it goes to the folder of the backups.
    """
    from aggregator import pipeline
    from aggregator.config import load_settings
    from aggregator.library import utc_now

    settings = load_settings(path)
    store = pipeline.existing_store(settings)
    target = file or pipeline.new_backup(settings, now=utc_now())
    pipeline.back_up(store, target)
    size = target.stat().st_size
    if as_json:
        print_document({"file": target, "size_bytes": size})
    else:
        click.echo(f"{target}: {size:,} bytes, checked.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@json_option
@click.pass_obj
def restore(path: Path, file: Path | None, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """Put a backup in the place of the store, and publish what it says.

    Without FILE the newest in the folder of the backups. The old store is kept beside. An aggregator that is
    at work must be stopped first.
    """
    from aggregator import pipeline
    from aggregator.config import load_settings
    from aggregator.library import utc_now

    settings = load_settings(path)
    file = file or _newest(pipeline.backup_folder(settings))
    aside, written, removed = pipeline.restore(settings, file, now=utc_now())
    if as_json:
        kept = aside if aside.exists() else None
        print_document({"file": file, "written": written, "removed": removed, "old_store": kept})
        return
    click.echo(f"{file} is in its place; {written} files written, {removed} removed.")
    if aside.exists():
        click.echo(f"The old store is {aside}")


def _newest(folder: Path) -> Path:
    from aggregator import pipeline

    there = list(pipeline.backups_in(folder).values())
    if not there:
        raise StoreError(f"{folder} holds no backup; name one")
    return there[-1]
