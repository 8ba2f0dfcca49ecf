"""The desk at which every new entry is placed: copy, member of a story, or founder of one.

Entries come one at a time and in any order. What was placed stays placed, but for stories that turn out to
be one (the older lives) or two (the part with the first member keeps the id). Restored from what it wrote
down, the desk decides as if it had never been away.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from aggregator.model import Brief, Evidence, Merger, Placed, Placement, Relation, Space, Split
from aggregator.settings import Stories
from aggregator.stories.copies import TITLES_ALIKE, Copies, titles_alike
from aggregator.stories.events import ALONE_WITH_IT, Events, Match, shared_words
from aggregator.stories.learned import Learned
from aggregator.stories.lexicon import Background
from aggregator.stories.live import Live, Story
from aggregator.stories.overrides import Overrides
from aggregator.stories.relations import about, gather, neighbors
from aggregator.stories.shape import MERGES, are_one, parts_of
from aggregator.stories.shingles import hashes, runs, shingles
from aggregator.stories.subjects import Subjects
from aggregator.stories.titles import mask
from aggregator.stories.tongues import Tongues
from aggregator.stories.window import Window
from aggregator.stories.words import Reading, read


class Desk:
    """Where entries are placed into stories; a function of the entries in the order in which they came."""

    def __init__(
        self, settings: Stories, *, background: Background | None = None, space: Space | None = None
    ) -> None:
        self._settings, self._window = settings, Window(settings.window.total_seconds())
        self._overrides = Overrides(settings.overrides)
        self._learned = Learned(background or {})
        self._copies, self._events, self._subjects = (
            Copies(settings.copies),
            Events(settings.joins),
            Subjects(),
        )
        self._tongues = Tongues(space, settings.alike)
        self._stories: dict[str, Story] = {}
        self._ruled: dict[int, Live] = {}  # override → the first entry that it put together
        self._order = 0
        self._gone: list[str] = []
        self.unsaved = 0  # decisions since `dump`

    # ------------------------------------------------------------ placing

    def place(self, brief: Brief) -> Placement:
        """Decide where a new entry belongs, and remember it."""
        self._order += 1
        self.unsaved += 1
        live, reading, seen = self._read(brief, self._order)
        placement = (
            self._place_by_rule(brief, live, reading, seen)
            or self._place_by_text(live, reading)
            or self._place_by_event(live, reading, seen)
        )
        is_pinned = self._pin(brief, live)
        is_live = brief.entry_id in self._window or self._subjects.has(live)
        return replace(placement, is_pinned=is_pinned, features=live.pack() if is_live else b"")

    def _read(self, brief: Brief, order: int) -> tuple[Live, Reading, "_Seen"]:
        live, reading = Live(brief, order), read(brief)
        self._advance(live.moment)
        threes = shingles(hashes((*reading.title, *reading.text)))
        found = runs(threes)
        furniture = self._learned.furniture.among(found)
        live.read(reading, _telling(threes, furniture) if furniture else threes)
        shown = (*reading.title, *reading.text[: reading.shown])
        live.language = self._learned.lexicon.guess(shown, reading.language)
        live.issues = self._learned.series.count(live.source_id, mask(reading.title), live.moment)
        self._tongues.read(live, brief)
        return live, reading, _Seen(furniture, found)

    def _place_by_rule(self, brief: Brief, live: Live, reading: Reading, seen: "_Seen") -> Placement | None:
        """Place an entry as an override says; the first of a `merge` is placed as any other."""
        found = self._overrides.of(brief)
        if found is None:
            return None
        number, override = found
        first = self._ruled.setdefault(number, live)
        if first is live and override.action == "merge":
            return None
        story = None if first is live or override.action == "never" else first.home
        copied = self._copied(live, reading)
        if story is not None and copied and copied[0].home is story:
            return self._place_copy(live, *copied)
        because = Evidence(
            rung="rule", score=1.0, threshold=1.0, veto=f"overrides[{number - 1}]: {override.action}"
        )
        rarity, counts = self._learned.weigh(live, reading, seen.furniture)
        del rarity
        self._join(live, story, counts, seen)
        self._remember(live, is_alone=override.action == "never")
        near = "" if first is live else first.entry_id
        return Placement(
            entry_id=live.entry_id, order=live.order, story_id=live.home.id, because=because, near=near
        )

    def _place_by_text(self, live: Live, reading: Reading) -> Placement | None:
        copied = self._copied(live, reading)
        return self._place_copy(live, *copied) if copied else None

    def _copied(self, live: Live, reading: Reading) -> tuple[Live, Evidence] | None:
        """Return the entry that this one is a copy of, and why."""
        near = self._copies.same_address(live)
        if near is not None and titles_alike(live, near) >= TITLES_ALIKE:
            return near, Evidence(rung="url", score=1.0, threshold=1.0)
        return self._copies.find(live, reading)

    def _place_copy(self, live: Live, near: Live, because: Evidence) -> Placement:
        live.lead = near.lead or near
        self._remember(live)
        return Placement(
            entry_id=live.entry_id,
            order=live.order,
            story_id=live.home.id,
            copy_of=live.lead.entry_id,
            because=because,
            near=near.entry_id,
        )

    def _place_by_event(self, live: Live, reading: Reading, seen: "_Seen") -> Placement:
        rarity, counts = self._learned.weigh(live, reading, seen.furniture)
        matches = self._events.matches(live, rarity)
        story, near, because = self._choose(live, matches)
        if story is None:
            story, near, because = self._tongues.find(live) or (None, near, because)
        story = self._join(live, story, counts, seen)
        self._remember(live)
        mergers = self._merge(story, matches) if because.rung == "event" and not live.is_series else ()
        split = self._part(live.home)
        return Placement(
            entry_id=live.entry_id,
            order=live.order,
            story_id=live.home.id,
            because=because,
            near=near,
            relations=(*neighbors(live, matches), *about(live, self._subjects)),
            mergers=mergers,
            split=split,
        )

    def _choose(self, live: Live, matches: list[Match]) -> tuple[Story | None, str, Evidence]:
        """Return the story to join, or None to found one, the entry compared with, and why."""
        same = self._copies.same_address(live)
        if same is not None:  # another text at one address: a comment on it
            return same.home, same.entry_id, Evidence(rung="url", score=1.0, threshold=1.0)
        if not matches:
            return None, "", Evidence(rung="none", score=0.0, threshold=self._settings.joins)
        best = matches[0]
        nearest = best.near[0][1]
        because = Evidence(
            rung="event" if best.joins else "none",
            score=best.score,
            threshold=best.threshold,
            shared=shared_words(live.vector, nearest.vector),
            parts=best.parts,
            veto=best.veto,
        )
        return (best.story if best.joins else None), nearest.entry_id, because

    def _join(self, live: Live, story: Story | None, counts: dict[str, float], seen: "_Seen") -> Story:
        """Make an entry a member of a story, or where there is none its founder, and learn from it."""
        self._learned.lexicon.learn(counts.keys(), live.language, story.words if story else None)
        if story is None:
            story = self._stories[live.entry_id] = Story(live.entry_id, live.order, live)
        self._learned.furniture.learn(seen.runs, story.order)
        story.add(live)
        return story

    # ------------------------------------------------------------ shape

    def _merge(self, story: Story, matches: list[Match]) -> tuple[Merger, ...]:
        """Merge the story that was joined with the runner-up, where they are one."""
        if len(matches) < 2 or matches[1].score < matches[1].threshold:
            return ()
        if matches[1].veto not in ("", ALONE_WITH_IT):
            return ()
        rival = matches[1].story
        if self._is_ruled(story) or self._is_ruled(rival) or not are_one(story, rival):
            return ()
        old, young = (story, rival) if story.order < rival.order else (rival, story)
        self._learned.lexicon.unlearn(old.words.keys() & young.words.keys(), young.language)
        for member in list(young.members):
            old.add(member)
        young.members, young.into = [], old
        self._stories.pop(young.id, None)
        because = Evidence(rung="merge", score=matches[1].score, threshold=MERGES)
        return (Merger(story_id=old.id, gone_id=young.id, because=because),)

    def _is_ruled(self, story: Story) -> bool:
        return any(live.home is story for live in self._ruled.values())

    def _part(self, story: Story) -> Split | None:
        parts = None if self._is_ruled(story) else parts_of(story)
        if parts is None:
            return None
        leaving = parts[1]
        founder = leaving[0]
        fresh = self._stories[founder.entry_id] = Story(founder.entry_id, founder.order, founder)
        for member in leaving:
            story.remove(member)
            fresh.add(member)
        return Split(story_id=story.id, new_id=fresh.id, entry_ids=self._window.with_copies(leaving))

    # ------------------------------------------------------------ remembering

    def restore(self, brief: Brief, placed: Placed, *, is_learned: bool = True) -> None:
        """Remember an entry that was placed before, without deciding again; in the order of placing.

        Args:
            is_learned: whether what it teaches is in the memory that was loaded.
        """
        self._order = max(self._order, placed.order)
        if is_learned and not placed.features:
            return  # an old member of a pinned story
        if is_learned:
            live = Live(brief, placed.order)
            self._advance(live.moment)
            live.unpack(placed.features)
            seen = counts = None
        else:
            live, reading, seen = self._read(brief, placed.order)
            _, counts = self._learned.weigh(live, reading, seen.furniture)
        story = self._stories.get(placed.story_id)
        if not placed.copy_of and seen and counts and not is_learned:
            self._learned.lexicon.learn(counts.keys(), live.language, story.words if story else None)
            self._learned.furniture.learn(seen.runs, placed.story_order)
        if story is None:
            story = self._stories[placed.story_id] = Story(placed.story_id, placed.story_order, live)
        if placed.copy_of:
            live.lead = self._window.get(placed.copy_of) or _stand_in(placed.copy_of, brief, story)
        else:
            story.add(live)
        found = self._overrides.of(brief)
        if found:
            self._ruled.setdefault(found[0], live)
        self._pin(brief, live)
        self._remember(live, is_alone=bool(found and found[1].action == "never"))

    @property
    def has_open_rules(self) -> bool:
        """Whether an override puts entries together, and the first of them is not among those restored."""
        return bool(self._overrides.uniting - self._ruled.keys())

    def recall(self, brief: Brief, placed: Placed) -> None:
        """Remember the first entry that an override spoke of, though it is long gone; after what is live."""
        found = self._overrides.of(brief)
        if found is None or found[0] in self._ruled:
            return
        story = self._stories.get(placed.story_id)
        if story is None:
            story = Story(placed.story_id, placed.story_order, Live(brief, placed.order))
        self._ruled[found[0]] = _stand_in(brief.entry_id, brief, story)

    def _pin(self, brief: Brief, live: Live) -> bool:
        """Let a local article, or what an override pins, gather coverage for ever."""
        is_pinned = self._overrides.is_pinned(brief)
        if (is_pinned or live.is_article) and live.lead is None:
            self._subjects.add(live)
        return is_pinned

    def resume(self, order: int) -> None:
        """Go on counting after the last decision, whether or not what it was about is live."""
        self._order = max(self._order, order)

    def _remember(self, live: Live, *, is_alone: bool = False) -> None:
        if self._window.is_too_old(live):
            self._leave(live)
            return
        self._window.add(live)
        if is_alone:
            return
        self._copies.add(live)
        if live.lead is None:
            self._events.add(live)
            self._tongues.add(live)

    def _advance(self, moment: float) -> None:
        """Let go of what is older than the window, seen from the newest entry."""
        for live in self._window.advance(moment):
            if not self._subjects.has(live):
                self._gone.append(live.entry_id)
            self._copies.remove(live)
            self._events.remove(live)
            self._tongues.remove(live)
            self._leave(live)

    def _leave(self, live: Live) -> None:
        """Take an entry that is not live out of the members of its story; it still belongs there."""
        if live.lead is not None or live not in live.story.members:
            return
        story = live.story
        story.remove(live)
        if not story.members and not self._subjects.has(live):
            self._stories.pop(story.id, None)

    def forgotten(self) -> tuple[str, ...]:
        """Return the entries that are no longer live, once."""
        gone, self._gone = tuple(self._gone), []
        return gone

    def dump(self) -> bytes:
        """Write down what the stream taught."""
        self.unsaved = 0
        return self._learned.dump()

    def load(self, data: bytes) -> None:
        self._learned.load(data)

    # ------------------------------------------------------------ looking

    def gather(self, articles: Iterable[Brief], others: Iterable[tuple[Brief, str]]) -> Iterator[Relation]:
        """Relate new articles to entries that were placed before them, each given with its story."""
        found = [self._subjects.of(article.entry_id) for article in articles]
        subjects = [subject for subject in found if subject]
        return gather(subjects, others, self._learned) if subjects else iter(())


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where an entry's words are furniture, and the runs that it teaches."""

    furniture: frozenset[int]
    runs: list[int]


def _telling(threes: list[int], furniture: frozenset[int]) -> list[int]:
    """Return the shingles that are not all furniture."""
    return [three for i, three in enumerate(threes) if i not in furniture or i + 2 not in furniture]


def _stand_in(entry_id: str, copy: Brief, story: Story) -> Live:
    """Make a stand-in for an entry that is no longer live, for its copies to point to."""
    lead = Live(replace(copy, entry_id=entry_id), 0)
    lead.story = story
    return lead
