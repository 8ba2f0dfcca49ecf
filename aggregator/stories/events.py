"""Find the story that an entry tells of: like several of its members, near in time, nothing against it.

The score of a story is the mean likeness of its four nearest members (cosine of weighted words, fading with
the days between), and a little more or less for what kind of likeness it is: how rare the rarest shared word
is, how crowded the neighbourhood, whether the title counts what the story does not. Means of several members
keep chains from growing; a centroid would swallow its neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from math import exp, sqrt
from operator import itemgetter

from aggregator.stories.lexicon import Vector
from aggregator.stories.live import DAY, Live, Story
from aggregator.stories.postings import Postings

JOINS = 0.132  # score
NEIGHBOR = 0.12  # mean likeness with the nearest members of another story of one saga
ALONE, CROWDED = 0.165, 0.01  # more without a neighbourhood; from which likeness on there is one
SMALL, SHARED_WITH_SMALL = 12, 4  # members; words: with fewer in common, as much as alone is asked
OWN = 0.118  # more when all that is like it comes from its own source
NEAREST = 4  # members whose mean counts
FADE_PER_DAY = 0.14
OWN_SOURCE, OWN_NAMED = 0.5, 0.65  # what likeness within one source is worth: it has its phrases; with names
RARE, RARE_FROM = 0.1, 0.75
CROWD = 0.3
NUMBER, MOST_NUMBERS = 0.03, 2
LATEST_MEMBERS = 12  # whose numbers a story is held to have

WORDS_LOOKED_UP = 16
MOST_POSTINGS = 60  # the newest entries with a word
MOST_LOOKED_UP = 300  # entries in all
MOST_COMPARED = 24
MOST_COMPARED_OF_A_STORY = 6
RIVALS = 5  # stories scored

PROFILE_AGREES = 0.10  # cosine of an entry with all of its story
SECOND_AGREES = 0.06  # likeness with a second member
FEWEST_SHARED = 2  # words
SHORT_TITLE, BEYOND_A_TITLE = 3, 0.02  # words; likeness
CLEARLY, SURELY = 0.10, 0.21  # likeness: an entry this much like the best may be a round-up
AS_MUCH, UNLIKE, IN_COMMON = 0.7, 0.03, 0.2  # of the best; cosine of two stories; share of likeness
SHOWN = 8  # shared words in an explanation
SEVERAL_NAMES = 2

_likeness = itemgetter(0)
_FADE = -FADE_PER_DAY / DAY  # a second

ROUND_UP = "it tells of several stories"  # a veto against the entry, not the stories
ALONE_WITH_IT = "no second member of the story agrees"  # a veto against the entry, not the story

Near = list[tuple[float, Live]]  # members by likeness, the nearest first


@dataclass(slots=True)  # not frozen: five are made for an entry, in a third of the time
class Match:
    """How well an entry fits a story."""

    story: Story
    score: float
    near: Near
    parts: tuple[tuple[str, float], ...]  # what the score is made of
    threshold: float
    base: float  # mean likeness of the nearest members
    veto: str = ""  # looked for in the best, and where it would join or is a neighbor

    @property
    def joins(self) -> bool:
        return self.score >= self.threshold and not self.veto


class Events:
    """Live entries by their words."""

    def __init__(self, joins: float = JOINS) -> None:
        self._joins = joins
        self._live: dict[int, Live] = {}  # by order
        self._words = Postings()

    def add(self, live: Live) -> None:
        self._live[live.order] = live
        self._words.add(live.order, live.vector)

    def remove(self, live: Live) -> None:
        self._words.remove(live.order, live.vector)
        self._live.pop(live.order, None)

    def matches(self, live: Live, rarity: Vector) -> list[Match]:
        """Return the stories that an entry may belong to, the best first, each with its score and veto."""
        ranked = self._ranked(live)
        numbers = [word for word in live.title if word[0].isdigit()] if not live.is_series else []
        bases = [base for base, _ in ranked]
        found = [
            self._match(live, near, base, sum((bases[:i] + bases[i + 1 :])[:3]) / 3, rarity, numbers)
            for i, (base, near) in enumerate(ranked)
        ]
        found.sort(key=lambda match: (-match.score, match.story.order))
        round_up = ROUND_UP if is_round_up(live, ranked) else ""
        for match in found:
            is_asked = match is found[0] or match.score >= match.threshold or match.base >= NEIGHBOR
            match.veto = (veto_of(live, match.story, match.near) if is_asked else "") or round_up
        return found

    def _match(
        self,
        live: Live,
        near: Near,
        base: float,
        crowd: float,
        rarity: Vector,
        numbers: Sequence[str],
    ) -> Match:
        nearest = near[0][1]
        story = nearest.story
        shared = live.vector.keys() & nearest.vector.keys()
        rare = max([rarity[word] for word in shared], default=0.0)
        parts = (
            ("nearest", base),
            ("rarest", RARE * (rare - RARE_FROM)),
            ("crowd", -CROWD * crowd),
            ("numbers", -NUMBER * lacking(story, numbers)),
        )
        score = sum([value for _, value in parts])
        threshold = self._threshold(live, near, crowd, len(shared))
        return Match(story, score, near, parts, threshold, base)

    def _threshold(self, live: Live, near: Near, crowd: float, shared: int) -> float:
        """Return the score to join at.

        More is asked where there is no neighbourhood to compare with, where few words are shared with a small
        story, and where all that is like an entry comes from its own source, with other names in it.
        """
        if shared < SHARED_WITH_SMALL and len(near[0][1].story.members) <= SMALL:
            return self._joins + ALONE
        more = ALONE * (1 - min(1.0, crowd / CROWDED))
        is_own = all(
            other.source_id == live.source_id and shared_names(live, other) < SEVERAL_NAMES
            for _, other in near
        )
        return self._joins + (max(more, OWN) if is_own else more)

    def _ranked(self, live: Live) -> list[tuple[float, Near]]:
        """Return the rivals: stories by the mean likeness of their nearest members, the best first."""
        by_story: dict[int, Near] = {}
        for pair in self._compared(live):
            by_story.setdefault(pair[1].story.order, []).append(pair)
        ranked: list[tuple[float, int, Near]] = []
        for order, near in by_story.items():
            if len(ranked) == RIVALS and near[0][0] < -ranked[-1][0]:
                break  # a mean is no more than the nearest, and those to come are no nearer
            ranked.append((-_mean_of_nearest(near), order, near))
            ranked.sort()
            del ranked[RIVALS:]
        return [(-base, near) for base, _, near in ranked]

    def _compared(self, live: Live) -> Near:
        """Return the entries that it is worth comparing with, the nearest first, of equals the oldest."""
        others = [self._live[order] for order in sorted(self._candidates(live.vector))]
        return sorted([(likeness_of(live, other), other) for other in others], key=_likeness, reverse=True)

    def _candidates(self, vector: Vector) -> list[int]:
        """Look an entry's weightiest words up; return the entries that share most of them."""
        weights: dict[int, float] = {}
        weigh, latest, left = weights.get, self._words.latest, MOST_LOOKED_UP
        for word, weight in islice(vector.items(), WORDS_LOOKED_UP):
            found = latest(word, MOST_POSTINGS)
            left -= len(found) if len(found) > 1 else 0
            if left < 0:
                break
            square = weight * weight
            for order in found:
                weights[order] = weigh(order, 0.0) + square
        if len(weights) <= MOST_COMPARED:
            return list(weights)
        return self._most_of_each_story(sorted(weights, key=weights.__getitem__, reverse=True))

    def _most_of_each_story(self, ranked: list[int]) -> list[int]:
        chosen: list[int] = []
        of_story: dict[int, int] = {}
        for order in ranked:
            story = self._live[order].story.order
            count = of_story.get(story, 0)
            if count < MOST_COMPARED_OF_A_STORY:
                of_story[story] = count + 1
                chosen.append(order)
                if len(chosen) == MOST_COMPARED:
                    break
        return chosen


