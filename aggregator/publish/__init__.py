"""Stories to bytes: one module per format, each a pure function of an edition and the site.

Equal editions give equal bytes: no clock, no randomness, no order that is not stated. Every format carries
the same items in the same order, with the same ids, dates and links, and the same coverage lists.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aggregator.model import Edition
from aggregator.publish.atom import render_atom
from aggregator.publish.html import render_river, render_sources, render_story
from aggregator.publish.jsonfeed import render_jsonfeed
from aggregator.publish.rss import render_rss
from aggregator.publish.spelling import spelt
from aggregator.settings import Site


@dataclass(frozen=True, slots=True)
class Format:
    """One way to publish an edition."""

    file: str
    media_type: str
    render: Callable[[Edition, Site], bytes]


FORMATS: dict[str, Format] = {
    "atom": Format("atom.xml", "application/atom+xml", render_atom),
    "rss": Format("rss.xml", "application/rss+xml", render_rss),
    "json": Format("feed.json", "application/feed+json", render_jsonfeed),
    "html": Format("index.html", "text/html", render_river),
    "sources": Format("index.html", "text/html", render_sources),
    "story": Format("index.html", "text/html", render_story),
}


def render(edition: Edition, site: Site, *formats: str) -> dict[str, bytes]:
    """Render an edition in some formats, by the names of their files below the site."""
    chosen, edition = (FORMATS[name] for name in formats), spelt(edition)
    return {f"{edition.folder}{format_.file}": format_.render(edition, site) for format_ in chosen}
