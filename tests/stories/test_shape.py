"""Stories keep their shape: one event is put together, two are parted, all others are left alone."""

import pytest

from aggregator.stories.live import Live, Story
from aggregator.stories.shape import AUDITED_AT, are_one, parts_of
from tests.stories.makers import a_live, a_story
from tests.world import DAY, NOW

BRIDGE = " ".join(f"bridge{number}" for number in range(25))
COMET = " ".join(f"comet{number}" for number in range(25))
MOSTLY = " ".join(BRIDGE.split()[:18] + COMET.split()[:7])
SHORT = " ".join(BRIDGE.split()[:5])


def members(*words: str, first: int = 1) -> list[Live]:
    return [a_live(f"m{first + n}", text, order=first + n) for n, text in enumerate(words)]


def two_stories(one: list[str], two: list[str]) -> tuple[Story, Story]:
    return a_story(*members(*one)), a_story(*members(*two, first=100))


@pytest.mark.parametrize(
    ("one", "two", "is_one"),
    [
        pytest.param([BRIDGE] * 3, [BRIDGE] * 3, True, id="the same"),
        pytest.param([BRIDGE], [BRIDGE], True, id="one member each"),
        pytest.param([BRIDGE] * 3, [COMET] * 3, False, id="nothing in common"),
        pytest.param([BRIDGE] * 3, [COMET, COMET, BRIDGE], False, id="one bridge between them"),
        pytest.param([BRIDGE], [f"{COMET} bridge0", COMET], False, id="a word in common"),
        pytest.param([BRIDGE] * 20, [BRIDGE], True, id="big and small"),
        pytest.param([BRIDGE] * 3, [SHORT] * 3, True, id="long and short"),
    ],
)
def test_stories_are_one_when_their_members_are_alike(one: list[str], two: list[str], is_one: bool) -> None:
    left, right = two_stories(one, two)
    assert are_one(left, right) is are_one(right, left) is is_one


def test_a_story_without_live_members_is_one_with_none() -> None:
    one, other = two_stories([BRIDGE], [BRIDGE])
    one.remove(one.members[0])
    assert not are_one(one, other)
    assert not are_one(other, one)


def test_stories_of_one_subject_weeks_apart_are_two() -> None:
    one = a_story(*(a_live(f"a{n}", BRIDGE, order=n + 1, date=NOW) for n in range(3)))
    two = a_story(*(a_live(f"b{n}", BRIDGE, order=n + 9, date=NOW + 20 * DAY) for n in range(3)))
    assert not are_one(one, two)


# ---------------------------------------------------------------- parting


@pytest.mark.parametrize("size", range(2, 40))
def test_a_story_is_audited_at_some_sizes_only(size: int) -> None:
    story = a_story(*members(*[BRIDGE] * (size - size // 2), *[COMET] * (size // 2)))
    assert (parts_of(story) is not None) is (size in AUDITED_AT)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([BRIDGE] * 6, id="all alike"),
        pytest.param([BRIDGE] * 5 + [COMET], id="one stray is no story"),
        pytest.param([BRIDGE, BRIDGE, MOSTLY, MOSTLY], id="two sides of one"),
    ],
)
def test_a_story_that_holds_together_is_left_alone(words: list[str]) -> None:
    assert parts_of(a_story(*members(*words))) is None


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([BRIDGE, BRIDGE, COMET, COMET], id="halves"),
        pytest.param([BRIDGE, COMET, BRIDGE, COMET], id="mixed"),
        pytest.param([BRIDGE, BRIDGE, COMET, COMET, COMET, COMET], id="the part that leaves is larger"),
    ],
)
def test_the_part_with_the_first_member_stays(words: list[str]) -> None:
    story = a_story(*members(*words))
    parts = parts_of(story)
    assert parts is not None
    stay, leave = parts
    assert stay == [live for live, text in zip(story.members, words, strict=True) if text == BRIDGE]
    assert leave == [live for live, text in zip(story.members, words, strict=True) if text == COMET]


@pytest.mark.parametrize(
    ("words", "staying"),
    [
        pytest.param([BRIDGE] * 2 + [COMET] * 4, COMET, id="the larger"),
        pytest.param([COMET] * 3 + [BRIDGE] * 3, COMET, id="of two the older"),
        pytest.param([BRIDGE] * 3 + [COMET] * 3, BRIDGE, id="of two the older, the other way round"),
    ],
)
def test_when_the_first_member_is_gone_the_larger_part_stays(words: list[str], staying: str) -> None:
    first, *others = members(BRIDGE, *words)
    story = a_story(first, *others)
    story.remove(first)
    parts = parts_of(story)
    assert parts is not None
    assert {frozenset(live.vector) for live in parts[0]} == {frozenset(staying.split())}
