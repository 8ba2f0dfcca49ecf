"""`takedown`: an article or a whole source goes, and stays away."""

from pathlib import Path

import click

from aggregator.errors import BusyError


@click.command()
@click.argument("place", metavar="URL-OR-SOURCE")
@click.pass_obj
def takedown(path: Path, place: str) -> None:
    """Remove an article, by its address or id, or a source, by its id, from all that is published.

    Its text is forgotten, feeds tell that its id is deleted, and it is not taken in again. A running
    aggregator does it within a heartbeat; else it is done here and now.
    """
    from aggregator import pipeline
    from aggregator.config import load_settings
    from aggregator.daemon import utc_now
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
    if found:
        click.echo(f"{found} entries go; they will not be taken in again.")
    else:
        click.echo(
            f"Nothing stored is at {name}. It will not be taken in; if it is published, check the address."
        )
    try:
        with pipeline.open_alone(settings) as store:
            settings = pipeline.prepare(store, settings, now=utc_now())
            written, removed = pipeline.publish(store, settings)
    except BusyError:
        click.echo("The aggregator that is running publishes that within a heartbeat.")
    else:
        click.echo(f"{written} files written, {removed} removed.")
