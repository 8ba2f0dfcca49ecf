"""What goes into each edition: items arranged once, coverage within its budget, outputs as configured."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from aggregator.ids import mint
from aggregator.model import Edition, Item, Shown, SourceState, StoryRecord, Tombstone
from aggregator.pipeline.memory import Arranged, Files, Key, Memory, Rendered
from aggregator.publish.hubs import is_told
from aggregator.publish.kept import kept
from aggregator.publish.outputs import (
    folder_of,
    formats_of,
    heading_of,
    is_combined,
    is_complete,
    is_of_tag,
    title_of,
)
from aggregator.publish.titles import Titles
from aggregator.settings import Output, Settings
from aggregator.store import Store
from aggregator.stories.budget import budgeted, bumped
from aggregator.stories.coverage import arrange

ON_A_STORY_PAGE = 100  # lines about its subject, at most; of its event all
ON_A_SOURCE_PAGE = 30  # entries
NEVER = datetime.fromisoformat("2000-01-01T00:00:00Z")


@dataclass(slots=True, kw_only=True)
class Round:
    """One publish: what it needs again and again."""

    store: Store
    settings: Settings
    outputs: tuple[Output, ...]
    tags: tuple[str, ...]
    under: str  # what ids are minted under
    titles: Titles
    at: datetime  # the latest moment the store knows of
    is_all: bool = False  # whether every page is rendered, changed or not
    tombstones: tuple[Tombstone, ...] = ()
    pages: int = 0  # of the archive
    whole: dict[Key, Item] = field(default_factory=dict)  # with all coverage: for pages
    fed: dict[Key, Item] = field(default_factory=dict)  # with as much as feeds may show
    records: dict[Key, StoryRecord] = field(default_factory=dict)
    rendered: dict[Files, Rendered] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    shown: dict[str, Shown] = field(default_factory=dict)  # by leading entry
    changed: dict[str, Shown] = field(default_factory=dict)  # of these, what is to be remembered

    def recall(self, memory: Memory, sources: Iterable[SourceState]) -> None:
        """Take what was arranged at the last publish, but for what was touched since."""
        self.memory = memory
        memory.begin(self.settings, sources, self.store.shelf.touched())

    def arrange(self, keys: Iterable[Key]) -> None:
        """Arrange items, and note what of their coverage goes out."""
        new = [key for key in dict.fromkeys(keys) if key not in self.whole]
        for key in new:
            self._read(key)
        open_ = [key for key in new if not self._is_settled(key)]
        stored = self.store.shown.of(self.whole[key].entry.id for key in open_)
        for key in open_:
            self._feed(key, stored.get(self.whole[key].entry.id))

    def key_of(self, story_id: str, lead_id: str) -> Key:
        """Return the key of an item: that of the story itself, where it is known to be led so."""
        own = (story_id, "")
        known = self.memory.get(own)
        whole = self.whole.get(own) or (known and known.whole)
        return own if whole and whole.entry.id == lead_id else (story_id, lead_id)

    def _read(self, key: Key) -> None:
        if known := self.memory.get(key):
            self.records[key], self.whole[key] = known.record, known.whole
            return
        record = self.store.shelf.record(key[0], lead_id=key[1])
        self.records[key] = record
        self.whole[key] = arrange(self.titles.shown(record), limit=self.settings.publish.coverage)

    def _is_settled(self, key: Key) -> bool:
        """Take an item as it was at the last publish, if it can be no other; say whether it was taken."""
        known = self.memory.get(key)
        if known is None or not known.is_settled:
            return False
        self.fed[key], self.shown[known.whole.entry.id] = known.fed, known.shown
        return True

    def _feed(self, key: Key, stored: Shown | None) -> None:
        item, known = self.whole[key], self.memory.get(key)
        lead, settle = item.entry.id, self.settings.publish.max_age
        before = self.shown.get(lead) or stored
        outlets = _outlets(self.records[key])
        fed, now = budgeted(item, before, outlets=outlets, at=self.at, settle=settle)
        self.fed[key], self.shown[lead] = known.fed if known and known.fed == fed else fed, now
        if now != before:
            self.changed[lead] = now

    def remember(self) -> None:
        """Keep what was arranged for the next publish."""
        arranged = {
            key: Arranged(
                record=self.records[key],
                whole=whole,
                fed=self.fed[key],
                shown=self.shown[whole.entry.id],
            )
            for key, whole in self.whole.items()
        }
        self.memory.keep(arranged, self.rendered)

    def edition(self, output: Output, items: Iterable[Item] = ()) -> Edition:
        """Make the edition of an output from its items, newest first."""
        site = self.settings.site
        kind = "all" if is_combined(output) else output.name if is_of_tag(output) else f"output/{output.name}"
        wanted = (self._as_wanted(item, output) for item in items)
        ordered = tuple(sorted(wanted, key=lambda item: (item.date, item.story_id, item.guid), reverse=True))
        return Edition(
            folder=folder_of(output),
            id=mint(self.under, "feed", kind),
            title=title_of(output, site),
            heading=heading_of(output),
            subtitle=site.subtitle,
            items=ordered,
            tags=self.tags,
            outputs=tuple((heading_of(o), folder_of(o)) for o in self.outputs if _is_public(o)),
            formats=formats_of(output),
            hubs=self.settings.publish.hubs if is_told(output) else (),
            tombstones=self.tombstones,
            is_complete=is_complete(output),
            updated=max((item.updated for item in ordered), default=NEVER),
            ttl_minutes=int(self.settings.publish.max_age.total_seconds()) // 60,
        )

    def _as_wanted(self, item: Item, output: Output) -> Item:
        if output.full_text not in (None, item.is_full_text) and not item.follow_up:
            item = _turned(item)
        is_bumped = output.update == "bump" and not item.follow_up
        return bumped(item, self.shown[item.entry.id]) if is_bumped else item

    def story(self, story_id: str) -> tuple[Edition, Edition]:
        """Make what the page of a story shows, and what its own feed carries: every telling."""
        record = self.records.get((story_id, "")) or self.store.shelf.record(story_id)
        item = arrange(self.titles.shown(record), limit=ON_A_STORY_PAGE, is_whole=True)
        own = [t.entry_id for t in record.members if not t.copy_of or t.entry_id == record.lead.id]
        alone = replace(record, related=())
        told = (alone,) if own == [record.lead.id] else self.store.shelf.tellings(alone, own)
        tellings = tuple(arrange(telling, limit=0) for telling in map(self.titles.shown, told))
        latest = max((telling.updated for telling in tellings), default=item.updated)
        page = self.under_name(
            Edition(folder="", id="", title=item.entry.title, items=(item,), updated=item.updated), story_id
        )
        return page, replace(page, items=tellings, updated=latest)

    def under_name(self, edition: Edition, name: str) -> Edition:
        """Return an edition of a story under its own name, or one of a story that became part of it."""
        return replace(edition, folder=f"story/{name}/", id=mint(self.under, "story", name))

    def source(self, state: SourceState) -> Edition:
        """Make what the page of a source shows and its feed carries: its newest entries, each for itself."""
        records = self.store.shelf.of_source(state.id, limit=ON_A_SOURCE_PAGE)
        items = tuple(arrange(record, limit=0) for record in map(self.titles.shown, records))
        return Edition(
            folder=f"source/{state.id}/",
            id=mint(self.under, "source", state.id),
            title=state.title,
            subtitle=state.feed.subtitle,
            items=items,
            updated=max((item.updated for item in items), default=NEVER),
            formats=("atom", "html"),
        )


@kept
def _turned(item: Item) -> Item:
    """Return an item with its whole text where it had an excerpt, and the other way round."""
    return replace(item, is_full_text=not item.is_full_text)


def _is_public(output: Output) -> bool:
    return not (is_combined(output) or is_of_tag(output) or output.token or "html" not in formats_of(output))


def _outlets(record: StoryRecord) -> dict[str, str]:
    return {telling.entry_id: telling.outlet for telling in record.members + record.related}
