"""Render what changed, and put it out."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

from aggregator.model import SourceState
from aggregator.output import public_folder, remove_files, write_files
from aggregator.packing import ENDINGS
from aggregator.pipeline.archive import archive_files, history
from aggregator.pipeline.editions import NEVER, Round
from aggregator.pipeline.followups import follow_ups
from aggregator.pipeline.memory import Key, Memory
from aggregator.pipeline.rendered import rendered
from aggregator.pipeline.sources import files_of_gone, shows_of, source_files, stale_pages
from aggregator.pipeline.weight import weigh
from aggregator.policy.health import news_of
from aggregator.publish import FORMATS, render
from aggregator.publish.health import FILE as HEALTH_FILE
from aggregator.publish.health import render_health
from aggregator.publish.html import ICON, STYLE, render_icon, render_style
from aggregator.publish.hubs import told_files
from aggregator.publish.opml import FILE as OPML_FILE
from aggregator.publish.opml import render_opml
from aggregator.publish.outputs import all_outputs, folder_of, formats_of, is_combined
from aggregator.publish.standing import note_of
from aggregator.publish.titles import Titles
from aggregator.settings import Output, Settings
from aggregator.store import Store
from aggregator.stories.coverage import choose_lead
from aggregator.text import slug

MOST_EVENTS = 50  # in the health feed
PAGES_AT_ONCE = 20  # of sources, in memory
MOST_ARTICLES = 20  # local articles that stay in a feed however old they are
TOMBSTONES_STAY = timedelta(days=90)


def publish(
    store: Store,
    settings: Settings,
    *,
    is_afresh: bool = False,
    most_source_pages: int | None = None,
    memory: Memory | None = None,
) -> tuple[int, int]:
    """Render what changed and put it out; return how many files were written and removed.

    What it writes is a function of the store and the settings alone: without the folder, it makes it again.

    Args:
        is_afresh: whether what lies there may be of another store: all is rendered, and the rest removed.
        most_source_pages: in one go; those left over wait in the store, and their pages as they were.
        memory: of the last publish of this store, where the same hand publishes again and again.
    """
    root = public_folder(settings)
    known, is_all = store.sources.all(), is_afresh or not (root / STYLE).exists()
    sources = tuple(state for state in known if state.kind != "opml")
    round_ = _begin(store, settings, sources, is_all=is_all)
    chosen = _choose_all(round_)
    round_.recall(memory or Memory(), known)
    files = _of_the_site(round_, known, sources)
    files |= _feeds_and_pages(round_, root, chosen, sources)
    shows = shows_of(sources, store.health.last())
    stale = stale_pages(store, root, shows)
    due = frozenset(stale if is_afresh else stale[:most_source_pages])
    files |= _stories(round_, store.shelf.dirty())
    written, names = _put_out(round_, root, files, [state for state in sources if state.id in due])
    removed = remove_files(root, _gone(round_, root, sources, names, is_all=is_all, is_afresh=is_afresh))
    with store.transaction():
        store.source_pages.clean({name: shows[name] for name in due}, at=round_.at)
        store.source_pages.soil(name for name in stale if name not in due)
        _note_what_is_out(round_, files)
    round_.remember()
    return written, len(removed)


def _put_out(
    round_: Round, root: Path, files: Mapping[str, bytes], sources: Sequence[SourceState]
) -> tuple[int, set[str]]:
    """Write files, then the pages of sources as they are rendered: all of them at once would not be small.

    Returns: how many files changed, and the names of all.
    """
    written, names = len(write_files(root, files)), set(files)
    for start in range(0, len(sources), PAGES_AT_ONCE):
        pages = source_files(round_, sources[start : start + PAGES_AT_ONCE])
        written += len(write_files(root, pages))
        names |= pages.keys()
    return written, names


def _of_the_site(
    round_: Round, known: tuple[SourceState, ...], sources: tuple[SourceState, ...]
) -> dict[str, bytes]:
    """Render what there is once, whatever the outputs."""
    site = round_.settings.site
    return {
        STYLE: render_style(site),
        ICON: render_icon(site),
        OPML_FILE: render_opml(sources, site),
        HEALTH_FILE: _health(round_, known),
    }


def _note_what_is_out(round_: Round, files: Mapping[str, bytes]) -> None:
    """Write down what subscribers see by now; part of the caller's transaction."""
    store, settings = round_.store, round_.settings
    told = {settings.site.url + name: _digest(files[name]) for name in told_files(settings) if name in files}
    store.pings.show(settings.publish.hubs, told)
    store.shown.remember(round_.changed)
    store.shelf.clean()
    weigh(store, round_.outputs, files)
    store.remember("outputs", json.dumps(sorted(map(folder_of, round_.outputs))))


def _gone(
    round_: Round,
    root: Path,
    sources: tuple[SourceState, ...],
    files: Collection[str],
    *,
    is_all: bool,
    is_afresh: bool,
) -> list[str]:
    """Return the files that nothing stands behind any more."""
    store = round_.store
    leftovers = _leftovers(store, root) if is_all or store.shelf.has_leftovers() else ()
    strangers = _strangers(root, files) if is_afresh else []
    return [*_stale(round_, root), *_pages_of(leftovers), *files_of_gone(root, sources), *strangers]


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def _begin(store: Store, settings: Settings, sources: tuple[SourceState, ...], *, is_all: bool) -> Round:
    """Carry out what was asked for before anything goes out."""
    at = store.shown.as_of()
    with store.transaction():
        store.takedowns.carry_out(at=at)
        if is_all:
            store.stories.soil_all()
            store.source_pages.soil_all()
    tags = tuple(sorted({tag for source in sources for tag in source.tags}, key=slug))
    return Round(
        store=store,
        settings=settings,
        outputs=all_outputs(settings.outputs, tags),
        tags=tags,
        under=store.fact("authority", at_first="urn:uuid:"),
        titles=Titles(settings.sources),
        at=at,
        is_all=is_all,
        tombstones=store.takedowns.tombstones(since=at - TOMBSTONES_STAY),
    )


