"""A raw entry becomes an entry we vouch for: known by keys, addressed absolutely, dated in UTC, safe to show.

Every field of every format passes here, and `sanitize` comes last. What is known already, by key and digest,
is left out before the costly part begins. Whether an entry is new is for `policy` to say, not for this room.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from html import escape

from aggregator.model import Attribution, Document, Entry, FeedInfo, Parsed, RawEntry, RawText
from aggregator.normalize.extras import MOST_SUMMARY_WORDS, extras, steady
from aggregator.normalize.fields import (
    MOST_CATEGORIES,
    MOST_ENCLOSURES,
    MOST_PEOPLE,
    MOST_TITLE,
    as_categories,
    as_enclosures,
    as_http,
    as_id,
    as_language,
    as_line,
    as_links,
    as_origin,
    as_people,
)
from aggregator.sanitize import is_too_much, sanitize_html
from aggregator.text import excerpt, fold, has_markup, one_line, plain_text, without_controls
from aggregator.urls import MOST_CHARACTERS, absolute, canonical

VERSION = 2  # goes into every digest: raise it, and all that is still in the feeds is read anew

MOST_ENTRIES = 2000  # of one document; the newest stay
MOST_TEXT = 4000  # characters of plain text kept for finding copies and stories
MOST_HUBS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalized:
    """The entries of one document that need a second look, and the keys of all there were."""

    entries: tuple[Entry, ...]
    present: Mapping[str, str]  # strongest key → digest
    dropped: int = 0  # entries beyond `MOST_ENTRIES`
    cuts: Mapping[str, int] = field(default_factory=dict)  # what was cut short → how many of them


def normalize(parsed: Parsed, document: Document, *, source_id: str, known: Mapping[str, str]) -> Normalized:
    """Vouch for the entries of a document.

    Args:
        known: strongest key → digest at the last reading; entries with an equal digest are left out.
    Returns: the others in the order of the document, and what was cut off.
    """
    kept = _newest(tuple(map(_writable, parsed.entries)))
    is_article = parsed.version == "article"
    base = document.address or parsed.feed.feed_url or parsed.feed.url
    entries, present, cuts = list[Entry](), dict[str, str](), Counter[str]()
    for raw, keys in _with_keys(kept, base, is_article=is_article):
        digest = present[keys[0]] = digest_of(raw, base)
        if known.get(keys[0]) != digest:
            entry = _entry(raw, keys, digest, base=base, source_id=source_id, language=parsed.feed.language)
            entries.append(replace(entry, is_article=True) if is_article else entry)
            cuts.update(_cut_off(raw))
    dropped = len(parsed.entries) - len(kept)
    return Normalized(entries=tuple(entries), present=present, dropped=dropped, cuts=cuts)


def vouch_for(feed: FeedInfo) -> FeedInfo:
    """Bound what a document says of itself; its addresses are http and https alone."""
    return replace(
        feed,
        title=feed.title[:MOST_TITLE],
        subtitle=feed.subtitle[:MOST_TITLE],
        rights=feed.rights[:MOST_TITLE],
        url=as_http("", feed.url),
        feed_url=as_http("", feed.feed_url),
        icon=as_http("", feed.icon),
        id=feed.id if len(feed.id) <= MOST_CHARACTERS else "",
        language=as_language(feed.language),
        authors=as_people(feed.authors),
        hubs=tuple(filter(None, (as_http("", hub) for hub in feed.hubs)))[:MOST_HUBS],
    )


def digest_of(raw: RawEntry, base: str) -> str:
    """Tell two versions of a raw entry apart; the same for ever for the same input and `VERSION`."""
    if (kept := steady(raw.extras)) != raw.extras:
        raw = replace(raw, extras=kept)
    return blake2b(f"{VERSION}\0{base}\0{raw!r}".encode("utf-8", "replace"), digest_size=16).hexdigest()


def entry_id(source_id: str, key: str) -> str:
    """Make the id of an entry from its strongest key in its source."""
    return blake2b(f"{source_id}\0{key}".encode("utf-8", "replace"), digest_size=16).hexdigest()


def _writable(raw: RawEntry) -> RawEntry:
    """Drop from what becomes keys the characters that no store and no document can hold."""
    if f"{raw.id}{raw.link}{raw.permalink}{raw.name}".isascii():
        return raw
    return replace(
        raw,
        id=without_controls(raw.id),
        link=without_controls(raw.link),
        permalink=without_controls(raw.permalink),
        name=without_controls(raw.name),
    )


def _cut_off(raw: RawEntry) -> Iterator[str]:
    """Name what of an entry is beyond the limits."""
    text = raw.content or raw.summary
    if text and text.is_html and is_too_much(text.value):
        yield "texts"
    if raw.title and len(raw.title.value) > MOST_TITLE:
        yield "titles"
    if max(len(raw.link), len(raw.permalink)) > MOST_CHARACTERS:
        yield "addresses"
    if len(raw.enclosures) > MOST_ENCLOSURES:
        yield "lists of enclosures"
    if len(raw.categories) > MOST_CATEGORIES:
        yield "lists of categories"
    if len(raw.authors) > MOST_PEOPLE:
        yield "lists of authors"


def _newest(entries: tuple[RawEntry, ...]) -> tuple[RawEntry, ...]:
    if len(entries) <= MOST_ENTRIES:
        return entries
    kept = {id(raw) for raw in sorted(entries, key=_moment, reverse=True)[:MOST_ENTRIES]}
    return tuple(raw for raw in entries if id(raw) in kept)


# ---------------------------------------------------------------- by what an entry is known again


def _with_keys(
    entries: Iterable[RawEntry], base: str, *, is_article: bool
) -> Iterator[tuple[RawEntry, tuple[str, ...]]]:
    """Pair each entry with its keys, strongest first; versions of one entry come once, the newest.

    Evidence that several entries of one document share tells nothing: some feeds give every item one link,
    some one id. Entries that share all of it are told apart by their text, then by their place from the end.
    """
    told = [(raw, _article_keys(raw) if is_article else _feed_keys(raw, base)) for raw in _once(entries)]
    shared = Counter(key for _, keys in told for key in keys)
    weak: Counter[str] = Counter()
    paired = []
    for raw, keys in reversed(told):
        own = tuple(key for key in keys if shared[key] == 1)
        if not own:
            key = f"all:{_hash(*keys, _body(raw))}"
            weak[key] += 1
            own = (f"{key}#{weak[key]}" if weak[key] > 1 else key,)
        paired.append((raw, own))
    return reversed(paired)


def _once(entries: Iterable[RawEntry]) -> Iterable[RawEntry]:
    """Keep of entries with equal id, link and title the newest (versions: RFC 4287, 4.1.1)."""
    kept: dict[object, RawEntry] = {}
    for number, raw in enumerate(entries):
        title = fold(raw.title.value) if raw.title else ""
        identity = (raw.id, raw.link, title) if raw.id or raw.link else number
        if identity not in kept or _moment(raw) > _moment(kept[identity]):
            kept[identity] = raw
    return kept.values()


def _moment(raw: RawEntry) -> float:
    moment = raw.updated or raw.published
    return moment.timestamp() if moment else 0.0


def _feed_keys(raw: RawEntry, base: str) -> tuple[str, ...]:
    title = fold(raw.title.value[:MOST_TITLE]) if raw.title else ""
    moment = raw.published or raw.updated
    url = canonical(absolute(base, raw.permalink or raw.link))
    keys = [_id_key(raw), f"url:{url}" if url else ""]
    if title and moment:
        keys.append(f"title:{title}|{moment:%Y-%m-%dT%H:%M:%S}")
    keys = [key for key in keys if key]
    return tuple(keys) or (f"text:{_hash(title, _body(raw))}",)


def _id_key(raw: RawEntry) -> str:
    """Return the key of an entry's own id; one that is too long to keep counts by its hash."""
    if len(raw.id) > MOST_CHARACTERS:
        return f"id:#{_hash(raw.id)}"
    return f"id:{raw.id}" if raw.id else ""


