"""The pages of entries whose feeds give teasers only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """What a page says, without what stands around it."""

    html: str  # sanitized, addresses absolute
    text: str  # plain


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWish:
    """A page that is to be asked for."""

    entry_id: str  # of one of the entries that it is the page of
    source_id: str
    url: str
    origin: str
    attempts: int = 0  # so far


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTally:
    """What became of a source's pages."""

    source_id: str
    brought: int = 0
    waiting: int = 0
    refused: tuple[tuple[str, int], ...] = ()  # why not, and how many; the most frequent first
