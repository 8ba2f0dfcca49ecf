"""Addresses of strangers, spelt as the formats demand.

What a source gives is kept and followed as it stands; a document may hold only IRIs (RFC 3987). So characters
that none may hold are escaped here, once for every format, and ids are never touched.
"""

from dataclasses import replace
from typing import Any, TypeVar

from aggregator.model import Coverage, Edition, Enclosure, Entry, Item, Link, Origin, Person, SourceCard
from aggregator.publish.kept import kept
from aggregator.urls import as_iri

T = TypeVar("T", Item, Entry, Coverage, Enclosure, Link, Origin, Person, SourceCard)


def spelt(edition: Edition) -> Edition:
    """Return an edition all of whose addresses are IRIs."""
    return replace(
        edition,
        items=tuple(_respelt(item) or item for item in edition.items),
        tombstones=tuple(replace(stone, source=_card(stone.source)) for stone in edition.tombstones),
    )


@kept
def _respelt(item: Item) -> Item | None:
    """Return an item all of whose addresses are IRIs; none if it is one already, as most are."""
    entry = item.entry
    spelt = _with(
        item,
        entry=_with(
            entry,
            url=as_iri(entry.url),
            comments=as_iri(entry.comments),
            authors=_people(entry.authors),
            contributors=_people(entry.contributors),
            links=tuple(_with(link, url=as_iri(link.url)) for link in entry.links),
            enclosures=tuple(_enclosure(enclosure) for enclosure in entry.enclosures),
            origin=_origin(entry.origin),
        ),
        source=_card(item.source),
        attribution_url=as_iri(item.attribution_url),
        also_in=_lines(item.also_in),
        more_recent=_lines(item.more_recent),
        earlier=_lines(item.earlier),
    )
    return None if spelt is item else spelt


def _lines(coverage: tuple[Coverage, ...]) -> tuple[Coverage, ...]:
    return tuple(_with(line, url=as_iri(line.url), also_in=_lines(line.also_in)) for line in coverage)


def _people(people: tuple[Person, ...]) -> tuple[Person, ...]:
    return tuple(_with(person, url=as_iri(person.url)) for person in people)


def _enclosure(enclosure: Enclosure) -> Enclosure:
    return _with(enclosure, url=as_iri(enclosure.url))


def _origin(origin: Origin | None) -> Origin | None:
    return origin and _with(
        origin,
        url=as_iri(origin.url),
        feed_url=as_iri(origin.feed_url),
        icon=as_iri(origin.icon),
        authors=_people(origin.authors),
    )


def _card(card: SourceCard) -> SourceCard:
    return _with(
        card,
        url=as_iri(card.url),
        feed_url=as_iri(card.feed_url),
        icon=as_iri(card.icon),
        license=as_iri(card.license),
        authors=_people(card.authors),
    )


def _with(thing: T, **values: Any) -> T:
    """Return a thing with other values: itself where they are no others."""
    is_same = all(getattr(thing, name) == value for name, value in values.items())
    return thing if is_same else replace(thing, **values)