def is_round_up(live: Live, ranked: Sequence[tuple[float, Near]]) -> bool:
    """Say whether an entry tells of two stories almost as much, of each in words of its own.

    The two have nothing in common, and neither is so near that the other does not count.
    """
    if len(ranked) < 2 or ranked[1][0] < AS_MUCH * ranked[0][0] or not CLEARLY <= ranked[0][0] < SURELY:
        return False
    first, second = (near[0][1].story for _, near in ranked[:2])
    if sum(_terms(first.words, second.words).values()) > UNLIKE * sqrt(first.norm * second.norm):
        return False
    one, two = (_terms(live.vector, near[0][1].vector) for _, near in ranked[:2])
    both = one.keys() & two.keys()
    return all(sum([terms[word] for word in both]) <= IN_COMMON * sum(terms.values()) for terms in (one, two))


def _terms(a: Vector, b: Vector) -> dict[str, float]:
    """Return the words of both, with what each adds to their likeness."""
    return {word: a[word] * b[word] for word in a.keys() & b.keys()}


def lacking(story: Story, numbers: Sequence[str]) -> int:
    """Return how many of a title's numbers a story's latest members do not have; 0 where they have none."""
    has = (
        {number for member in story.members[-LATEST_MEMBERS:] for number in member.numbers} if numbers else ()
    )
    return min(MOST_NUMBERS, len(set(numbers).difference(has))) if has else 0