def _article_keys(raw: RawEntry) -> tuple[str, ...]:
    title = fold(raw.title.value) if raw.title else ""
    about = f"{fold(raw.attribution.title)}|{raw.attribution.published}" if raw.attribution else ""
    outlet = raw.origin.title if raw.origin else ""
    keys = (
        _id_key(raw),
        f"text:{_hash(outlet, _body(raw))}",
        f"title:{title}|{about}",
        f"file:{raw.name}",
    )
    return tuple(key for key in keys if key)


def _body(raw: RawEntry) -> str:
    text = raw.content or raw.summary
    return fold(plain_text(text.value)) if text else ""


def _hash(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()


# ---------------------------------------------------------------- all of an entry


def _entry(
    raw: RawEntry, keys: tuple[str, ...], digest: str, *, base: str, source_id: str, language: str
) -> Entry:
    html = _html(raw.content or raw.summary, base)
    text = plain_text(html)
    url = absolute(base, raw.permalink or raw.link)
    return Entry(
        id=entry_id(source_id, keys[0]),
        source_id=source_id,
        keys=keys,
        guid=as_id(raw.id),
        url=url,
        title=_title(raw, text, url),
        html=html,
        text=text[:MOST_TEXT],
        summary=_summary(raw, text),
        has_full_text=raw.content is not None,
        published=raw.published,
        updated=raw.updated,
        authors=as_people(raw.authors),
        contributors=as_people(raw.contributors),
        categories=as_categories(raw.categories),
        enclosures=as_enclosures(raw.enclosures, base),
        links=as_links(raw.links, base),
        extras=extras(raw.extras, base),
        comments=as_http(base, raw.comments),
        language=as_language(raw.language) or as_language(language),
        rights=as_line(raw.rights),
        origin=as_origin(raw.origin),
        attribution=_attribution(raw.attribution),
        digest=digest,
    )


def _html(text: RawText | None, base: str) -> str:
    if text is None:
        return ""
    if text.is_html and has_markup(text.value):
        return sanitize_html(text.value, base=absolute(base, text.base) or base)
    lines = (one_line(line) for line in text.value.splitlines())
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines if line)


def _title(raw: RawEntry, text: str, url: str) -> str:
    """Never empty: the headline, else the first words, else what the entry points to."""
    title = raw.title.value if raw.title else ""
    if raw.title and raw.title.is_html and has_markup(title):
        title = plain_text(title)
    title = one_line(title) or one_line(excerpt(text, most_words=12, most_characters=90))
    pointed = url or next((enclosure.url for enclosure in raw.enclosures), "") or raw.id
    return (title or one_line(pointed.rstrip("/").rpartition("/")[2]) or "Untitled")[:MOST_TITLE]


def _summary(raw: RawEntry, text: str) -> str:
    if raw.summary and raw.content:
        own = raw.summary.value
        text = plain_text(own) if raw.summary.is_html else own
    return excerpt(one_line(text), most_words=MOST_SUMMARY_WORDS)


def _attribution(attribution: Attribution | None) -> Attribution | None:
    return attribution and replace(attribution, title=as_line(attribution.title))
