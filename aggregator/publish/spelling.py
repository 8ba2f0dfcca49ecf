"""Addresses of strangers, spelt as the formats demand.

What a source gives is kept and followed as it stands; a document may hold only IRIs (RFC 3987). So characters
that none may hold are escaped here, once for every format, and ids are never touched.
"""

from dataclasses import replace

from aggregator.model import Coverage, Edition, Enclosure, Item, Origin, Person, SourceCard
from aggregator.publish.kept import kept
from aggregator.urls import as_iri


def spelt(edition: Edition) -> Edition:
    """Return an edition all of whose addresses are IRIs."""
    return replace(
        edition,
        items=tuple(map(_item, edition.items)),
        tombstones=tuple(replace(stone, source=_card(stone.source)) for stone in edition.tombstones),
    )


@kept
def _item(item: Item) -> Item:
    entry = item.entry
    return replace(
        item,
        entry=replace(
            entry,
            url=as_iri(entry.url),
            comments=as_iri(entry.comments),
            authors=_people(entry.authors),
            contributors=_people(entry.contributors),
            links=tuple(replace(link, url=as_iri(link.url)) for link in entry.links),
            enclosures=tuple(_enclosure(enclosure) for enclosure in entry.enclosures),
            origin=_origin(entry.origin),
        ),
        source=_card(item.source),
        attribution_url=as_iri(item.attribution_url),
        also_in=_lines(item.also_in),
        more_recent=_lines(item.more_recent),
        earlier=_lines(item.earlier),
    )


def _lines(coverage: tuple[Coverage, ...]) -> tuple[Coverage, ...]:
    return tuple(replace(line, url=as_iri(line.url), also_in=_lines(line.also_in)) for line in coverage)


def _people(people: tuple[Person, ...]) -> tuple[Person, ...]:
    return tuple(replace(person, url=as_iri(person.url)) for person in people)


def _enclosure(enclosure: Enclosure) -> Enclosure:
    return replace(enclosure, url=as_iri(enclosure.url))


def _origin(origin: Origin | None) -> Origin | None:
    return origin and replace(
        origin,
        url=as_iri(origin.url),
        feed_url=as_iri(origin.feed_url),
        icon=as_iri(origin.icon),
        authors=_people(origin.authors),
    )


def _card(card: SourceCard) -> SourceCard:
    return replace(
        card,
        url=as_iri(card.url),
        feed_url=as_iri(card.feed_url),
        icon=as_iri(card.icon),
        license=as_iri(card.license),
        authors=_people(card.authors),
    )
