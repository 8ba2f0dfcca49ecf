"""What every format shares: the body of an item with its coverage lists, and how things are worded.

The lists stand in the content because that is the only place every reader shows. They are plain enough to
survive any reader's sanitizer: headings, lists, links.
"""

from collections.abc import Iterable
from datetime import datetime
from html import escape

from aggregator.model import Coverage, Edition, Item, Person
from aggregator.publish.outputs import story_address
from aggregator.settings import Site

MORE_RECENT = "More recent coverage"
EARLIER = "Earlier coverage"
ALSO_IN = "Also in"


_MONTHS = "January February March April May June July August September October November December".split()


def long_date(moment: datetime) -> str:
    """Spell a date as people do, whatever the locale: 3 December 2025."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def rfc3339(moment: datetime) -> str:
    """Spell a moment in UTC as Atom and JSON Feed do, upper-case T and Z (RFC 4287, 3.3)."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def story_url(item: Item, site: Site) -> str:
    """Return where the page of an item's story is; empty where it has none."""
    return story_address(site, item.story_id) if item.has_page else ""


def source_url(source_id: str, site: Site) -> str:
    return f"{site.url}source/{source_id}/"


def edition_url(edition: Edition, site: Site, file: str = "") -> str:
    """Return where a file of an edition is, or without one its page."""
    is_there = file or "html" in edition.formats  # else the site's own page has to do
    return f"{site.url}{edition.folder}{file}{edition.query}" if is_there else site.url


def link_of(item: Item, site: Site) -> str:
    """Return where the headline leads: to the outlet, else to the page of its story, or of its source."""
    return item.entry.url or story_url(item, site) or source_url(item.entry.source_id, site)


def authors_of(item: Item) -> tuple[Person, ...]:
    """Return who wrote it: as it says, else as its source says, else the outlet; never the site."""
    return item.entry.authors or item.source.authors or (Person(name=item.outlet),)


def body_html(item: Item) -> str:
    """Return what the source told, as far as it may be published: all of it, or an excerpt."""
    if item.is_full_text and item.entry.html:
        return item.entry.html
    return f"<p>{escape(item.entry.summary, quote=False)}</p>" if item.entry.summary else ""


def content_html(item: Item, site: Site) -> str:
    """Return the content of an item: body, attribution, coverage lists, and the way to the story's page."""
    parts = [
        body_html(item),
        attribution_html(item),
        _list(MORE_RECENT, item.more_recent),
        _list(EARLIER, item.earlier),
        _also_in(item.also_in),
        f"<p>{_link(story_url(item, site), 'The whole story')}</p>" if item.has_page else "",
    ]
    return "\n".join(part for part in parts if part)


def attribution_html(item: Item) -> str:
    """Return the line that says what a local article builds on; a link once the store knows where."""
    attribution = item.entry.attribution
    if attribution is None:
        return ""
    title = escape(attribution.title, quote=False)
    named = _link(item.attribution_url, title) if item.attribution_url else f"<cite>{title}</cite>"
    day = attribution.published
    return f"<p>Source: {named}{f' ({day.day} {_MONTHS[day.month - 1]} {day.year})' if day else ''}</p>"


def _list(heading: str, coverage: Iterable[Coverage]) -> str:
    lines = "".join(
        f"<li>{_link(c.url, escape(c.title, quote=False))} –"
        f" {escape(c.outlet, quote=False)}, {long_date(c.date)}</li>"
        for c in coverage
    )
    return f"<h3>{heading}</h3>\n<ul>{lines}</ul>" if lines else ""


def _also_in(carriers: Iterable[Coverage]) -> str:
    named = [
        _link(c.url, escape(c.outlet, quote=False)) if c.url else escape(c.outlet, quote=False)
        for c in carriers
    ]
    return f"<p>{ALSO_IN}: {', '.join(named)}</p>" if named else ""


def _link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}">{text}</a>'
