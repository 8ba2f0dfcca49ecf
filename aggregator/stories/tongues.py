"""Find the story that an entry tells of in another language, by the meaning of the two.

Only for who has a model (`stories.model`), and only between languages: within one, words tell more. The
nearest entries count, less for each day between; a second member of a story must agree; numbers, issues and
series forbid it as they do among words.
"""

import math
from array import array
from operator import mul

from aggregator.model import Brief, Evidence, Space
from aggregator.stories.events import differ
from aggregator.stories.live import DAY, Live, Story

MOST_TEXT = 600  # characters of an entry that are looked at
LESS_PER_DAY = 0.02  # cosine
SECOND_AGREES = 0.1  # below what is asked of the first

Near = list[tuple[float, Live]]


class Tongues:
    """Live entries by what they mean; without a space there are none."""

    def __init__(self, space: Space | None, alike: float) -> None:
        self._space, self._alike = space, alike
        self._live: dict[int, Live] = {}

    def read(self, live: Live, brief: Brief) -> None:
        """Take in what an entry means."""
        if self._space is not None and live.language:
            live.meaning = self._space.embed(f"{brief.title}. {brief.text}"[:MOST_TEXT])

    def add(self, live: Live) -> None:
        if self._space is not None and live.meaning:
            self._live[live.order] = live
            self._space.add(live.order, live.meaning, live.language)

    def remove(self, live: Live) -> None:
        if self._space is not None and live.order in self._live:
            del self._live[live.order]
            self._space.remove(live.order, live.meaning, live.language)

    def find(self, live: Live) -> tuple[Story, str, Evidence] | None:
        """Return the story that tells the same elsewhere, its nearest entry, and how alike they are."""
        if self._space is None or not live.meaning or live.is_series:
            return None
        found = self._space.near(live.meaning, language=live.language)
        told = [(cosine, self._live[order]) for cosine, order in found]
        near = sorted(((faded(cosine, live, other), other) for cosine, other in told), key=_first)
        if not near or near[0][0] < self._alike:
            return None
        story = near[0][1].story
        of_story = [pair for pair in near if pair[1].story is story]
        if veto_of(live, story, of_story, self._alike):
            return None
        because = Evidence(rung="meaning", score=near[0][0], threshold=self._alike)
        return story, near[0][1].entry_id, because


def compare(live: Live, other: Live, alike: float) -> Evidence | None:
    """Hold two entries against each other by what they mean; None where they are of one language."""
    is_known = live.meaning and len(live.meaning) == len(other.meaning)
    if not is_known or live.language == other.language:
        return None
    score = faded(cosine(live.meaning, other.meaning), live, other)
    story = Story(other.entry_id, other.order, other)
    story.add(other)
    veto = veto_of(live, story, [(score, other)], alike)
    return Evidence(rung="meaning", score=score, threshold=alike, veto=veto)


def cosine(one: bytes, two: bytes) -> float:
    """Return the cosine of two vectors, a signed byte a component."""
    a, b = array("b", one), array("b", two)
    return float(sum(map(mul, a, b)) / math.sqrt(sum(map(mul, a, a)) * sum(map(mul, b, b))))


def faded(cosine: float, live: Live, other: Live) -> float:
    return cosine - LESS_PER_DAY * abs(live.moment - other.moment) / DAY


def veto_of(live: Live, story: Story, near: Near, alike: float) -> str:
    """Return why an entry must not join a story in another language, or nothing."""
    nearest = near[0][1]
    if nearest.is_series:
        return "the other is one of a series"
    if differ(live.ordinals, nearest.ordinals):
        return "they number what they tell of differently"
    numbers, others = _numbers(live), _numbers(nearest)
    if numbers and others and not numbers & others:
        return "the numbers in their titles are others"
    if len(story.members) > 1 and (len(near) < 2 or near[1][0] < alike - SECOND_AGREES):
        return "no second member of the story agrees"
    return ""


def _numbers(live: Live) -> set[str]:
    return {word for word in live.title if word[0].isdigit()}


def _first(pair: tuple[float, Live]) -> tuple[float, int]:
    return -pair[0], pair[1].order