def veto_of(live: Live, story: Story, near: Near) -> str:
    """Return why an entry must not join a story although its score may suffice, or nothing."""
    vector = live.vector
    if len(vector.keys() & near[0][1].vector.keys()) < FEWEST_SHARED:
        return "they share one word only"
    if live.language and story.language and live.language not in (story.language, near[0][1].language):
        return f"one is in {live.language!r}, the other in {story.language!r}"
    if are_strangers(live, near[0][1]):
        return "they name different people and places"
    if differ(live.ordinals, story.ordinals):
        return f"{_listed(live.ordinals)} is not {_listed(story.ordinals)}"
    if share_a_title_only(live, near[0][1]):
        return "all that they share is a short title"
    shared = sum([vector[word] * story.words[word] for word in vector.keys() & story.words.keys()])
    if shared < PROFILE_AGREES * sqrt(story.norm):
        return "it does not fit the story as a whole"
    if len(story.members) > 1 and (len(near) < 2 or near[1][0] < SECOND_AGREES):
        return ALONE_WITH_IT
    return ""


def likeness_of(live: Live, other: Live) -> float:
    """Return how alike two entries are as evidence of one event: within one source less."""
    found = likeness(live, other)
    if live.source_id == other.source_id:
        found *= OWN_NAMED if shared_names(live, other) >= SEVERAL_NAMES else OWN_SOURCE
    return found


def shared_words(a: Vector, b: Vector) -> tuple[tuple[str, float], ...]:
    """Return the shared words that weigh most, with what each adds to the likeness."""
    return tuple(sorted(_terms(a, b).items(), key=lambda item: (-item[1], item[0]))[:SHOWN])


def likeness(a: Live, b: Live) -> float:
    """Return how alike two entries are: the cosine of their words, fading with the days between them."""
    one, two = a.vector, b.vector
    found = 0.0
    for word in one.keys() & two.keys():
        found += one[word] * two[word]
    return found * exp(_FADE * abs(a.moment - b.moment))


def shared_names(live: Live, other: Live) -> int:
    return len(live.names & other.vector.keys() | other.names & live.vector.keys())


def are_strangers(live: Live, other: Live) -> bool:
    """Say whether each names several people, places or things, and none that the other tells of."""
    if min(len(live.names), len(other.names)) < SEVERAL_NAMES:
        return False
    return not (live.names & other.vector.keys() or other.names & live.vector.keys())


def differ(one: frozenset[str], two: frozenset[str]) -> bool:
    """Say whether what numbers two titles among their like is not the same.

    They have none in common; or each has some that the other lacks, an ordinal or a version among them.
    """
    if not one or not two:
        return False
    return not one & two or all(
        any(not word[-1].isdigit() or not word[0].isdigit() for word in only)
        for only in (one - two, two - one)
    )


def share_a_title_only(live: Live, other: Live) -> bool:
    """Say whether two entries share nothing that tells but a title of two or three words."""
    if min(len(live.title), len(other.title)) > SHORT_TITLE:
        return False
    one, two = live.vector, other.vector
    elsewhere = (one.keys() & two.keys()).difference(live.title, other.title)
    return len(one) > 2 * SHORT_TITLE and sum([one[word] * two[word] for word in elsewhere]) < BEYOND_A_TITLE


def _listed(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))


def _mean_of_nearest(near: Near) -> float:
    count = min(NEAREST, len(near[0][1].story.members))
    if count == 1:  # as most stories
        return near[0][0]
    return sum([likeness for likeness, _ in near[:count]]) / count
