"""Vouch for an entry field by field: each is what its name says, or empty."""

import re
from dataclasses import replace

from aggregator.model import Enclosure, Link, Origin, Person
from aggregator.text import has_markup, is_language, one_line, plain_text
from aggregator.urls import MOST_CHARACTERS, absolute, is_iri

MOST_TITLE = 1000  # characters
MOST_PEOPLE = 20
MOST_EMAIL = 320  # characters
MOST_CATEGORIES = 50
MOST_ENCLOSURES = 20
MOST_LINKS = 20

LINKS = frozenset(("related", "via", "replies", "license", "payment"))  # relations that pass through

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


def as_line(text: str) -> str:
    return one_line(plain_text(text) if has_markup(text) else text)[:MOST_TITLE]


def as_people(given: tuple[Person, ...]) -> tuple[Person, ...]:
    vouched = (
        Person(
            name=as_line(person.name), email=one_line(person.email)[:MOST_EMAIL], url=as_http("", person.url)
        )
        for person in given[:MOST_PEOPLE]
    )
    return tuple(person for person in dict.fromkeys(vouched) if person != Person())


def as_categories(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(as_line, given))))[:MOST_CATEGORIES]


def as_enclosures(given: tuple[Enclosure, ...], base: str) -> tuple[Enclosure, ...]:
    vouched = (
        replace(
            enclosure,
            url=as_http(base, enclosure.url),
            media_type=as_media_type(enclosure.media_type),
            title=as_line(enclosure.title),
            language=as_language(enclosure.language),
        )
        for enclosure in given
    )
    found = {enclosure.url: enclosure for enclosure in vouched if enclosure.url}
    return tuple(found.values())[:MOST_ENCLOSURES]


def as_links(given: tuple[Link, ...], base: str) -> tuple[Link, ...]:
    """Keep links of the relations that pass through, each target once."""
    vouched = (
        Link(
            rel=link.rel,
            url=as_http(base, link.url),
            media_type=as_media_type(link.media_type),
            title=as_line(link.title),
            language=as_language(link.language),
        )
        for link in given
        if link.rel in LINKS
    )
    found = {(link.rel, link.url): link for link in vouched if link.url}
    return tuple(found.values())[:MOST_LINKS]


def as_origin(given: Origin | None) -> Origin | None:
    if given is None:
        return None
    return replace(
        given,
        title=as_line(given.title),
        subtitle=as_line(given.subtitle),
        rights=as_line(given.rights),
        url=as_http("", given.url),
        feed_url=as_http("", given.feed_url),
        icon=as_http("", given.icon),
        id=as_id(given.id),
        authors=as_people(given.authors),
    )


def as_id(written: str) -> str:
    """Return an id that is an IRI in full, and no other."""
    return written if len(written) <= MOST_CHARACTERS and is_iri(written) else ""


def as_media_type(written: str) -> str:
    found = one_line(written).partition(";")[0].strip().lower()
    return found if _MEDIA_TYPE.fullmatch(found) else ""


def as_http(base: str, address: str) -> str:
    address = absolute(base, address)
    return address if address.startswith(("http://", "https://")) else ""


def as_language(tag: str) -> str:
    tag = tag.strip().replace("_", "-")
    return tag if is_language(tag) else ""
