"""Render what changed, and put it out."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.ids import mint
from aggregator.model import Edition, Item, Shown, StoryRecord, Tombstone
from aggregator.output import remove_files, sweep, write_files
from aggregator.publish import FORMATS, render
from aggregator.publish.html import STYLE, render_sources, render_style
from aggregator.publish.opml import FILE as OPML_FILE
from aggregator.publish.opml import render_opml
from aggregator.publish.outputs import (
    all_outputs,
    folder_of,
    formats_of,
    heading_of,
    is_combined,
    is_of_tag,
    title_of,
)
from aggregator.settings import Output, Settings
from aggregator.store import Store
from aggregator.stories.budget import budgeted, bumped
from aggregator.stories.coverage import arrange, choose_lead
from aggregator.text import slug

MOST_ARTICLES = 20  # local articles that stay in a feed however old they are
ON_A_STORY_PAGE = 100  # lines of coverage, at most

TOMBSTONES_STAY = timedelta(days=90)
NEVER = datetime.fromisoformat("2000-01-01T00:00:00Z")

Key = tuple[str, str]  # a story, and the entry that leads an item of it; "" is the story's own lead


def public_folder(settings: Settings) -> Path:
    """Return where published files lie."""
    return Path(settings.data) / "public"


@dataclass(slots=True)
class _Round:
    """What one publish needs again and again."""

    store: Store
    settings: Settings
    under: str  # what ids are minted under
    at: datetime  # the latest moment the store knows of
    whole: dict[Key, Item] = field(default_factory=dict)  # with all coverage: for pages
    fed: dict[Key, Item] = field(default_factory=dict)  # with as much as feeds may show
    shown: dict[str, Shown] = field(default_factory=dict)  # by leading entry
    changed: dict[str, Shown] = field(default_factory=dict)  # of these, what is to be remembered
    tombstones: tuple[Tombstone, ...] = ()

    def add(self, key: Key) -> None:
        """Arrange an item, and remember what of its coverage goes out."""
        if key in self.whole:
            return
        record = self.store.shelf.record(key[0], lead_id=key[1])
        item = arrange(record, limit=self.settings.publish.coverage)
        before = self.shown.get(item.entry.id) or self.store.shown.of([item.entry.id]).get(item.entry.id)
        fed, now = budgeted(
            item, before, outlets=_outlets(record), at=self.at, settle=self.settings.publish.max_age
        )
        self.whole[key], self.fed[key], self.shown[item.entry.id] = item, fed, now
        if now != before:
            self.changed[item.entry.id] = now


def publish(store: Store, settings: Settings) -> tuple[int, int]:
    """Render what changed and put it out; return how many files were written and removed.

    What it writes is a function of the store and the settings alone: without the folder, it makes it again.
    """
    root = public_folder(settings)
    sweep(root)
    at = store.shown.as_of()
    with store.transaction():
        store.takedowns.carry_out(at=at)
    if not (root / STYLE).exists():
        with store.transaction():
            store.stories.soil_all()
    sources = store.sources.all()
    tags = tuple(sorted({tag for source in sources for tag in source.tags}, key=slug))
    outputs = all_outputs(settings.outputs, tags)
    chosen = {output: _choose(store, settings, output) for output in outputs}
    _settle_leads(store, {story_id for keys in chosen.values() for story_id, _ in keys})
    round_ = _Round(store, settings, store.fact("authority", at_first="urn:uuid:"), at)
    round_.tombstones = store.takedowns.tombstones(since=at - TOMBSTONES_STAY)
    files: dict[str, bytes] = {STYLE: render_style()}
    for output, keys in chosen.items():
        files |= _output_files(round_, output, keys, outputs, tags)
        if is_combined(output):
            edition = _edition(round_, output, (), outputs, tags)
            files["sources/index.html"] = render_sources(
                sources, replace(edition, folder="sources/"), settings.site
            )
    files[OPML_FILE] = render_opml(sources, settings.site)
    dirty = store.shelf.dirty()
    for story_id in dirty:
        files |= _story_files(store, settings, round_.under, story_id)
    written = write_files(root, files)
    stale = _stale(store, root, outputs)
    for story_id in store.shelf.gone():
        stale += [f"story/{story_id}/{FORMATS[name].file}" for name in ("story", "atom")]
    with store.transaction():
        store.shown.remember(round_.changed)
        store.shelf.clean(dirty)
        store.remember("outputs", json.dumps(sorted(map(folder_of, outputs))))
    return len(written), len(remove_files(root, stale))


def _output_files(
    round_: _Round,
    output: Output,
    keys: tuple[Key, ...],
    outputs: tuple[Output, ...],
    tags: tuple[str, ...],
) -> dict[str, bytes]:
    for key in keys:
        round_.add(key)
    fed = tuple(_as_wanted(round_.fed[key], output, round_.shown) for key in keys)
    whole = tuple(_as_wanted(round_.whole[key], output, round_.shown) for key in keys)
    formats, site = formats_of(output), round_.settings.site
    feeds = [name for name in formats if name != "html"]
    files = render(_edition(round_, output, fed, outputs, tags), site, *feeds)
    if "html" in formats:
        files |= render(_edition(round_, output, whole, outputs, tags), site, "html")
    return files


def _as_wanted(item: Item, output: Output, shown: dict[str, Shown]) -> Item:
    if output.full_text is not None:
        item = replace(item, is_full_text=output.full_text)
    return bumped(item, shown[item.entry.id]) if output.update == "bump" else item


def _outlets(record: StoryRecord) -> dict[str, str]:
    return {telling.entry_id: telling.outlet for telling in record.members + record.related}


def _choose(store: Store, settings: Settings, output: Output) -> tuple[Key, ...]:
    """Return the items of an output: local articles however old, and the newest."""
    limit = output.limit or settings.publish.limit
    if output.collapse == "entries":
        return store.shelf.newest_entries(output, limit=limit)
    articles = store.shelf.of_articles(output, limit=min(MOST_ARTICLES, (limit + 1) // 2))
    newest = store.shelf.newest(output, limit=limit)
    return tuple((story_id, "") for story_id in dict.fromkeys(articles + newest))[:limit]


def _settle_leads(store: Store, story_ids: set[str]) -> None:
    """Fix who leads the stories that are about to appear for the first time."""
    new = store.shelf.unpublished(sorted(story_ids))
    if new:
        with store.transaction():
            for story_id in new:
                store.shelf.publish(story_id, lead_id=choose_lead(store.shelf.record(story_id).members))


def _edition(
    round_: _Round,
    output: Output,
    items: tuple[Item, ...],
    outputs: tuple[Output, ...],
    tags: tuple[str, ...],
) -> Edition:
    settings, site = round_.settings, round_.settings.site
    kind = "all" if is_combined(output) else output.name if is_of_tag(output) else f"output/{output.name}"
    ordered = tuple(sorted(items, key=lambda item: (item.date, item.story_id, item.guid), reverse=True))
    return Edition(
        folder=folder_of(output),
        id=mint(round_.under, "feed", kind),
        title=title_of(output, site),
        heading=heading_of(output),
        subtitle=site.subtitle,
        items=ordered,
        tags=tags,
        outputs=tuple(
            (heading_of(other), folder_of(other))
            for other in outputs
            if not (is_combined(other) or is_of_tag(other) or other.token)
        ),
        formats=formats_of(output),
        tombstones=round_.tombstones,
        updated=max((item.updated for item in ordered), default=NEVER),
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


def _stale(store: Store, root: Path, outputs: tuple[Output, ...]) -> list[str]:
    """Return the files of tags and outputs that are no more, and of formats no longer wanted."""
    known = json.loads(store.fact("outputs", at_first="[]"))
    tags = root / "tag"
    folders = {*known, *(f"tag/{path.name}/" for path in (tags.iterdir() if tags.is_dir() else ()))}
    wanted = {f"{folder_of(o)}{FORMATS[name].file}" for o in outputs for name in formats_of(o)}
    files = {format_.file for format_ in FORMATS.values()}
    return sorted({f"{folder}{file}" for folder in folders for file in files} - wanted)
