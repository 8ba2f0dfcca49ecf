"""Which pages to ask for their texts, when again, and whether what came is the text of its entry.

A page is asked for once, right after its entry came in; a failure that may pass is tried again twice. The
entry waits for it a little before it is placed and published, so that readers get the text with it; where it
comes later, the content of the entry changes by it once, and its date of change never. What the feed gave
stays stored beside, and is what copies, stories and changes are judged by.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from aggregator.errors import Cause
from aggregator.model import Arrival, Entry, Harvest
from aggregator.policy.hints import LONGEST_RETRY_AFTER, retry_after
from aggregator.text import ELLIPSIS, is_unspaced, words
from aggregator.urls import is_fetchable

PATIENCE = timedelta(minutes=2)  # that an entry waits for its page
FEWEST_WORDS = 150  # less is a teaser
MOST_AT_FIRST = 5  # pages of a new source: its backlog is not worth a crawl
MOST_AT_ONCE = 20  # of one reading
MOST_A_DAY = 200  # of one host
MOST_ATTEMPTS = 3
RETRY = timedelta(hours=1)  # after a first failure that may pass; six times that after the second
LONGEST_HOLD = timedelta(days=1)  # of a host
LONGEST_PAUSE = LONGEST_RETRY_AFTER + 7 * RETRY  # between two attempts

FEWEST_SHARED = 0.3  # of the words that a headline and a teaser tell by: right texts had more, walls have few
MORE = 1.2  # times the words of a teaser, at least

_PASSING = frozenset({Cause.DNS, Cause.CONNECT, Cause.TLS, Cause.TIMEOUT, Cause.PROTOCOL})
_TAIL = 80  # characters at the end, with room for "… Continue reading" and a headline


def is_teaser(entry: Entry) -> bool:
    """Say whether a feed gives less of an entry than its page may: it breaks off, or is short."""
    end = entry.text[-_TAIL:]
    return ELLIPSIS in end or "..." in end or len(words(entry.text)) < FEWEST_WORDS


def wanted(arrivals: Collection[Arrival], *, is_first: bool) -> tuple[Entry, ...]:
    """Return the new entries whose pages are to be asked for, the newest first.

    Args:
        is_first: whether these are the first that the source gave.
    """
    pages = Counter(arrival.entry.url for arrival in arrivals)  # several entries with one are no page's
    found = [a for a in arrivals if is_fetchable(a.entry.url) and pages[a.entry.url] == 1]
    found = [arrival for arrival in found if is_teaser(arrival.entry)]
    found.sort(key=lambda arrival: arrival.date, reverse=True)
    return tuple(arrival.entry for arrival in found[: MOST_AT_FIRST if is_first else MOST_AT_ONCE])


def unfit(text: str, *, title: str, teaser: str) -> str:
    """Say why the text of a page is not the text of its entry; nothing where it is.

    A wall that asks for consent, a login or a subscription, and a home page, tell of something else.
    """
    found = words(text)
    if len(found) < MORE * len(words(teaser)):
        return "it says no more than the feed"
    telling = {word for word in words(f"{title} {teaser}") if len(word) > 3 or is_unspaced(word)}
    if telling and len(telling & set(found)) < FEWEST_SHARED * len(telling):
        return "it tells of something else than the entry"
    return ""


def page_again(harvest: Harvest, attempts: int, *, now: datetime, jitter: float) -> datetime | None:
    """Return when to ask again for a page that did not come; None: never.

    Args:
        attempts: so far, at least one.
        jitter: 0 to 1, how much of what may be added to a pause is added.
    """
    trouble = harvest.troubles[0]
    is_passing = trouble.cause in _PASSING or trouble.status == 429 or trouble.status >= 500
    if not is_passing or attempts >= MOST_ATTEMPTS:
        return None
    pause = RETRY if attempts == 1 else 6 * RETRY
    return now + max(pause * (1 + 0.2 * jitter), retry_after(harvest.hints, now=now))


def page_host_hold(harvest: Harvest, *, now: datetime) -> timedelta:
    """Return how long no page of a host is asked for that has had enough, or is in trouble, as it says."""
    if harvest.status == 429 or harvest.status >= 500:
        return min(max(retry_after(harvest.hints, now=now), RETRY), LONGEST_HOLD)
    return timedelta(0)
