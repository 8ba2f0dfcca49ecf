"""The front door for programs, as `cli` is for people: what `import aggregator` offers.

    with aggregator.open("feeds.yaml") as planet:
        planet.refresh()
        for story in planet.search("bridge"):
            print(story.entry.title, story.outlets)

What comes back are nouns of `aggregator.model`, frozen. Reading goes on beside an aggregator that is at work;
`refresh` and `publish` need to be the only one. Every error is an `aggregator.errors.AggregatorError`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from aggregator import pipeline
from aggregator.config import load_settings
from aggregator.errors import UnknownError
from aggregator.model import (
    Account,
    Entry,
    Explanation,
    Item,
    Refreshed,
    SourceReport,
    SourceState,
    Whereabouts,
)
from aggregator.publish.titles import Titles
from aggregator.settings import Settings
from aggregator.store import Store
from aggregator.stories.coverage import arrange

__all__ = ["Aggregator", "open_aggregator", "utc_now"]

MOST_ENTRIES = 100
ALL = 1_000_000  # entries that a search looks at: nobody else waits for it

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def open_aggregator(
    config: Path | str | Settings = "feeds.yaml", *, clock: Clock | None = None
) -> Iterator["Aggregator"]:
    """Open an aggregator by its configuration, and close it afterwards; nothing is made or asked by that.

    Raises: ConfigError with every fault of the configuration.
    """
    settings = config if isinstance(config, Settings) else load_settings(Path(config))
    with ExitStack() as held:
        yield Aggregator(settings, held=held, clock=clock or utc_now)


class Aggregator:
    """What a program may do and see. Made by `aggregator.open`; belongs to one thread at a time."""

    def __init__(self, settings: Settings, *, held: ExitStack, clock: Clock) -> None:
        self._given, self._held, self._clock = settings, held, clock
        self._opened: Store | None = None

    @property
    def settings(self) -> Settings:
        """The configuration, with the feeds that followed lists named when they were read last."""
        if not pipeline.has_store(self._given):
            return self._given
        with self._reading() as (_, settings):
            return settings

    # ------------------------------------------------------------ doing

    def refresh(
        self,
        *,
        only: frozenset[str] | None = None,
        each: Callable[[SourceReport, int], None] = lambda _, __: None,
    ) -> Refreshed:
        """Ask the sources that are due, group what is new, publish, tell hubs: what `run --once` does.

        Args:
            only: ids of sources; just these, due or not.
            each: told of every source as it comes back, and of how many that is one.
        Raises: BusyError when another aggregator is at work; StoreError when the store cannot be used;
            UnknownError when no source has such an id.
        """
        clock, reports = self._clock, list[SourceReport]()
        with pipeline.open_house(self._given, now=clock()) as (store, engine):
            for _ in range(2):  # the second time what lists named the first time
                settings = pipeline.prepare(store, self._given, now=clock(), is_spread=False)
                _expect(only or (), settings)
                total = len(reports) + len(only or settings.sources)
                for report in pipeline.refresh(store, settings, engine, clock=clock, only=only):
                    reports.append(report)
                    each(report, total)
                if only or not any(report.is_other_list for report in reports):
                    break
            pipeline.bring_pages(store, settings, engine, clock=clock)
            desk = pipeline.open_desk(store, settings)
            placed = pipeline.regroup(store, desk, now=clock())
            pipeline.save_desk(store, desk)
            written, removed = pipeline.publish(store, settings)
            untold = pipeline.ping_all(store, engine, clock=clock)
            for path in pipeline.settled_files(settings, now=clock()):  # last: nobody waits for it
                pipeline.pack(path)
        done = {"placed": placed, "written": written, "removed": removed, "untold": untold}
        return Refreshed(reports=tuple(reports), **done)

    def publish(self) -> tuple[int, int]:
        """Publish what is stored as it is configured now, and ask nobody.

        Returns: how many files were written and removed.
        Raises: as `refresh`.
        """
        with pipeline.open_alone(self._given, now=self._clock()) as store:
            settings = pipeline.prepare(store, self._given, now=self._clock())
            return pipeline.publish(store, settings)

    # ------------------------------------------------------------ looking

    def sources(self) -> tuple[SourceState, ...]:
        """Return what is known of the configured sources, also of those that were never asked."""
        settings, now = self.settings, self._clock()
        states = {source.id: pipeline.first_state(source, settings, now) for source in settings.sources}
        if not pipeline.has_store(settings):
            return tuple(states.values())
        with self._reading() as (store, _):
            pushed = pipeline.subscriptions_of(store, now=now)
            stored = (replace(state, pushed=pushed.get(state.id)) for state in store.sources.all())
            return tuple((states | {state.id: state for state in stored if state.id in states}).values())

    def stories(self, output: str = "all") -> tuple[Item, ...]:
        """Return the items of an output, newest first, as a publish would choose them now.

        Args:
            output: its name: "all", "tag/music", or one of `outputs:`.
        Raises: UnknownError when there is no such output; StoreError when nothing is stored.
        """
        with self._reading() as (store, settings):
            outputs = {found.name: found for found in pipeline.outputs_of(settings)}
            if output not in outputs:
                raise UnknownError(f"no output is named {output!r}; there are {', '.join(outputs)}")
            limit = settings.publish.coverage
            keys = pipeline.choose(store, settings, outputs[output])
            records = (store.shelf.record(story, lead_id=lead) for story, lead in keys)
            titles = Titles(settings.sources)
            items = (arrange(titles.shown(record), limit=limit) for record in records)
            return tuple(sorted(items, key=lambda i: (i.date, i.story_id, i.guid), reverse=True))

    def entries(
        self,
        *,
        sources: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = MOST_ENTRIES,
    ) -> tuple[Entry, ...]:
        """Return what sources told, each entry by itself, newest first.

        Args:
            sources: ids; of all when empty.
            since, until: dates of entries, the first included, the second not.
        Raises: UnknownError when no source has such an id; StoreError when nothing is stored.
        """
        _expect(sources, self.settings)
        with self._reading() as (store, _):
            return store.entries.newest(sources=sources, since=since, until=until, limit=limit)

    def search(
        self,
        query: str,
        *,
        sources: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        is_oldest_first: bool = False,
        limit: int = pipeline.MOST_FOUND,
    ) -> tuple[Item, ...]:
        """Return the stories with these words in a headline or excerpt, as the search page finds them.

        Args:
            query: words that must all stand there; "two words" side by side, begin* of one, a comma parts
                alternatives.
            sources: only what one of these told of in these words.
            since, until: dates of stories, the first included, the second not.
        Raises: QueryError when there is nothing to look for; UnknownError when no source has such an id;
            StoreError when nothing is stored.
        """
        _expect(sources, self.settings)
        with self._reading() as (store, settings):
            return pipeline.find(
                store,
                settings,
                query,
                sources=sources,
                since=since,
                until=until,
                is_oldest_first=is_oldest_first,
                limit=limit,
                most=ALL,
            )

    def story(self, name: str) -> Account:
        """Tell all of one story, by its id or how that begins, its page, or an entry of it.

        Raises: UnknownError when no story is named so, or several are; StoreError when nothing is stored.
        """
        with self._reading() as (store, settings):
            return pipeline.account_of(store, settings, name)

    def explain(self, one: str, two: str = "") -> Explanation:
        """Say why two entries are together or apart; or one, and the nearest when it came.

        Raises: UnknownError when no entry is named so, or several are; StoreError when nothing is stored.
        """
        with self._reading() as (store, settings):
            return pipeline.explain(store, settings, one, two)

    def whereabouts(self, name: str) -> Whereabouts:
        """Say where an entry is published, and where not and why.

        Raises: UnknownError when no entry is named so, or several are; StoreError when nothing is stored.
        """
        with self._reading() as (store, settings):
            return pipeline.whereabouts(store, settings, name)

    # ------------------------------------------------------------ helpers

    @contextmanager
    def _reading(self) -> Iterator[tuple[Store, Settings]]:
        """Read as of one moment, on a connection that stays open, by the configuration of then."""
        if self._opened is None:
            self._opened = self._held.enter_context(pipeline.open_to_read(self._given))
        with self._opened.snapshot():
            yield self._opened, pipeline.followed(self._opened, self._given)


def _expect(names: Sequence[str] | frozenset[str], settings: Settings) -> None:
    """Raise UnknownError unless all of these are ids of sources."""
    if unknown := sorted(set(names) - {source.id for source in settings.sources}):
        raise UnknownError(f"no source is named {', '.join(unknown)}; `aggregator list` names them")
