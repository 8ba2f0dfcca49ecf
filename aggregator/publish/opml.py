"""OPML 2.0 of the sources (opml.org/spec2.opml), grouped by their first tag."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from aggregator.model import SourceState
from aggregator.settings import Site
from aggregator.text import is_language
from aggregator.urls import as_iri

FILE = "sources.opml"
MOST_KEPT = 20_000  # outlines, some 300 bytes each


def render_opml(sources: Iterable[SourceState], site: Site, *, modified: datetime | None = None) -> bytes:
    """Render the feeds among the sources; local files are nobody else's to subscribe to."""
    groups: defaultdict[str, list[SourceState]] = defaultdict(list)
    for source in sources:
        if source.kind == "http":
            groups[source.tags[0] if source.tags else ""].append(source)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', "<head>"]
    lines.append(f"<title>{escape(site.title)}</title>")
    if modified:
        lines.append(f"<dateModified>{format_datetime(modified, usegmt=True)}</dateModified>")
    lines += [f"<ownerName>{escape(site.author)}</ownerName>"] if site.author else []
    lines += ["<docs>http://opml.org/spec2.opml</docs>", "</head>", "<body>"]
    for tag in sorted(groups):
        if tag:
            lines.append(f"<outline text={quoteattr(tag)} title={quoteattr(tag)}>")
        lines += [
            _outline(s.title, s.address, s.feed.url, s.feed.subtitle, s.feed.language, s.tags)
            for s in groups[tag]
        ]
        if tag:
            lines.append("</outline>")
    if not groups:
        lines.append('<outline text="No feeds"/>')  # a body holds one outline or more
    lines += ["</body>", "</opml>", ""]
    return "\n".join(lines).encode()


@lru_cache(MOST_KEPT)
def _outline(title: str, address: str, url: str, subtitle: str, language: str, tags: tuple[str, ...]) -> str:
    attributes = {
        "text": title,
        "title": title,
        "type": "rss",
        "xmlUrl": as_iri(address),
        "htmlUrl": url if url.startswith(("http://", "https://")) else "",
        "description": subtitle,
        "language": language if is_language(language) else "",
        "category": ",".join(tags),
    }
    return (
        f"<outline {' '.join(f'{name}={quoteattr(value)}' for name, value in attributes.items() if value)}/>"
    )
