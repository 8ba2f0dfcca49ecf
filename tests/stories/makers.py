"""Makers of what the desk remembers: entries as they are after reading, with weights that a test gives."""

from collections.abc import Mapping, Sequence
from typing import Any

from aggregator.stories.lexicon import STEPS
from aggregator.stories.live import Live, Story
from aggregator.stories.shingles import hashes, shingles
from aggregator.stories.words import read
from tests.world import a_brief


def a_live(
    name: str,
    vector: Mapping[str, float] | str,
    *,
    order: int = 1,
    language: str = "en",
    issues: int = 0,
    names: Sequence[str] = (),
    **given: Any,
) -> Live:
    """Make an entry that was read; a vector given as words weighs all of them alike."""
    live = Live(a_brief(name, **given), order)
    reading = read(a_brief(name, **given))
    live.read(reading, shingles(hashes((*reading.title, *reading.text))))
    words = vector.split() if isinstance(vector, str) else []
    live.weigh(
        dict.fromkeys(words, int(STEPS / max(1, len(words)) ** 0.5) / STEPS)
        if isinstance(vector, str)
        else dict(vector)
    )
    live.language, live.issues = language, issues
    live.names = frozenset(names) if names else live.names
    return live


def a_story(*members: Live) -> Story:
    """Make a story that the first of its members founded."""
    story = Story(members[0].entry_id, members[0].order, members[0])
    for live in members:
        story.add(live)
    return story
