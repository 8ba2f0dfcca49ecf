"""Find stories by their words, for whoever asks: as a page, or as a feed that goes on finding."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from aggregator.errors import QueryError
from aggregator.ids import mint
from aggregator.model import Edition, Item
from aggregator.pipeline.editions import NEVER
from aggregator.pipeline.following import followed
from aggregator.publish import FORMATS, render
from aggregator.publish.html import LONGEST_QUERY, render_search
from aggregator.publish.outputs import all_outputs
from aggregator.publish.spelling import spelt
from aggregator.publish.titles import Titles
from aggregator.settings import Settings
from aggregator.store import Store
from aggregator.stories.coverage import arrange
from aggregator.text import one_line, words

FOLDER = "search/"
MOST_FOUND = 50  # stories
MOST_LOOKED_AT = 2000  # entries that have the words, the newest
MOST_WORDS = 30
MOST_STEPS = 20_000_000  # of SQLite's machine, about a second

_EMPTY = "Say what to look for: atom.xml?q=bridge"
_NO_WORD = "There is no word in that. Try one that stands in a headline."
_NOTHING = "Nothing was found. Try fewer words, other words, or the beginning of one with a star: bridg*"
_FEEDS = {FORMATS[name].file: name for name in ("atom", "rss", "json")}


def search(store: Store, settings: Settings, query: str, *, file: str) -> tuple[bytes, bool]:
    """Return what is found in the form of a file, and whether it is; of a feed that is not, say why.

    Args:
        file: "index.html", "atom.xml", "rss.xml" or "feed.json".
    Raises: StoreError when the search takes too long.
    """
    query = one_line(query)
    wrong = _wrong(query)
    if file in _FEEDS and (wrong or not query):
        return f"{wrong or _EMPTY}\n".encode(), False
    with store.bounded(MOST_STEPS):
        items = () if wrong or not query else find(store, settings, query)
    edition = _edition(store, settings, query[:LONGEST_QUERY], items)
    if file in _FEEDS:
        (body,) = render(edition, settings.site, _FEEDS[file]).values()
        return body, True
    advice = wrong or (_NOTHING if query and not items else "")
    return render_search(spelt(edition), settings.site, query=query[:LONGEST_QUERY], advice=advice), True


def _wrong(query: str) -> str:
    """Say what is wrong with a query; empty where nothing is."""
    if len(query) > LONGEST_QUERY:
        return f"That is long: a search takes up to {LONGEST_QUERY} characters."
    found = words(query)
    if len(found) > MOST_WORDS:
        return f"That is a lot: a search takes up to {MOST_WORDS} words."
    if query and not found:
        return _NO_WORD
    return ""


def find(
    store: Store,
    settings: Settings,
    query: str,
    *,
    sources: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    is_oldest_first: bool = False,
    limit: int = MOST_FOUND,
    most: int = MOST_LOOKED_AT,
) -> tuple[Item, ...]:
    """Return the stories that have the words, of those that the combined feed may carry, newest first.

    Args:
        sources: only what one of these told of, in these words.
        since, until: dates of stories, the first included, the second not.
        most: entries that are looked at, those that came in last.
    Raises: QueryError when there is nothing to look for.
    """
    query = one_line(query)
    if wrong := _wrong(query) or ("" if query else _NO_WORD):
        raise QueryError(wrong)
    combined, *_ = all_outputs(settings.outputs, ())
    if sources:
        both = [name for name in sources if not combined.sources or name in combined.sources]
        combined = replace(combined, sources=tuple(both) or ("",))
    found = store.shelf.found(
        query,
        combined,
        limit=limit,
        most=most,
        since=since,
        until=until,
        is_oldest_first=is_oldest_first,
    )
    records = (store.shelf.record(story_id) for story_id in found)
    shown = map(Titles(followed(store, settings).sources).shown, records)
    return tuple(arrange(record, limit=settings.publish.coverage) for record in shown)


def _edition(store: Store, settings: Settings, query: str, items: tuple[Item, ...]) -> Edition:
    site, spelling = settings.site, quote(query, safe="", errors="replace")
    return Edition(
        folder=FOLDER,
        id=mint(store.recall("authority") or "urn:uuid:", "feed", f"search/{spelling}"),
        title=f"{site.title}: {query}" if query else f"{site.title}: search",
        items=items,
        updated=max((item.updated for item in items), default=NEVER),
        query=f"?q={spelling}" if query else "",
    )
