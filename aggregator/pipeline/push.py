"""Be pushed by the hubs of sources, and tell our own hubs what changed (WebSub)."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from aggregator.addresses import is_near
from aggregator.engine import Engine
from aggregator.model import FetchJob, Harvest, Letter, Ping, Pushed, Subscription
from aggregator.pipeline.pages import is_page
from aggregator.policy import jitter_of, plan
from aggregator.policy.websub import answered, heard, ping_again, relied_until, sent, tended, told_of, wish_of
from aggregator.settings import Settings
from aggregator.store import Store
from aggregator.urls import host_of, scheme_of
from aggregator.websub import Postbox, new_keys, notice, request

FOLDER = "websub/"  # below the site's address, where hubs reach us
MOST_ERRANDS = 50  # in one go: many feeds may have one hub
LONGEST_PINGING = timedelta(minutes=2)  # of a run that ends


def doorstep(settings: Settings) -> str:
    """Return the address below which hubs reach us; empty where they cannot."""
    url = settings.site.url
    return f"{url}{FOLDER}" if scheme_of(url) == "https" and not is_near(host_of(url)) else ""


def tend(store: Store, settings: Settings, engine: Engine, postbox: Postbox, *, now: datetime) -> None:
    """Begin, renew and end subscriptions as sources and the configuration want it now."""
    base = doorstep(settings)
    offering = store.sources.offering() if settings.fetch.websub else ()
    wishes = {
        state.id: wish_of(state, allow_private=settings.by_id[state.id].allow_private) for state in offering
    }
    held = _by_source(store.subscriptions.all())
    with store.transaction():
        for source_id in sorted({*wishes, *held}):
            before = held.get(source_id, ())
            after = tended(wishes.get(source_id), before, base=base, now=now, keys=new_keys)
            _keep(store, source_id, before, after, now=now)
        due = [s for s in store.subscriptions.due(now=now) if _name(s) not in engine.under_way]
        jobs = [_send(store, s, now) for s in due[:MOST_ERRANDS]]
    postbox.expect(store.subscriptions.all())  # before anyone can call
    engine.submit(jobs)


def is_errand(name: str) -> bool:
    """Say whether a job is for a hub, not for a source or a page."""
    return " " in name and not is_page(name)


def _name(subscription: Subscription) -> str:
    return request(subscription).source_id


def _by_source(subscriptions: Iterable[Subscription]) -> dict[str, tuple[Subscription, ...]]:
    found: dict[str, tuple[Subscription, ...]] = {}
    for subscription in subscriptions:
        found[subscription.source_id] = (*found.get(subscription.source_id, ()), subscription)
    return found


def _keep(
    store: Store,
    source_id: str,
    before: tuple[Subscription, ...],
    after: tuple[Subscription, ...],
    *,
    now: datetime,
) -> None:
    """Write down what became of a source's subscriptions; one that lost its hub is asked again."""
    if after != before:
        store.subscriptions.put(source_id, after)
        if not relied_until(after, now=now):
            store.sources.fall_back([source_id])


def _send(store: Store, subscription: Subscription, now: datetime) -> FetchJob:
    held = store.subscriptions.of(subscription.source_id)
    told = sent(subscription, now=now, jitter=jitter_of(subscription.keys.token, now))
    after = tuple(told if s.keys == told.keys else s for s in held)
    _keep(store, subscription.source_id, held, after, now=now)
    return request(told)