def _feeds_and_pages(
    round_: Round, root: Path, chosen: dict[Output, tuple[Key, ...]], sources: tuple[SourceState, ...]
) -> dict[str, bytes]:
    """Render every output, the archive of the combined one, and the list of sources."""
    files = dict[str, bytes]()
    for output, keys in chosen.items():
        round_.arrange(keys)
        items = [round_.fed[key] for key in keys]
        if output.update == "followup":
            items += follow_ups(round_, output, keys)
        fed = round_.edition(output, items)
        if is_combined(output):
            leads = [(item.entry.id, item.follow_up) for item in items]
            with round_.store.transaction():
                round_.pages = round_.store.archive.advance(leads)
            files |= archive_files(round_, root, output)
            fed = replace(fed, sources=tuple(map(note_of, sources)))
            listed = replace(fed, folder="sources/", items=(), updated=NEVER)  # it says none of that
            files |= rendered(round_, root, listed, "sources")
            fed = replace(fed, history=history(0, round_.pages))
        files |= rendered(round_, root, fed, *(name for name in fed.formats if name != "html"))
        if "html" in fed.formats:
            whole = round_.edition(output, (round_.whole[key] for key in keys))
            files |= rendered(round_, root, replace(whole, sources=fed.sources), "html")
    return files


def _stories(round_: Round, story_ids: tuple[str, ...]) -> dict[str, bytes]:
    """Render the page and the feed of stories, also under the names of those that became part of them."""
    site, files = round_.settings.site, dict[str, bytes]()
    aliases = round_.store.shelf.aliases(story_ids)
    for story_id in story_ids:
        page, feed = round_.story(story_id)
        for name in (story_id, *aliases.get(story_id, ())):
            files |= render(round_.under_name(page, name), site, "story")
            files |= render(round_.under_name(feed, name), site, "atom")
    return files


def _health(round_: Round, sources: tuple[SourceState, ...]) -> bytes:
    """Note what is news about the sources, and render what was told of them."""
    health = round_.store.health
    before, latest = health.last(), health.latest_entries()
    found = (
        news_of(state, before.get(state.id), latest=latest.get(state.id), at=round_.at) for state in sources
    )
    with round_.store.transaction():
        for event in filter(None, found):
            health.tell(event)
    states = {state.id: state for state in sources}
    return render_health(health.newest(limit=MOST_EVENTS), states, round_.settings.site, under=round_.under)


def _choose_all(round_: Round) -> dict[Output, tuple[Key, ...]]:
    """Return the items of every output; all leads are settled, since they date what is chosen by date."""
    store, settings = round_.store, round_.settings
    if store.shelf.has_leftovers():
        _settle_leads(store, set(store.archive.parted()))
    while True:
        chosen = {output: choose(store, settings, output) for output in round_.outputs}
        if not _settle_leads(store, {story_id for keys in chosen.values() for story_id, _ in keys}):
            return chosen


def choose(store: Store, settings: Settings, output: Output) -> tuple[Key, ...]:
    """Return the items of an output: local articles however old, and the newest."""
    limit = output.limit or settings.publish.limit
    if output.collapse == "entries":
        return store.shelf.newest_entries(output, limit=limit)
    articles = store.shelf.of_articles(output, limit=min(MOST_ARTICLES, (limit + 1) // 2))
    newest = store.shelf.newest(output, limit=limit)
    return tuple((story_id, "") for story_id in dict.fromkeys(articles + newest))[:limit]


def _settle_leads(store: Store, story_ids: set[str]) -> bool:
    """Fix who leads the stories that are about to appear for the first time; say whether that moved any."""
    new = store.shelf.unpublished(sorted(story_ids))
    if not new:
        return False
    with store.transaction():
        moved = [
            store.shelf.publish(story_id, lead_id=choose_lead(store.shelf.members(story_id)))
            for story_id in new
        ]
    return any(moved)


def _leftovers(store: Store, root: Path) -> tuple[str, ...]:
    """Return the names of stories that have a page, and nothing published stands behind it any more."""
    folder = root / "story"
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    return tuple(sorted(there - store.shelf.named()))


def _strangers(root: Path, files: Collection[str]) -> list[str]:
    """Return the names of files that are not, and do not go with, one of these."""
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    return sorted(there - set(files) - {f"{name}{ending}" for name in files for ending in ENDINGS})


def _pages_of(story_ids: tuple[str, ...]) -> list[str]:
    return [f"story/{story_id}/{FORMATS[name].file}" for story_id in story_ids for name in ("story", "atom")]


def _stale(round_: Round, root: Path) -> list[str]:
    """Return the files of tags and outputs that are no more, and of formats no longer wanted."""
    known = json.loads(round_.store.fact("outputs", at_first="[]"))
    tags = root / "tag"
    folders = {*known, *(f"tag/{path.name}/" for path in (tags.iterdir() if tags.is_dir() else ()))}
    wanted = {f"{folder_of(o)}{FORMATS[name].file}" for o in round_.outputs for name in formats_of(o)}
    files = {format_.file for format_ in FORMATS.values()}
    return sorted({f"{folder}{file}" for folder in folders for file in files} - wanted)
