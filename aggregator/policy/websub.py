"""Which hub to subscribe to, when to renew, and whether to rely on it (WebSub).

A hub is believed while its lease lasts, its successor is not in trouble, and no poll finds what it did not
push. Else the source is asked as if there were no hub: what a hub loses is late, never missed.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model import Harvest, Keys, Letter, Pushed, SourceState, Subscription, Wish
from aggregator.model.websub import State
from aggregator.policy.hints import retry_after
from aggregator.urls import is_same_origin, port_of, scheme_of

LONGEST_LEASE = timedelta(days=30)  # believed; a hub that grants more is asked again earlier
UNSAID_LEASE = timedelta(days=1)
RENEWED = (0.5, 0.8)  # of a lease, when to renew it: somewhere between
SOONEST_RENEWAL = timedelta(hours=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(days=1)  # between attempts
AFTER_DENIAL = timedelta(days=7)
MOST_FAREWELLS = 3
FIRST_PING_PAUSE = timedelta(minutes=1)
JITTER = 0.2  # of a pause


def wish_of(state: SourceState, *, allow_private: bool) -> Wish | None:
    """Return by whom a source wants to be pushed; None where nobody offers it.

    Hubs are told a secret, so they are spoken to by https alone, whatever they are called. Only one at home
    is taken as it is: at the source's own origin, in a network that the operator allowed.
    """
    offered = state.feed.hubs
    at_home = frozenset(hub for hub in offered if allow_private and is_same_origin(hub, state.address))
    hubs = tuple(dict.fromkeys(filter(None, (hub if hub in at_home else _secured(hub) for hub in offered))))
    topic = state.feed.topic or state.feed.feed_url or state.place
    return Wish(source_id=state.id, topic=topic, hubs=hubs, at_home=at_home) if hubs else None


def _secured(hub: str) -> str:
    """Return the https address of a hub; empty for one at a port of its own, which speaks no TLS there."""
    if scheme_of(hub) == "https":
        return hub
    return f"https:{hub.partition(':')[2]}" if port_of(hub) == 80 and ":80" not in hub else ""


def tended(
    wish: Wish | None, held: Sequence[Subscription], *, base: str, now: datetime, keys: Callable[[], Keys]
) -> tuple[Subscription, ...]:
    """Return what the subscriptions of a source should be, in place of those there are.

    Args:
        base: the address below which hubs reach us; empty: they do not.
    """
    kept = [s for s in held if base and s.callback.startswith(base)]  # no other can be ended by asking
    kept = [s if _is_wanted(s, wish) else _ended(s, now) for s in kept]
    kept = [s for s in kept if not _is_over(s, now)]
    if not (wish and base):
        return tuple(kept)
    kept = [_tried_elsewhere(s, wish, base=base, now=now, keys=keys) for s in kept]
    is_under_way = any(s.state in ("asked", "denied") for s in kept)
    is_settled = any(s.state == "live" and s.next_attempt > now for s in kept)
    if not (is_under_way or is_settled):
        kept.append(_begun(wish, wish.hubs[0], base=base, now=now, keys=keys()))
    return tuple(kept)


def _begun(wish: Wish, hub: str, *, base: str, now: datetime, keys: Keys) -> Subscription:
    return Subscription(
        keys=keys,
        source_id=wish.source_id,
        hub=hub,
        topic=wish.topic,
        callback=f"{base}{keys.token}",
        allow_private=hub in wish.at_home,
        next_attempt=now,
    )


def _tried_elsewhere(
    s: Subscription, wish: Wish, *, base: str, now: datetime, keys: Callable[[], Keys]
) -> Subscription:
    """Go on to the next hub, with other keys, where one has not begun what it was asked for."""
    is_waiting = s.next_attempt > now or not (s.trouble or s.attempts > 1)
    if s.state != "asked" or len(wish.hubs) == 1 or is_waiting:
        return s
    following = wish.hubs[(wish.hubs.index(s.hub) + 1) % len(wish.hubs)]
    begun = _begun(wish, following, base=base, now=now, keys=keys())
    return replace(begun, attempts=s.attempts, trouble=s.trouble)


def _is_wanted(s: Subscription, wish: Wish | None) -> bool:
    return bool(wish and s.topic == wish.topic and s.hub in wish.hubs)


def _ended(s: Subscription, now: datetime) -> Subscription:
    if s.state == "ending":
        return s
    return replace(s, state="ending", next_attempt=now, attempts=0, trouble="")


def _is_over(s: Subscription, now: datetime) -> bool:
    """Say whether there is nothing left to do about a subscription."""
    if s.state == "ending":
        return (
            s.lease_until is None
            or s.lease_until <= now
            or (s.attempts >= MOST_FAREWELLS and s.next_attempt <= now)
        )
    # However short its lease was, it is not asked for again before its time.
    return s.state == "live" and max(s.lease_until or now, s.next_attempt) <= now


def sent(s: Subscription, *, now: datetime, jitter: float) -> Subscription:
    """Return a subscription of which its hub is told now: until it answers by a visit, with more patience."""
    pause = min(FIRST_PAUSE * (1 << min(s.attempts, 12)), LONGEST_PAUSE)
    later = now + pause * (1 + JITTER * jitter)
    state: State = "asked" if s.state == "denied" else s.state
    return replace(s, state=state, attempts=s.attempts + 1, next_attempt=later)


def answered(s: Subscription, harvest: Harvest, *, now: datetime) -> Subscription:
    """Return a subscription whose hub has answered the form; if it accepts, its visit is still to come."""
    if not harvest.is_failed:
        return replace(s, trouble="")
    waiting = max(s.next_attempt, now + retry_after(harvest.hints, now=now))
    return replace(s, trouble=str(harvest.troubles[0]), next_attempt=waiting)


def heard(letter: Letter, held: Sequence[Subscription], *, jitter: float) -> tuple[Subscription, ...]:
    """Return what becomes of a source's subscriptions by what a hub told of one of them."""
    s = next((s for s in held if s.keys.token == letter.token), None)
    others = tuple(other for other in held if other is not s)
    if s is None:
        return tuple(held)
    if letter.kind == "left" or (letter.kind == "denied" and s.state == "ending"):
        return others
    if letter.kind == "denied":
        trouble = f"denied: {letter.reason}" if letter.reason else "denied"
        later = letter.at + AFTER_DENIAL * (1 + JITTER * jitter)
        return (*others, replace(s, state="denied", lease_until=None, trouble=trouble, next_attempt=later))
    if letter.kind == "pushed":
        return (*others, replace(s, is_doubted=False))
    if s.state == "asked":  # it takes the place of those before it
        others = tuple(_ended(other, letter.at) for other in others if other.state in ("live", "ending"))
    return (*others, _granted(s, letter, jitter))


