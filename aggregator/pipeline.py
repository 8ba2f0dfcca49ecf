"""The corridor: the one room that sees both the store and the stages.

    refresh   ask the sources that are due, store what they tell
    regroup   place what is new into stories
    publish   render what changed, and put it out

Each takes the time as an argument, does its work in short transactions, and reports what it did.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from aggregator import __version__
from aggregator.engine import Engine, open_engine
from aggregator.harvest import open_harvester
from aggregator.ids import authority, mint
from aggregator.instance import only_one
from aggregator.model import (
    Edition,
    Harvest,
    Item,
    SourceReport,
    SourceState,
)
from aggregator.output import remove_files, sweep, write_files
from aggregator.policy import decide, plan, possible_ids
from aggregator.publish import FORMATS, render
from aggregator.publish.html import STYLE, render_sources, render_style
from aggregator.publish.opml import FILE as OPML_FILE
from aggregator.publish.opml import render_opml
from aggregator.settings import Settings, Source
from aggregator.store import Store, open_store
from aggregator.stories import Desk
from aggregator.stories.coverage import arrange, choose_lead
from aggregator.text import slug

LEASE = timedelta(minutes=5)  # after which a job that never came back is given out again
MOST_CLAIMED = 500  # jobs in one go
BATCH = 200  # decisions in one transaction
MOST_ARTICLES = 20  # local articles that stay in a feed however old they are
ON_A_STORY_PAGE = 100  # lines of coverage, at most

FEED_FORMATS = ("atom", "rss", "json")
EVERYTHING = ""  # the folder of the combined edition


def public_folder(settings: Settings) -> Path:
    """Return where published files lie."""
    return Path(settings.data) / "public"


def store_path(settings: Settings) -> Path:
    return Path(settings.data) / "aggregator.db"


def open_workers(settings: Settings) -> AbstractContextManager[Engine]:
    """Open the engine that the settings name, with what it runs."""
    harvester = partial(open_harvester, settings.fetch, user_agent=user_agent(settings))
    return open_engine(settings.engine, settings.fetch, harvester)


def user_agent(settings: Settings) -> str:
    """Say who asks, and where to complain."""
    contact = settings.site.contact or ("" if "127.0.0.1" in settings.site.url else settings.site.url)
    return f"Aggregator/{__version__}" + (f" (+{contact})" if contact else "")


@contextmanager
def open_house(settings: Settings) -> Iterator[tuple[Store, Engine]]:
    """Open the store and the engine for the one process that may write."""
    with (
        only_one(Path(settings.data)),
        open_store(store_path(settings)) as store,
        open_workers(settings) as engine,
    ):
        yield store, engine


# ---------------------------------------------------------------- refresh


def prepare(store: Store, settings: Settings, *, now: datetime) -> None:
    """Bring the store in line with the configuration."""
    with store.transaction():
        store.fact("authority", at_first=authority(settings.site.url, since=now.date()))
        paused = frozenset(source.id for source in settings.sources if source.paused)
        states = (first_state(source, settings, now) for source in settings.sources)
        is_changed = store.sources.configure(states, paused=paused)
        # What every page shows; a change of it makes all of them stale.
        if store.remember("site", repr(settings.site)) or is_changed:
            store.stories.soil_all()


def first_state(source: Source, settings: Settings, now: datetime) -> SourceState:
    """Return what is known of a source that was never asked."""
    is_full_text = settings.defaults.full_text if source.full_text is None else source.full_text
    return SourceState(
        id=source.id,
        kind="path" if source.path else "http",
        address=source.path or source.url,
        name=source.name,
        tags=source.tags,
        priority=source.priority,
        is_full_text=is_full_text,
        next_due=now,
    )


def send_out(
    store: Store, settings: Settings, engine: Engine, *, now: datetime, only: frozenset[str] | None = None
) -> int:
    """Give the engine the jobs of sources that are due, or of just those named; return how many."""
    with store.transaction():
        states = store.sources.claim(now=now, lease=LEASE, limit=MOST_CLAIMED, only=only)
    private = {source.id: source.allow_private for source in settings.sources}
    under_way = engine.under_way  # a host's queue may be longer than a lease
    jobs = [
        plan(state, root=settings.folder, allow_private=private[state.id])
        for state in states
        if state.id not in under_way
    ]
    engine.submit(jobs)
    return len(jobs)


def take_in(store: Store, settings: Settings, harvest: Harvest, *, now: datetime) -> SourceReport:
    """Store what one source told, in one transaction."""
    source = next(s for s in settings.sources if s.id == harvest.source_id)
    usual = settings.defaults.every_path if source.path else settings.defaults.every
    with store.transaction():
        state = store.sources.get(source.id)
        keys = [key for entry in harvest.entries for key in entry.keys]
        ids = [name for entry in harvest.entries for name in possible_ids(entry)]
        stamps = store.entries.stamps(source.id, keys, ids=ids) if keys else ()
        update = decide(harvest, state, stamps, now=now, every=source.every or usual)
        under = store.fact("authority", at_first=authority(settings.site.url, since=now.date()))
        for arrival in update.added:
            store.entries.add(arrival, guid=mint(under, "entry", arrival.entry.id), first_seen=now)
        for change in update.changed:
            store.entries.change(change)
        if update.feed and not state.name and update.feed.title != state.feed.title:
            store.stories.soil_all()  # it is named wherever an entry of its is
        store.sources.apply(update)
    return SourceReport(
        source_id=source.id,
        title=replace(state, feed=update.feed or state.feed).title,
        outcome="failed" if harvest.is_failed else "unchanged" if harvest.is_unchanged else "fresh",
        new=len(update.added),
        changed=len(update.changed),
        troubles=update.troubles,
        next_due=update.next_due,
    )


def refresh(
    store: Store,
    settings: Settings,
    engine: Engine,
    *,
    clock: Callable[[], datetime],
    only: frozenset[str] | None = None,
) -> Iterator[SourceReport]:
    """Ask all sources that are due by now once, and yield a report for each as it comes back."""
    started = clock()
    while send_out(store, settings, engine, now=started, only=only) or engine.under_way:
        only = frozenset() if only is not None else None
        for harvest in engine.finished(wait=1.0):
            yield take_in(store, settings, harvest, now=clock())


# ---------------------------------------------------------------- regroup


def open_desk(store: Store, settings: Settings, *, now: datetime) -> Desk:
    """Rebuild the memory of live stories from what was decided before."""
    desk = Desk(window=settings.stories.window)
    for brief, story_id, copy_of in store.entries.placed(since=now - settings.stories.window):
        desk.restore(brief, story_id=story_id, copy_of=copy_of)
    return desk


def regroup(store: Store, desk: Desk) -> int:
    """Place every entry that belongs to no story yet; return how many there were.

    After an exception the desk knows more than the store, and must be made anew.
    """
    placed = 0
    while briefs := store.entries.unplaced(limit=BATCH):
        with store.transaction():
            for brief in briefs:
                store.stories.place(desk.place(brief))
        for article in (brief for brief in briefs if brief.is_article):
            with store.transaction():
                store.stories.relate(desk.gather(article, store.entries.all_placed()))
        placed += len(briefs)
    return placed


# ---------------------------------------------------------------- publish


def publish(store: Store, settings: Settings) -> tuple[int, int]:
    """Render what changed and put it out; return how many files were written and removed.

    What it writes is a function of the store and the settings alone: without the folder, it makes it again.
    """
    root = public_folder(settings)
    sweep(root)
    if not (root / FORMATS["html"].file).exists():
        with store.transaction():
            store.stories.soil_all()
    sources = store.sources.all()
    tags = tuple(sorted({tag for source in sources for tag in source.tags}, key=slug))
    chosen = {EVERYTHING: _choose(store, settings, "")} | {tag: _choose(store, settings, tag) for tag in tags}
    _settle_leads(store, {story_id for ids in chosen.values() for story_id in ids})
    under = store.fact("authority", at_first="urn:uuid:")
    items: dict[str, Item] = {}
    files: dict[str, bytes] = {STYLE: render_style()}
    for tag, story_ids in chosen.items():
        for story_id in story_ids:
            if story_id not in items:
                items[story_id] = arrange(store.stories.record(story_id), limit=settings.publish.coverage)
        edition = _edition(settings, under, tag, tags, tuple(items[story_id] for story_id in story_ids))
        files |= render(edition, settings.site, *FEED_FORMATS, "html")
        if tag == EVERYTHING:
            files["sources/index.html"] = render_sources(
                sources, replace(edition, folder="sources/"), settings.site
            )
    files[OPML_FILE] = render_opml(sources, settings.site)
    dirty = store.stories.dirty()
    for story_id in dirty:
        files |= _story_files(store, settings, under, story_id)
    written = write_files(root, files)
    with store.transaction():
        store.stories.clean(dirty)
    return len(written), len(_remove_stale_tags(root, {slug(tag) for tag in tags}))


def _choose(store: Store, settings: Settings, tag: str) -> tuple[str, ...]:
    """Return the stories of an output: local articles however old, and the newest."""
    limit = settings.publish.limit
    articles = store.stories.of_articles(limit=min(MOST_ARTICLES, (limit + 1) // 2), tag=tag)
    newest = store.stories.newest(limit=limit, tag=tag)
    return tuple(dict.fromkeys(articles + newest))[:limit]


def _settle_leads(store: Store, story_ids: set[str]) -> None:
    """Fix who leads the stories that are about to appear for the first time."""
    new = store.stories.unpublished(sorted(story_ids))
    if new:
        with store.transaction():
            for story_id in new:
                store.stories.publish(story_id, lead_id=choose_lead(store.stories.record(story_id).members))


def _edition(
    settings: Settings, under: str, tag: str, tags: tuple[str, ...], items: tuple[Item, ...]
) -> Edition:
    site = settings.site
    ordered = tuple(sorted(items, key=lambda item: (item.date, item.story_id), reverse=True))
    return Edition(
        folder=f"tag/{slug(tag)}/" if tag else EVERYTHING,
        id=mint(under, "feed", f"tag/{slug(tag)}" if tag else "all"),
        title=f"{site.title}: {tag}" if tag else site.title,
        heading=tag,
        subtitle=site.subtitle,
        items=ordered,
        tags=tags,
        updated=max(
            (item.updated for item in ordered), default=datetime.fromisoformat("2000-01-01T00:00:00Z")
        ),
    )


def _story_files(store: Store, settings: Settings, under: str, story_id: str) -> dict[str, bytes]:
    record = store.stories.record(story_id)
    item = arrange(record, limit=ON_A_STORY_PAGE)
    edition = Edition(
        folder=f"story/{story_id}/",
        id=mint(under, "story", story_id),
        title=item.entry.title,
        items=(item,),
        updated=item.updated,
    )
    tellings = tuple(
        arrange(replace(store.stories.record(story_id, lead_id=telling.entry_id), related=()), limit=0)
        for telling in record.members
        if not telling.copy_of or telling.entry_id == record.lead.id
    )
    feed = replace(
        edition, items=tellings, updated=max(t.updated for t in tellings) if tellings else item.updated
    )
    return render(edition, settings.site, "story") | render(feed, settings.site, "atom")


def _remove_stale_tags(root: Path, slugs: set[str]) -> tuple[str, ...]:
    folder = root / "tag"
    stale = [path.name for path in folder.iterdir() if path.name not in slugs] if folder.is_dir() else []
    names = {format_.file for format_ in FORMATS.values()}
    return remove_files(root, [f"tag/{name}/{file}" for name in sorted(stale) for file in sorted(names)])
