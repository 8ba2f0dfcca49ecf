"""Keep stories in shape: put two together that are one, part one that is two.

Whether they are one is judged by cohesion: likeness across, held against likeness within.
"""

import math
from collections.abc import Sequence

from aggregator.stories.events import NEAREST, likeness
from aggregator.stories.live import Live, Story

MERGES = 0.19  # mean likeness of members with their nearest across
PROFILES_ALIKE = 0.25  # cosine of the stories as wholes
SAMPLE = 12  # latest members
COHESION = 0.64  # likeness across, as a share of likeness within
FULL_LENGTH = 25  # words: shorter texts vary more, of them less is asked
AUDITED_AT = frozenset((4, 6, 8, 11, 15, 20, 26, 32))  # live members: each a third more


def are_one(a: Story, b: Story) -> bool:
    """Say whether two stories tell of one event."""
    left, right = a.members[-SAMPLE:], b.members[-SAMPLE:]
    if not left or not right or _profiles(a, b) < PROFILES_ALIKE:
        return False
    grid = [[likeness(one, two) for two in right] for one in left]
    columns = [[row[j] for row in grid] for j in range(len(right))]
    small, large = ([_top(row) for row in grid], [_top(row) for row in columns])
    if len(left) > len(right):
        small, large = large, small
    if sum(small) / len(small) < MERGES or _top(large, max(NEAREST, len(large) // 2)) < MERGES:
        return False
    if len(left) == 1 or len(right) == 1:
        return True
    across = sum(map(sum, grid)) / (len(left) * len(right))
    return across >= _asked(left + right) * math.sqrt(_within(left) * _within(right))


def parts_of(story: Story) -> tuple[list[Live], list[Live]] | None:
    """Part a story in two where likeness across is weak; None where it holds together, or was not due.

    The first part has the story's first member, or where that is gone is the larger.
    """
    members = story.members
    if len(members) not in AUDITED_AT or len({live.language for live in members if live.language}) > 1:
        return None  # what is told in several languages holds together by meaning, not by words
    grid = _grid(members)
    one, two = _halves(grid)
    if min(len(one), len(two)) < 2:
        return None
    across = sum(grid[i][j] for i in one for j in two) / (len(one) * len(two))
    within = math.sqrt(_inner(grid, one) * _inner(grid, two))
    if across >= _asked(members) * within:
        return None
    stay, leave = [members[i] for i in sorted(one)], [members[i] for i in sorted(two)]
    if _stays_second(story, stay, leave):
        stay, leave = leave, stay
    return stay, leave


def _profiles(a: Story, b: Story) -> float:
    """Return the cosine of what all members of two stories say together."""
    shared = sum([a.words[word] * b.words[word] for word in a.words.keys() & b.words.keys()])
    return shared / math.sqrt(a.norm * b.norm)


def _stays_second(story: Story, first: list[Live], second: list[Live]) -> bool:
    for part, answer in ((first, False), (second, True)):
        if any(live.entry_id == story.id for live in part):
            return answer
    return (len(second), -second[0].order) > (len(first), -first[0].order)


def _asked(members: Sequence[Live]) -> float:
    mean = sum(len(live.vector) for live in members) / len(members)
    return COHESION * min(1.0, mean / FULL_LENGTH)


def _within(members: Sequence[Live]) -> float:
    pairs = [likeness(one, two) for i, one in enumerate(members) for two in members[:i]]
    return sum(pairs) / len(pairs)


def _inner(grid: list[list[float]], part: list[int]) -> float:
    return sum(grid[i][j] for k, i in enumerate(part) for j in part[:k]) / (len(part) * (len(part) - 1) / 2)


def _top(row: list[float], count: int = NEAREST) -> float:
    best = sorted(row, reverse=True)[:count]
    return sum(best) / len(best)


def _grid(members: Sequence[Live]) -> list[list[float]]:
    """Return how alike each two are; nothing is like itself."""
    grid = [[0.0] * len(members) for _ in members]
    for i, one in enumerate(members):
        for j, two in enumerate(members[:i]):
            grid[i][j] = grid[j][i] = likeness(one, two)
    return grid


def _halves(grid: list[list[float]]) -> tuple[list[int], list[int]]:
    """Join the likest groups until two are left (average linkage)."""
    groups = [[i] for i in range(len(grid))]
    total = [row[:] for row in grid]
    active = list(range(len(grid)))
    while len(active) > 2:
        x, y = max(
            ((a, b) for i, a in enumerate(active) for b in active[:i]),
            key=lambda pair: total[pair[0]][pair[1]] / (len(groups[pair[0]]) * len(groups[pair[1]])),
        )
        groups[y] += groups[x]
        for z in active:
            total[y][z] += total[x][z]
            total[z][y] = total[y][z]
        active.remove(x)
    return groups[active[0]], groups[active[1]]
