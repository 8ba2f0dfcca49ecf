"""`takedown`: an article or a whole source goes, and stays away."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.config import load_settings
from aggregator.errors import BusyError
from aggregator.urls import canonical

if TYPE_CHECKING:
    from aggregator.store import Store


@click.command()
@click.argument("place", metavar="URL-OR-SOURCE")
@click.pass_obj
def takedown(path: Path, place: str) -> None:
    """Remove an article, by its address or id, or a source, by its id, from all that is published.

    Its text is forgotten, feeds tell that its id is deleted, and it is not taken in again. A running
    aggregator does it within a heartbeat; else it is done here and now.
    """
    from aggregator import pipeline
    from aggregator.daemon import utc_now
    from aggregator.store import open_store

    settings = load_settings(path)
    with open_store(pipeline.store_path(settings)) as store, store.transaction():
        kind, name = _named(store, place, site=settings.site.url)
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
            pipeline.prepare(store, settings, now=utc_now())
            written, removed = pipeline.publish(store, settings)
    except BusyError:
        click.echo("The aggregator that is running publishes that within a heartbeat.")
    else:
        click.echo(f"{written} files written, {removed} removed.")


def _named(store: "Store", place: str, *, site: str) -> tuple[str, str]:
    """Return what is meant, and its name: a source, an entry by its id or by its page here, or an address."""
    if store.sources.is_known(place):
        return "source", place
    page = re.fullmatch(rf"{re.escape(site)}story/([0-9a-f]{{32}})/(?:index\.html)?", place)
    entry_id = page[1] if page else place
    if store.entries.get(entry_id):
        return "entry", entry_id
    return "url", canonical(place)
