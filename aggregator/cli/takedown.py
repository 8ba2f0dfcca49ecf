"""`takedown`: an article or a whole source goes, and stays away."""

from pathlib import Path

import click

from aggregator.cli.completing import source_ids
from aggregator.cli.documents import json_option, print_document
from aggregator.errors import BusyError


@click.command()
@click.argument("place", metavar="URL-OR-SOURCE", shell_complete=source_ids)
@json_option
@click.pass_obj
def takedown(path: Path, place: str, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """Remove an article, by its address or id, or a source, by its id, from all that is published.

    Its text is forgotten, feeds tell that its id is deleted, and it is not taken in again. A running
    aggregator does it within a heartbeat; else it is done here and now.
    """
    from aggregator import pipeline
    from aggregator.config import load_settings
    from aggregator.library import utc_now
    from aggregator.store import open_store

    settings = load_settings(path)
    with open_store(pipeline.store_path(settings)) as store, store.transaction():
        kind, name = store.takedowns.meant(place, site=settings.site.url)
        if not name:
            raise click.UsageError(
                f"{place} is neither the address or id of an article nor a source;"
                " `aggregator list` names the sources"
            )
        found = store.takedowns.ask(kind, name)
    try:
        with pipeline.open_alone(settings, now=utc_now()) as store:
            settings = pipeline.prepare(store, settings, now=utc_now())
            published = pipeline.publish(store, settings)
    except BusyError:
        published = None  # the one that is at work does it
    if as_json:
        print_document({"kind": kind, "name": name, "entries": found, "is_published": published is not None})
    else:
        _say(name, found, published)


def _say(name: str, found: int, published: tuple[int, int] | None) -> None:
    if found:
        click.echo(f"{found} entries go; they will not be taken in again.")
    else:
        click.echo(
            f"Nothing stored is at {name}. It will not be taken in; if it is published, check the address."
        )
    if published:
        click.echo(f"{published[0]} files written, {published[1]} removed.")
    else:
        click.echo("The aggregator that is running publishes that within a heartbeat.")