def _granted(s: Subscription, letter: Letter, jitter: float) -> Subscription:
    """Return a subscription that its hub has verified, to be renewed well before its lease ends."""
    lease = min(timedelta(seconds=letter.lease_seconds), LONGEST_LEASE) or UNSAID_LEASE
    earliest, latest = RENEWED
    renewal = max(lease * (earliest + (latest - earliest) * jitter), SOONEST_RENEWAL)
    return replace(
        s,
        state="live",
        lease_until=letter.at + lease,
        next_attempt=letter.at + renewal,
        attempts=0,
        trouble="",
        is_doubted=s.is_doubted and s.state == "live",  # what was missed before it began is no fault of it
    )


def relied_until(held: Sequence[Subscription], *, now: datetime) -> datetime | None:
    """Return until when a source is asked seldom, because a hub pushes it; None: none can be relied on."""
    if any(s.trouble or s.attempts > 1 for s in held if s.state in ("asked", "denied")):
        return None  # its renewal is in trouble
    live = [s.lease_until for s in held if s.state == "live" and s.lease_until and not s.is_doubted]
    return max((until for until in live if until > now), default=None)


def told_of(held: Sequence[Subscription], *, now: datetime) -> Pushed | None:
    """Return what people want to know of a source's subscriptions; None: there is none."""
    current = [s for s in held if s.state != "ending"]
    if not current:
        return None
    live = next((s for s in current if s.lease_until and s.lease_until > now), None)
    trouble = next((s.trouble for s in current if s.trouble), "")
    if not trouble and live and live.is_doubted:
        trouble = "not relied on until it pushes something"
    until = live.lease_until if live else None
    return Pushed(hub=(live or current[-1]).hub, until=until, trouble=trouble)


def ping_again(failures: int, harvest: Harvest, *, now: datetime, jitter: float) -> datetime:
    """Return when to tell a hub again that could not be told.

    Args:
        failures: in a row, before this one.
    """
    pause = min(FIRST_PING_PAUSE * (1 << min(failures, 12)), LONGEST_PAUSE) * (1 + JITTER * jitter)
    return now + max(pause, retry_after(harvest.hints, now=now))
