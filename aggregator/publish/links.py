"""Whose an item is and what it points to: the same in every format."""

from collections.abc import Iterator

from aggregator.model import Coverage, Extra, Item, Link, SourceCard
from aggregator.urls import is_fetchable

MOST_RELATED = 10  # of coverage, in the markup


def source_of(item: Item) -> SourceCard:
    """Return the feed an entry first appeared in: the one it names, else the one that carried it.

    What a planet says of the feed it took an entry from is passed on, neither nested nor replaced
    (RFC 4287, 4.2.11).
    """
    origin = item.entry.origin
    if origin is None or not (origin.title or origin.id or origin.feed_url):
        return item.source
    return SourceCard(
        id=f"{item.source.id}/{origin.title or origin.id or origin.feed_url}",
        title=origin.title or origin.url or origin.feed_url or item.source.title,
        url=origin.url,
        feed_url=origin.feed_url,
        feed_id=origin.id,
        subtitle=origin.subtitle,
        icon=origin.icon,
        rights=origin.rights,
        authors=origin.authors,
    )


def markup_links(item: Item) -> tuple[Link, ...]:
    """Return what goes out as links besides the headline and the enclosures, coverage first.

    The first related link matters most: a reader that shows but one shows that (NetNewsWire).
    """
    found = [_related(coverage) for coverage in item.more_recent + item.earlier][:MOST_RELATED]
    found += [*_via(item), *item.entry.links]
    return tuple({(link.rel, link.url): link for link in reversed(found)}.values())[::-1]


def own_links(item: Item) -> tuple[Link, ...]:
    """Return the links that are no coverage."""
    covered = {("related", coverage.url) for coverage in item.more_recent + item.earlier}
    return tuple(link for link in markup_links(item) if (link.rel, link.url) not in covered)


def picture_of(item: Item) -> str:
    """Return the address of the picture that an item brings, where it brings one."""
    for extra in _flat(item.entry.extras):
        given = dict(extra.attributes)
        if extra.name == "media:thumbnail":
            return given["url"]
        if extra.name == "itunes:image":
            return given["href"]
        if extra.name == "media:content" and "image" in (given.get("medium"), given.get("type", "")[:5]):
            return given["url"]
    return ""


def _flat(extras: tuple[Extra, ...]) -> Iterator[Extra]:
    for extra in extras:
        yield extra
        yield from _flat(extra.children)


def _related(coverage: Coverage) -> Link:
    return Link(
        rel="related",
        url=coverage.url,
        media_type="text/html",
        title=coverage.title,
        language=coverage.language,
    )


def _via(item: Item) -> Iterator[Link]:
    """Yield where an item is from: what it builds on, who passed it on, what it claims to be."""
    if item.attribution_url and item.entry.attribution:
        title = item.entry.attribution.title
        yield Link(rel="via", url=item.attribution_url, media_type="text/html", title=title)
    if source_of(item) is not item.source and item.source.url.startswith(("http://", "https://")):
        yield Link(rel="via", url=item.source.url, media_type="text/html", title=item.source.title)
    if claimed := item.entry.claimed:
        url = claimed if is_fetchable(claimed) else item.entry.url
        if is_fetchable(url):
            yield Link(rel="via", url=url)
