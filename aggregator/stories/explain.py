"""Say why two entries are one text, one event, or neither: every rung, and what would have to change."""

from aggregator.model import Brief, Evidence, Placed, Space
from aggregator.settings import Stories
from aggregator.stories.copies import FARTHEST, TITLES_ALIKE, Surroundings, compare, titles_alike
from aggregator.stories.events import (
    ALONE,
    SHARED_WITH_SMALL,
    likeness_of,
    shared_names,
    shared_words,
    veto_of,
)
from aggregator.stories.learned import Learned
from aggregator.stories.live import DAY, Live, Story
from aggregator.stories.overrides import Overrides
from aggregator.stories.shingles import hashes, shingles
from aggregator.stories.tongues import Tongues
from aggregator.stories.tongues import compare as compare_meaning
from aggregator.stories.words import Reading, read

_MERGE = "stories.overrides: - {{action: merge, ids: [{}]}}"


def explain(
    one: tuple[Brief, Placed],
    two: tuple[Brief, Placed],
    learned: Learned,
    settings: Stories,
    *,
    space: Space | None = None,
) -> tuple[Evidence, ...]:
    """Hold two entries against each other on every rung, the strongest first.

    Each is taken by itself, as if they were alone: what the rest of a story or a neighbourhood adds is in the
    decision that was written down when the later one came.
    """
    (a, reading), (b, _) = _read(*one, learned), _read(*two, learned)
    tongues = Tongues(space, settings.alike)
    for live, (brief, _) in ((a, one), (b, two)):
        tongues.read(live, brief)
    meant = compare_meaning(a, b, settings.alike)
    return (
        *_by_rule(one[0], two[0], settings),
        _by_address(a, b),
        _by_text(a, b, reading, settings.copies),
        _by_event(a, b, settings.joins),
        *([meant] if meant else ()),
    )


def _read(brief: Brief, placed: Placed, learned: Learned) -> tuple[Live, Reading]:
    live, reading = Live(brief, placed.order), read(brief)
    if placed.features:
        live.unpack(placed.features)
    if not live.vector:  # no longer live, or a copy, which is never weighed
        live.read(reading, shingles(hashes((*reading.title, *reading.text))))
        live.language = learned.lexicon.guess((*reading.title, *reading.text), reading.language)
        learned.weigh(live, reading, frozenset())
    return live, reading


def _by_rule(a: Brief, b: Brief, settings: Stories) -> tuple[Evidence, ...]:
    overrides = Overrides(settings.overrides)
    found = {override for override in (overrides.of(a), overrides.of(b)) if override is not None}
    return tuple(
        Evidence(
            rung="rule", score=1.0, threshold=1.0, veto=f"stories.overrides[{number - 1}]: {rule.action}"
        )
        for number, rule in sorted(found, key=lambda pair: pair[0])
    )


def _by_address(a: Live, b: Live) -> Evidence:
    is_same = bool(a.address) and a.address == b.address and a.source_id != b.source_id
    veto = "the titles are too different for a copy" if is_same and titles_alike(a, b) < TITLES_ALIKE else ""
    return Evidence(rung="url", score=float(is_same), threshold=1.0, veto=veto)


def _by_text(a: Live, b: Live, reading: Reading, threshold: float) -> Evidence:
    around = Surroundings((), 0, threshold)
    found = compare(a, b, reading, around)
    if found is not None:
        return found
    apart = abs(a.moment - b.moment)
    veto = f"they are {apart / DAY:.0f} days apart" if apart > FARTHEST else ""
    mine, theirs = around.of(a), around.of(b)
    share = len(mine & theirs) / max(1, min(len(mine), len(theirs)))
    return Evidence(rung="text", score=share, threshold=threshold, veto=veto)


def _by_event(a: Live, b: Live, joins: float) -> Evidence:
    score = likeness_of(a, b)
    story = Story(b.entry_id, b.order, b)
    story.add(b)
    shared = shared_words(a.vector, b.vector)
    is_thin = len(a.vector.keys() & b.vector.keys()) < SHARED_WITH_SMALL
    parts = (("days apart", abs(a.moment - b.moment) / DAY), ("shared names", float(shared_names(a, b))))
    return Evidence(
        rung="event",
        score=score,
        threshold=joins + (ALONE if is_thin else 0.0),
        shared=shared,
        parts=parts,
        veto=veto_of(a, story, [(score, b)]),
    )


def remedies(rungs: tuple[Evidence, ...], late_id: str, *story_ids: str) -> tuple[str, ...]:
    """Say what would part two entries that are in one story, or make one of their two stories.

    Args:
        late_id: the entry that came later.
        story_ids: the stories of the two.
    """
    if len(set(story_ids)) == 1:
        return (f"to part them: stories.overrides: - {{action: split, ids: [{late_id}]}}",)
    event = next(rung for rung in rungs if rung.rung == "event")
    found = [f"to make one of the two stories: {_MERGE.format(', '.join(story_ids))}"]
    if not event.veto and event.score < event.threshold:
        missing = event.threshold - event.score
        found.append(
            f"or {missing:.3f} more likeness: more telling words in common, or less time between them"
        )
    return tuple(found)
