"""Render what changed, and put it out."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from aggregator.ids import mint
from aggregator.model import Edition, Item
from aggregator.output import remove_files, sweep, write_files
from aggregator.publish import FORMATS, render
from aggregator.publish.html import STYLE, render_sources, render_style
from aggregator.publish.opml import FILE as OPML_FILE
from aggregator.publish.opml import render_opml
from aggregator.settings import Settings
from aggregator.store import Store
from aggregator.stories.coverage import arrange, choose_lead
from aggregator.text import slug

MOST_ARTICLES = 20  # local articles that stay in a feed however old they are
ON_A_STORY_PAGE = 100  # lines of coverage, at most

FEED_FORMATS = ("atom", "rss", "json")
EVERYTHING = ""  # the folder of the combined edition


def public_folder(settings: Settings) -> Path:
    """Return where published files lie."""
    return Path(settings.data) / "public"


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
                items[story_id] = arrange(store.shelf.record(story_id), limit=settings.publish.coverage)
        edition = _edition(settings, under, tag, tags, tuple(items[story_id] for story_id in story_ids))
        files |= render(edition, settings.site, *FEED_FORMATS, "html")
        if tag == EVERYTHING:
            files["sources/index.html"] = render_sources(
                sources, replace(edition, folder="sources/"), settings.site
            )
    files[OPML_FILE] = render_opml(sources, settings.site)
    dirty = store.shelf.dirty()
    for story_id in dirty:
        files |= _story_files(store, settings, under, story_id)
    written = write_files(root, files)
    with store.transaction():
        store.shelf.clean(dirty)
    return len(written), len(_remove_stale_tags(root, {slug(tag) for tag in tags}))


def _choose(store: Store, settings: Settings, tag: str) -> tuple[str, ...]:
    """Return the stories of an output: local articles however old, and the newest."""
    limit = settings.publish.limit
    articles = store.shelf.of_articles(limit=min(MOST_ARTICLES, (limit + 1) // 2), tag=tag)
    newest = store.shelf.newest(limit=limit, tag=tag)
    return tuple(dict.fromkeys(articles + newest))[:limit]


def _settle_leads(store: Store, story_ids: set[str]) -> None:
    """Fix who leads the stories that are about to appear for the first time."""
    new = store.shelf.unpublished(sorted(story_ids))
    if new:
        with store.transaction():
            for story_id in new:
                store.shelf.publish(story_id, lead_id=choose_lead(store.shelf.record(story_id).members))


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
        ttl_minutes=int(settings.publish.max_age.total_seconds()) // 60,
    )


def _story_files(store: Store, settings: Settings, under: str, story_id: str) -> dict[str, bytes]:
    record = store.shelf.record(story_id)
    item = arrange(record, limit=ON_A_STORY_PAGE)
    edition = Edition(
        folder=f"story/{story_id}/",
        id=mint(under, "story", story_id),
        title=item.entry.title,
        items=(item,),
        updated=item.updated,
    )
    tellings = tuple(
        arrange(replace(store.shelf.record(story_id, lead_id=telling.entry_id), related=()), limit=0)
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
