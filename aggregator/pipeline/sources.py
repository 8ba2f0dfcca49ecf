"""The pages and feeds of sources: those that would be others than those that are out."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path

from aggregator.model import SourceEvent, SourcePage, SourceState
from aggregator.pipeline.editions import Round
from aggregator.publish import FORMATS, render
from aggregator.publish.history import DAYS
from aggregator.publish.html import render_source
from aggregator.publish.standing import standing_of
from aggregator.store import Store

FOLDER = "source/"
MOST_EVENTS = 10  # on a page


def shows_of(sources: Iterable[SourceState], events: Mapping[str, SourceEvent]) -> dict[str, str]:
    """Return, by source, a digest of what its page says of it besides its entries.

    Args:
        events: what was told last of each.
    """
    return {state.id: _digest(state, events.get(state.id)) for state in sources}


def stale_pages(store: Store, root: Path, shows: Mapping[str, str]) -> tuple[str, ...]:
    """Return the sources whose pages are stale or not there, those that wait longest first."""
    stale = store.source_pages.stale(shows)
    folder, page = root / FOLDER, FORMATS["html"].file
    lost = {name for name in shows if not (folder / f"{name}/{page}").exists()}
    return (*stale, *sorted(lost - frozenset(stale)))


def source_files(round_: Round, sources: Iterable[SourceState]) -> dict[str, bytes]:
    """Render the pages and feeds of some sources."""
    files: dict[str, bytes] = {}
    for state in sources:
        files |= _files(round_, state)
    return files


def files_of_gone(root: Path, sources: Iterable[SourceState]) -> list[str]:
    """Return the files of sources that are read no more."""
    folder = root / FOLDER
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    gone = sorted(there - {state.id for state in sources})
    return [f"{FOLDER}{name}/{FORMATS[form].file}" for name in gone for form in ("html", "atom")]


def _files(round_: Round, state: SourceState) -> dict[str, bytes]:
    store, edition = round_.store, round_.source(state)
    page = SourcePage(
        state=state,
        days=tuple(store.source_pages.days(state.id, most=DAYS).items()),
        events=store.health.of(state.id, limit=MOST_EVENTS),
    )
    site = round_.settings.site
    return render(edition, site, "atom") | {
        f"{edition.folder}{FORMATS['html'].file}": render_source(edition, site, page=page)
    }


def _digest(state: SourceState, event: SourceEvent | None) -> str:
    shown = (
        standing_of(state),
        (state.title, state.address, state.moved_to, state.tags, state.entries, state.is_full_text),
        (state.feed.url, state.feed.subtitle, state.feed.language),
        event and event.seq,
    )
    return blake2b(repr(shown).encode("utf-8", "replace"), digest_size=8).hexdigest()
