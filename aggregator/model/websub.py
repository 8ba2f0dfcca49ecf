"""Being pushed, and pushing: what is agreed with hubs (WebSub, W3C Recommendation of 23 January 2018)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

State = Literal["asked", "live", "ending", "denied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What only a hub and we know."""

    token: str = field(repr=False)  # the end of the address at which it reaches us
    secret: str = field(repr=False)  # by which it signs what it brings


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """By whom a source wants to be pushed."""

    source_id: str
    topic: str
    hubs: tuple[str, ...]  # the one to be asked first comes first
    at_home: frozenset[str] = frozenset()  # those that may be in a private network


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What is agreed with a hub about a source, or is to be. One a source is live; another may follow it."""

    keys: Keys
    source_id: str
    hub: str
    topic: str
    callback: str = field(repr=False)  # where the hub reaches us: an address that ends with the token
    allow_private: bool = False
    state: State = "asked"
    lease_until: datetime | None = None  # UTC, as the hub granted it
    next_attempt: datetime  # UTC; of a live one: when it is to be followed by another
    attempts: int = 0  # to be verified, in a row
    trouble: str = ""  # why it is none, for people
    is_doubted: bool = False  # something was missed: the source is asked as if there were no hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a hub told us under a token."""

    token: str = field(repr=False)
    kind: Literal["verified", "left", "denied", "pushed"]
    at: datetime  # UTC
    lease_seconds: int = 0  # of one verified; 0: it did not say
    reason: str = ""  # of one denied
    body: bytes = field(default=b"", repr=False)  # of one pushed, its signature right
    media_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What people are told of a source's subscription."""

    hub: str
    until: datetime | None = None  # UTC; None: it is not live
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """A feed of ours that a hub is to be told of."""

    hub: str
    topic: str
    digest: str  # of the bytes that are visible
