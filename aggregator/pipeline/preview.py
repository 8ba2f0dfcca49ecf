"""Look at a feed before it is a source: find it, say what it would be, and keep what came.

Nothing is written until `keep`: where its entries would land is decided on a desk that remembers as the
real one does, and is thrown away.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from aggregator.config import source_id
from aggregator.engine import Engine
from aggregator.errors import Cause
from aggregator.harvest import adopted
from aggregator.model import Arrival, Brief, FetchJob, Found, Harvest, Landing, Outlook
from aggregator.pipeline.intake import pace_of, take_in
from aggregator.pipeline.refresh import first_state
from aggregator.pipeline.regroup import open_desk
from aggregator.policy import decide
from aggregator.policy.rights import rights_of
from aggregator.settings import Settings, Source
from aggregator.store import Store
from aggregator.urls import absolute

MOST_WAITING = 5000  # entries that came in and are not placed yet

# Where feeds are when a page does not say; asked one after the other, with the pause of any two requests.
COMMON_PATHS = ("/feed", "/feed.xml", "/atom.xml", "/rss.xml", "/index.xml")


def look(engine: Engine, url: str, *, allow_private: bool, is_known: Callable[[str], bool]) -> Found:
    """Find the feed at an address: itself, what a page there names, or what lies where feeds often are.

    Args:
        is_known: whether an address is that of a source: it is found, and not asked.
    """
    found = _ask(engine, url, allow_private=allow_private)
    if len(found.offers) > 1 or not found.harvest.is_failed:
        return found
    places = [offer.url for offer in found.offers]
    if not places and found.harvest.troubles[0].cause is Cause.NOT_A_FEED:
        places = [absolute(url, path) for path in COMMON_PATHS]
    there = found
    for place in places:
        if is_known(place):
            return replace(found, url=place)
        there = _ask(engine, place, allow_private=allow_private)
        if not there.harvest.is_failed:
            return there
    return there if found.offers else found


def _ask(engine: Engine, url: str, *, allow_private: bool) -> Found:
    job = FetchJob(
        source_id=source_id(Source(url=url)), kind="http", address=url, allow_private=allow_private
    )
    engine.submit([job])
    harvests: tuple[Harvest, ...] = ()
    while not harvests:
        harvests = engine.finished(wait=1.0)
    harvest = harvests[0]
    if harvest.is_failed or not harvest.moved:
        return Found(url=url, harvest=harvest, offers=harvest.offers)
    there = harvest.moved[-1]  # whoever adds it now need not go by the old place
    return Found(url=there, harvest=adopted(harvest, source_id(Source(url=there))))


def foresee(
    store: Store | None, settings: Settings, source: Source, harvest: Harvest, *, now: datetime
) -> Outlook:
    """Say what a source would be.

    Args:
        store: where its stories would land; None where nothing is stored yet.
        harvest: as of the source's id.
    """
    state = first_state(source, settings, now)
    update = decide(harvest, state, (), now=now, pace=pace_of(source, settings), jitter=0.0)
    arrivals = tuple(sorted(update.added, key=lambda arrival: arrival.date, reverse=True))
    title = replace(state, feed=update.feed or state.feed).title
    landings = tuple(_landings(store, settings, arrivals, title)) if store else ()
    return Outlook(
        title=title,
        arrivals=arrivals,
        next_due=update.next_due,
        because=update.habits.because,
        rights=rights_of(update.feed or state.feed, harvest.entries),
        landings=landings[::-1],
    )


def _landings(
    store: Store, settings: Settings, arrivals: tuple[Arrival, ...], title: str
) -> Iterator[Landing]:
    """Place entries, the oldest first, as they would be."""
    desk, count = open_desk(store, settings), store.entries.count()
    waiting = {brief.entry_id: brief for brief in store.entries.unplaced(limit=MOST_WAITING)}
    for brief in waiting.values():
        desk.place(brief)
    for number, arrival in enumerate(reversed(arrivals)):
        placement = desk.place(_brief(arrival, count + number, title))
        name = placement.copy_of or placement.near
        placed = store.entries.brief(name)
        other = placed[0] if placed else waiting.get(name)
        if other is None or placement.story_id == arrival.entry.id:
            yield Landing(arrival=arrival, kind="alone")
        else:
            yield Landing(arrival=arrival, kind="copies" if placement.copy_of else "joins", near=other)


def _brief(arrival: Arrival, seq: int, title: str) -> Brief:
    entry = arrival.entry
    return Brief(
        seq=seq,
        entry_id=entry.id,
        source_id=entry.source_id,
        outlet=(entry.origin.title if entry.origin else "") or title,
        language=entry.language,
        url=entry.url,
        title=entry.title,
        text=entry.text,
        date=arrival.date,
        has_full_text=entry.has_full_text,
    )


def keep(store: Store, settings: Settings, harvest: Harvest, *, now: datetime) -> None:
    """Store what a new source told when it was looked at, validators and all: it is not asked for that again.

    It needs no lock: until the configuration is read again nobody asks that source or shows it.
    """
    source = settings.by_id[harvest.source_id]
    with store.transaction():
        store.sources.introduce(first_state(source, settings, now))
    take_in(store, settings, harvest, now=now)
