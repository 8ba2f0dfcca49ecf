"""The feeds that lists name are followed as if the configuration named them."""

from collections.abc import Iterator
from dataclasses import replace

from aggregator.config import source_id
from aggregator.lists import key_of, sift
from aggregator.model import Outline
from aggregator.settings import Settings, Source
from aggregator.store import Store


def followed(store: Store, settings: Settings) -> Settings:
    """Return a configuration with the feeds that its lists name; what it names itself is as it says.

    A feed of two lists has the tags of both, and else what is said of the first. A login is the list's alone.
    """
    lists = [source for source in settings.sources if source.opml]
    if not lists:
        return settings
    origins: dict[str, Source] = {}  # by the key of a feed's address, the first list that names it
    outlines: list[Outline] = []
    for listing in lists:
        for outline in store.lists.of(listing.id):
            origins.setdefault(key_of(outline.url), listing)
            outlines.append(replace(outline, tags=tuple(dict.fromkeys(listing.tags + outline.tags))))
    there = {key_of(source.url): source.id for source in settings.sources if source.url}
    ids = {source.id for source in settings.sources}
    found = (_source(outline, origins[key_of(outline.url)]) for outline in sift(outlines, there).added)
    return replace(settings, sources=(*settings.sources, *_others(found, ids)))


def _others(sources: Iterator[Source], ids: set[str]) -> Iterator[Source]:
    """Leave out what has the id of another by chance or by the operator's will."""
    for source in sources:
        if source.id not in ids:
            ids.add(source.id)
            yield source


def _source(outline: Outline, listing: Source) -> Source:
    source = replace(
        listing,
        opml="",
        url=outline.url,
        name=outline.name,
        tags=outline.tags,
        every=None,
        login_file="",
        authorization="",
    )
    return replace(source, id=source_id(source))