def take_letters(
    store: Store, settings: Settings, engine: Engine, postbox: Postbox, *, now: datetime
) -> tuple[tuple[str, Letter], ...]:
    """Do what hubs said: remember what they granted, read what they brought; return what was done, by source.

    What a source must wait for, because a document of it is being read, comes back into the box.
    """
    done, kept, waiting = [], list[Letter](), set(engine.under_way)
    letters = postbox.empty()
    for letter in letters:
        subscription = store.subscriptions.get(letter.token)
        if subscription is None:
            continue
        source_id = subscription.source_id
        if letter.kind == "pushed" and source_id in waiting:
            kept.append(letter)
            continue
        with store.transaction():
            held = store.subscriptions.of(source_id)
            after = heard(letter, held, jitter=jitter_of(letter.token, letter.at))
            _keep(store, source_id, held, after, now=now)
        if letter.kind == "pushed" and store.sources.is_asked(source_id):
            engine.submit([_opened(store, settings, letter, source_id)])
            waiting.add(source_id)
        done.append((source_id, letter))
    postbox.put_back(kept)
    if done:
        postbox.expect(store.subscriptions.all())
    return tuple(done)


def _opened(store: Store, settings: Settings, letter: Letter, source_id: str) -> FetchJob:
    """Make of what a hub brought a job like any other: it is read where those are, within their limits."""
    job = plan(store.sources.get(source_id), root=settings.folder, allow_private=False)
    return FetchJob(
        source_id=source_id,
        kind="push",
        address=job.address,
        known=job.known,
        pushed=letter.body,
        media_type=letter.media_type,
    )


def answer_of_hub(store: Store, harvest: Harvest, *, now: datetime) -> str:
    """Remember what a hub answered to an errand; return what is to be said of it, without secrets."""
    jitter = jitter_of(harvest.source_id, now)
    if harvest.kind == "ping":
        return _answer_to_ping(store, harvest, now=now, jitter=jitter)
    subscription = store.subscriptions.get(harvest.source_id.partition(" ")[2])
    if subscription is None:
        return "a hub of no more concern answered"
    source_id = subscription.source_id
    told = answered(subscription, harvest, now=now)
    held = store.subscriptions.of(source_id)
    with store.transaction():
        after = tuple(told if s.keys == subscription.keys else s for s in held)
        _keep(store, source_id, held, after, now=now)
    trouble = f" trouble={told.trouble!r}" if told.trouble else ""
    return f"asked hub={subscription.hub} source={source_id} state={subscription.state}{trouble}"


# ---------------------------------------------------------------- our own hubs


def ping(store: Store, engine: Engine, *, now: datetime) -> None:
    """Tell our hubs what changed, each one thing at a time."""
    busy = {name.split(" ")[1] for name in engine.under_way if is_errand(name)}
    due = (found for found in store.pings.due(now=now) if found.hub not in busy)
    engine.submit([notice(found) for found in due])


def _answer_to_ping(store: Store, harvest: Harvest, *, now: datetime, jitter: float) -> str:
    _, hub, topic = harvest.source_id.split(" ")
    with store.transaction():
        if not harvest.is_failed:
            store.pings.told(Ping(hub=hub, topic=topic, digest=harvest.body_digest))
            return f"told hub={hub} topic={topic}"
        failures = store.pings.failures(hub)
        store.pings.postpone(hub, until=ping_again(failures, harvest, now=now, jitter=jitter))
    return f"could not tell hub={hub} topic={topic} trouble={str(harvest.troubles[0])!r}"


def ping_all(store: Store, engine: Engine, *, clock: Callable[[], datetime]) -> int:
    """Tell our hubs all that changed, for a run that ends then; return what is left for the next."""
    end = clock() + LONGEST_PINGING
    ping(store, engine, now=clock())
    while engine.under_way and clock() < end:
        for harvest in engine.finished(wait=1.0):
            if harvest.kind != "page":  # that came too late; it is asked for again
                answer_of_hub(store, harvest, now=clock())
        ping(store, engine, now=clock())
    return store.pings.pending()


def subscriptions_of(store: Store, *, now: datetime) -> dict[str, Pushed]:
    """Return what people want to know: by which hub each source is pushed, until when, and what is wrong."""
    told = {
        source_id: told_of(held, now=now) for source_id, held in _by_source(store.subscriptions.all()).items()
    }
    return {source_id: pushed for source_id, pushed in told.items() if pushed}
