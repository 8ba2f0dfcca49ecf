"""Going out again: stories as readers get them."""

from dataclasses import dataclass
from datetime import date, datetime

from aggregator.model.entries import Entry, FeedInfo, Person
from aggregator.model.sources import SourceEvent, SourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One entry as others may point to it."""

    entry_id: str
    story_id: str
    title: str
    url: str
    outlet: str
    date: datetime  # UTC
    language: str = ""
    copy_of: str = ""  # an entry id
    source_id: str = ""
    priority: int = 0  # of its source
    is_relayed: bool = False  # its source says that it comes from elsewhere, or links to another site
    is_article: bool = False
    has_full_text: bool = False
    score: float = 1.0  # how near it is, where that was measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One line of a coverage list."""

    title: str
    url: str
    outlet: str
    date: datetime  # UTC
    relation: str  # "event": tells of the same; "subject": of something like it; "copy": carries it
    language: str = ""
    entry_id: str = ""
    also_in: tuple["Coverage", ...] = ()  # who carries the same text; told on the story's own page only


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The coverage that an item's feeds show, and how often that changed."""

    versions: int = 1
    first: datetime  # UTC, of the first version
    since: datetime  # UTC, of this one
    more_recent: tuple[Coverage, ...] = ()
    earlier: tuple[Coverage, ...] = ()
    also_in: tuple[Coverage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What an output tells anew of a story, once more outlets have joined it; it never changes."""

    lead_id: str  # an entry
    number: int  # from 1; 0 is when the story itself went out
    guid: str = ""
    at: datetime  # UTC
    outlets: tuple[str, ...] = ()  # that have joined since the one before
    title: str = ""  # of the lead, then
    url: str = ""
    lines: tuple[Coverage, ...] = ()  # newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCard:
    """What a published entry says of the source that carried it."""

    id: str
    title: str
    url: str = ""
    feed_url: str = ""
    feed_id: str = ""
    subtitle: str = ""
    icon: str = ""
    license: str = ""
    rights: str = ""
    categories: tuple[str, ...] = ()
    authors: tuple[Person, ...] = ()
    has_page: bool = True  # it is configured

    @classmethod
    def of(
        cls, feed: FeedInfo, *, source_id: str, kind: str, address: str, name: str, is_configured: bool
    ) -> "SourceCard":
        """Make the card of a source from what its feed says of itself, and what else is known of it.

        Args:
            name: the operator's; may be empty.
        """
        return cls(
            id=source_id,
            title=name or feed.title or source_id,
            url=feed.url,
            feed_url=feed.feed_url or (address if kind == "http" else ""),
            feed_id=feed.id,
            subtitle=feed.subtitle,
            icon=feed.icon,
            license=feed.license,
            rights=feed.rights,
            categories=feed.categories,
            authors=feed.authors,
            has_page=is_configured,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRecord:
    """All that the store knows of one story, for publishing."""

    id: str
    guid: str  # of the lead
    lead: Entry
    source: SourceCard  # of the lead
    date: datetime  # of the lead
    updated: datetime
    tags: tuple[str, ...] = ()  # of the sources of all members
    members: tuple[Telling, ...] = ()  # the lead included
    related: tuple[Telling, ...] = ()  # of other stories about the same subject
    attribution_url: str = ""
    is_full_text: bool = False
    has_page: bool = True  # some output has carried it


@dataclass(frozen=True, slots=True, weakref_slot=True, kw_only=True)
class Item:
    """One story as published: its lead entry and what others told."""

    guid: str  # never changes
    story_id: str
    entry: Entry
    source: SourceCard
    outlet: str
    date: datetime  # UTC; never changes
    updated: datetime  # UTC, of the latest change that the source made and a reader would notice
    attribution_url: str = ""
    also_in: tuple[Coverage, ...] = ()  # other carriers of the same text
    more_recent: tuple[Coverage, ...] = ()  # newest first
    earlier: tuple[Coverage, ...] = ()  # newest first
    outlets: int = 1  # how many tell of the event
    tags: tuple[str, ...] = ()
    is_full_text: bool = False
    follow_up: int = 0  # its number, where it is one: then it is our own, and `source` says nothing
    has_page: bool = True  # its story has a page of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNote:
    """How a source is, for a list."""

    id: str
    title: str
    kind: str  # "well", "partly", "failing", "stopped", "paused", "new"
    word: str
    is_ailing: bool
    address: str = ""  # of its feed; empty where it has none
    tags: tuple[str, ...] = ()
    newest: datetime | None = None  # UTC, of its entries


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePage:
    """What stands on the page of a source besides its newest entries."""

    state: SourceState
    days: tuple[tuple[date, int], ...] = ()  # UTC, how many entries it dated to each of its last days
    events: tuple[SourceEvent, ...] = ()  # what became of it, newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """An id that is published no more (RFC 6721)."""

    ref: str
    when: datetime  # UTC
    source: SourceCard  # where it came from


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One output at one moment: all that a renderer may know. Equal editions give equal bytes."""

    folder: str  # below the site's address: "" for the combined one, else "tag/music/" and the like
    id: str  # IRI, never changes
    title: str
    heading: str = ""  # of its page, below the site's name
    subtitle: str = ""
    items: tuple[Item, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()  # latest first
    tags: tuple[str, ...] = ()  # that have editions of their own
    updated: datetime  # UTC
    ttl_minutes: int = 0  # how long it may be kept; 0: it is not said
    is_archive: bool = False  # a part of the past that will not change (RFC 5005, 4)
    is_complete: bool = False  # what it does not hold is no part of it any more (RFC 5005, 2)
    history: tuple[tuple[str, str], ...] = ()  # relation and file below the site: "prev-archive" and the like
    formats: tuple[str, ...] = ("atom", "rss", "json", "html")  # in which it goes out
    outputs: tuple[tuple[str, str], ...] = ()  # title and folder of others that pages lead to
    hubs: tuple[str, ...] = ()  # that are told when it changes (WebSub)
    sources: tuple[SourceNote, ...] = ()  # that its page lists
    query: str = ""  # "?q=bridge", of one that is made when asked for
