"""What the commands that edit feeds.yaml share: what is there, and who must hear of a change."""

from pathlib import Path

import click

from aggregator.instance import is_taken
from aggregator.settings import Settings


def present(settings: Settings) -> dict[str, str]:
    """Return the ids of the feeds that are there, by the keys of their addresses, old and new."""
    from aggregator import pipeline
    from aggregator.lists import key_of

    found = {key_of(s.url or s.opml): s.id for s in settings.sources if not s.path}
    if pipeline.has_store(settings):
        with pipeline.open_to_read(settings) as store:
            ids = set(found.values())
            found |= {key_of(place): name for name, place in store.sources.places() if name in ids}
    return found


def tell_running(settings: Settings) -> None:
    """Say what is to be done where an aggregator is at work that knows nothing of a change."""
    if is_taken(Path(settings.data)):
        click.echo("The aggregator that is running takes it up when it is started again.")
    else:
        click.echo("The next `aggregator run` publishes what changed.")
