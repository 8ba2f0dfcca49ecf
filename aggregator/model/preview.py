"""A feed that is looked at before it is a source."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.entries import Harvest
from aggregator.model.fetching import Offer
from aggregator.model.sources import Arrival
from aggregator.model.stories import Brief


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is at an address: a feed, several that a page offers, or neither."""

    url: str  # of the feed, all that is permanent followed
    harvest: Harvest  # as of the source that it would be; failed where it is no feed
    offers: tuple[Offer, ...] = ()  # to choose from


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a feed says about publishing it again; nothing is what most say."""

    statements: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()  # addresses
    is_reserved: bool = False  # a statement forbids it, or some of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """Where an entry would be placed."""

    arrival: Arrival
    kind: str  # "copies", "joins"; "alone"
    near: Brief | None = None  # the stored entry that it copies, or whose story it joins


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a source would be."""

    title: str
    arrivals: tuple[Arrival, ...]  # newest first
    next_due: datetime  # UTC
    because: str  # why then
    rights: Rights
    landings: tuple[Landing, ...] = ()  # newest first; empty where nothing is stored yet
