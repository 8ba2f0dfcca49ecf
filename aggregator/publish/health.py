"""The health feed: what became of sources, for whoever runs the site."""

from collections.abc import Iterable, Mapping

from aggregator.ids import mint
from aggregator.model import SourceEvent, SourceState
from aggregator.publish.content import long_date, rfc3339
from aggregator.publish.extensions import inside, joined, new_entry, new_feed
from aggregator.publish.standing import cause_words
from aggregator.settings import Site

FILE = "status.atom"

_HEADLINES = {
    "fails": "{title} fails: {detail}",
    "moved": "{title} moved to {detail}",
    "silent": "{title} is silent",
    "well": "{title} is well again",
}
_ADVICE = {
    "fails": "It was asked several times in a row; it is asked again, more and more seldom.",
    "moved": "It answers with a permanent redirect; change its address in feeds.yaml.",
    "silent": "It answers, but tells nothing new since {detail}.",
    "well": "It answers again.",
}
_BRIEFLY = {
    "fails": "It fails: {detail}.",
    "moved": "It moved to {detail}.",
    "silent": "Nothing new since {detail}.",
    "well": "It is well again.",
}


def became(event: SourceEvent) -> str:
    """Say what became of a source, on its own page."""
    return _BRIEFLY[event.kind].format(detail=cause_words(event.detail))


def render_health(
    events: Iterable[SourceEvent], sources: Mapping[str, SourceState], site: Site, *, under: str
) -> bytes:
    """Render what was told of sources, the newest first, as an Atom feed.

    Args:
        under: what ids are minted under.
    """
    told = [event for event in events if event.source_id in sources]
    feed = new_feed()
    feed.id(mint(under, "feed", "status"))
    feed.title(f"{site.title}: health of the sources")
    feed.author(name=site.author or site.title)
    feed.generator("aggregator")
    feed.language("en")
    feed.link(href=f"{site.url}{FILE}", rel="self", type="application/atom+xml")
    feed.link(href=f"{site.url}sources/", rel="alternate", type="text/html")
    feed.updated(told[0].at if told else "2000-01-01T00:00:00Z")
    head: bytes = feed.atom_str(pretty=True).replace(b"+00:00</updated>", b"Z</updated>")
    entries = (_entry(event, sources[event.source_id], site, under) for event in told)
    return joined(head, entries, b"</feed>")


def _entry(event: SourceEvent, source: SourceState, site: Site, under: str) -> bytes:
    entry = new_entry()
    words = {"title": source.title, "detail": cause_words(event.detail)}
    entry.id(mint(under, "status", f"{event.source_id}/{event.seq}"))
    entry.title(_HEADLINES[event.kind].format(**words))
    entry.updated(event.at)
    entry.link(href=f"{site.url}sources/#source-{source.id}")
    entry.content(f"{_ADVICE[event.kind].format(**words)} ({long_date(event.at)})", type="text")
    element = entry.atom_entry()
    element.find("updated").text = rfc3339(event.at)
    return inside(element, {})
