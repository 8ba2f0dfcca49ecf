"""One event: likeness with several members, what is asked for, and what forbids it."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.events import (
    ALONE,
    CROWDED,
    FADE_PER_DAY,
    JOINS,
    MOST_COMPARED_OF_A_STORY,
    OWN,
    OWN_NAMED,
    OWN_SOURCE,
    RARE,
    RARE_FROM,
    ROUND_UP,
    Events,
    Match,
    are_strangers,
    differ,
    lacking,
    likeness,
    shared_names,
    veto_of,
)
from aggregator.stories.live import Live
from tests.stories.makers import a_live, a_story
from tests.world import DAY, NOW

WORDS = "wirra bridge karlstad girders ferries"
CROWD = ("council", "birches", "museum", "mask", "trains")
RARITY = dict.fromkeys(f"{WORDS} comet ibarra tail glow sun".split(), 0.8)


def told(name: str, words: str = WORDS, **given: object) -> Live:
    return a_live(name, words, **{"source_id": name, "title": "no numbers here"} | given)  # type: ignore[arg-type]


def matches(new: Live, *members: list[Live]) -> list[Match]:
    """Hold a new entry against stories, each given by its members."""
    events = Events()
    for story in members:
        a_story(*story)
        for live in story:
            events.add(live)
    return events.matches(new, RARITY)


# ---------------------------------------------------------------- likeness


@pytest.mark.parametrize(
    ("words", "days", "like"),
    [
        pytest.param(WORDS, 0, 1.0, id="the same words"),
        pytest.param("comet ibarra tail glow sun", 0, 0.0, id="other words"),
        pytest.param("wirra bridge comet ibarra tail", 0, 0.4, id="two of five"),
        pytest.param(WORDS, 5, math.exp(-5 * FADE_PER_DAY), id="days later"),
        pytest.param(WORDS, -5, math.exp(-5 * FADE_PER_DAY), id="days before"),
    ],
)
def test_likeness_is_the_cosine_fading_with_the_days(words: str, days: int, like: float) -> None:
    one, two = told("one"), told("two", words, date=NOW + days * DAY - timedelta(hours=1))
    assert likeness(one, two) == likeness(two, one) == pytest.approx(like, abs=0.01)


# ---------------------------------------------------------------- scores and thresholds


def test_an_entry_joins_what_is_like_it() -> None:
    (match,) = matches(told("new", order=9), [told("one", order=1), told("two", order=2)])
    assert match.joins
    assert match.story.id == match.near[0][1].entry_id == told("one").entry_id
    assert match.score == sum(value for _, value in match.parts)
    assert dict(match.parts) == pytest.approx(
        {"nearest": 1.0, "rarest": RARE * (0.8 - RARE_FROM), "crowd": 0.0, "numbers": 0.0}, abs=0.01
    )


def test_nothing_is_like_what_shares_no_word() -> None:
    assert matches(told("new", "comet ibarra"), [told("one")]) == []


def test_stories_come_by_score_and_at_the_same_score_the_older_first() -> None:
    far = [told("far", "wirra bridge comet ibarra tail", order=1)]
    found = matches(told("new", order=9), [told("late", order=3)], [told("early", order=2)], far)
    assert [match.story.order for match in found] == [2, 3, 1]


@pytest.mark.parametrize(
    ("share", "source_id", "asked"),
    [
        pytest.param(WORDS, "south", JOINS + ALONE, id="no neighbourhood"),
        pytest.param("wirra bridge karlstad sun", "south", JOINS + ALONE, id="few words of a small story"),
        pytest.param(WORDS, "new", JOINS + ALONE, id="its own source, no neighbourhood"),
    ],
)
def test_more_is_asked_where_there_is_little_to_compare_with(
    share: str, source_id: str, asked: float
) -> None:
    (match,) = matches(told("new", order=9), [told("one", share, source_id=source_id, order=1)])
    assert match.threshold == pytest.approx(asked)


@pytest.mark.parametrize(
    ("source_id", "names", "asked"),
    [
        pytest.param("south", (), JOINS, id="another source"),
        pytest.param("new", (), JOINS + OWN, id="its own source"),
        pytest.param("new", ("wirra", "karlstad"), JOINS, id="its own source, with the same names"),
    ],
)
def test_in_a_neighbourhood_less_is_asked_but_not_of_its_own_source(
    source_id: str, names: tuple[str, ...], asked: float
) -> None:
    near = [told(f"n{n}", "wirra comet ibarra tail glow", order=n + 2) for n in range(3)]
    story = [told("one", source_id=source_id, names=names, order=1)]
    found = matches(told("new", names=names, order=9), story, *([live] for live in near))
    assert sum(base for name, base in found[0].parts if name == "crowd") < -0.3 * CROWDED
    assert found[0].threshold == pytest.approx(asked)


@pytest.mark.parametrize(
    ("names", "worth"), [((), OWN_SOURCE), (("wirra",), OWN_SOURCE), (("wirra", "karlstad"), OWN_NAMED)]
)
def test_likeness_within_one_source_is_worth_less(names: tuple[str, ...], worth: float) -> None:
    one, two = told("new", names=names, order=1), told("new", names=names, order=2)
    (match,) = matches(two, [one])
    assert dict(match.parts)["nearest"] == pytest.approx(worth, abs=0.01)


def test_of_a_big_story_only_some_members_are_compared() -> None:
    big = [told(f"m{n}", order=n + 1) for n in range(40)]
    (match,) = matches(told("new", order=99), big)
    assert len(match.near) == MOST_COMPARED_OF_A_STORY


def test_what_was_taken_out_is_not_compared() -> None:
    events, live = Events(), told("one")
    a_story(live)
    events.add(live)
    events.remove(live)
    events.remove(live)
    assert events.matches(told("new"), RARITY) == []


@pytest.mark.parametrize(
    ("has", "numbers", "count"),
    [
        pytest.param({"12": 0.5}, ["12"], 0, id="the same"),
        pytest.param({"12": 0.5}, ["13"], 1, id="another"),
        pytest.param({"12": 0.5}, ["13", "14", "15"], 2, id="two count at most"),
        pytest.param({"dead": 0.5}, ["13"], 0, id="the story has none"),
        pytest.param({"12": 0.5}, [], 0, id="the title has none"),
    ],
)
def test_numbers_of_a_title_that_a_story_lacks(has: dict[str, float], numbers: list[str], count: int) -> None:
    assert lacking(a_story(a_live("one", has)), numbers) == count


# ---------------------------------------------------------------- vetoes


def near_of(new: Live, *members: Live) -> list[tuple[float, Live]]:
    return sorted(((likeness(new, other), other) for other in members), key=lambda pair: -pair[0])


@pytest.mark.parametrize(
    ("new", "member", "veto"),
    [
        pytest.param({}, {}, "", id="none"),
        pytest.param({"words": "wirra comet ibarra"}, {}, "they share one word only", id="one word"),
        pytest.param({"language": "de"}, {}, "one is in 'de', the other in 'en'", id="languages"),
        pytest.param({"language": ""}, {}, "", id="a language that nobody knows"),
        pytest.param(
            {"names": ("lima", "arequipa")},
            {"names": ("nairobi", "kisumu")},
            "they name different people and places",
            id="strangers",
        ),
        pytest.param({"title": "13th package"}, {"title": "12th package"}, "13th is not 12th", id="ordinals"),
        pytest.param(
            {"title": "episode 12"}, {"title": "episode 11"}, "episode 12 is not episode 11", id="episodes"
        ),
        pytest.param({"title": "13th package"}, {"title": "package"}, "", id="one without ordinals"),
        pytest.param(
            {"title": "wirra bridge", "words": f"wirra bridge {' '.join(CROWD)}"},
            {"title": "the wirra bridge", "words": "wirra bridge comet ibarra tail glow sun"},
            "all that they share is a short title",
            id="a short title",
        ),
        pytest.param(
            {"title": "wirra bridge", "words": f"wirra bridge karlstad {' '.join(CROWD)}"},
            {"title": "the wirra bridge", "words": f"{WORDS} comet"},
            "",
            id="a short title and more",
        ),
        pytest.param(
            {"words": "wirra"}, {"words": "wirra"}, "they share one word only", id="one word is all there is"
        ),
    ],
)
def test_a_veto_says_why(new: dict[str, object], member: dict[str, object], veto: str) -> None:
    live, other = told("new", **new), told("one", **member)  # type: ignore[arg-type]
    assert veto_of(live, a_story(other), near_of(live, other)) == veto


OF_ITS_OWN = " ".join(f"filler{number}" for number in range(18))


@pytest.mark.parametrize(
    ("words", "is_round_up"),
    [
        pytest.param(f"wirra bridge comet tail {OF_ITS_OWN}", True, id="of two stories alike"),
        pytest.param(f"wirra bridge comet {OF_ITS_OWN}", False, id="of one more than of the other"),
        pytest.param("wirra bridge karlstad comet ibarra tail", False, id="surely of one"),
    ],
)
def test_what_tells_of_several_stories_joins_none(words: str, is_round_up: bool) -> None:
    other = told("two", "comet ibarra tail glow sun", order=2)
    found = matches(told("new", words, order=9), [told("one", order=1)], [other])
    assert [match.veto == ROUND_UP for match in found] == [is_round_up] * 2


def test_two_stories_that_share_the_words_of_an_entry_are_no_two_subjects_of_a_round_up() -> None:
    found = matches(told("new", order=9), [told("one", order=1)], [told("two", order=2)])
    assert [match.veto for match in found] == ["", ""]


def test_an_entry_must_fit_the_whole_of_a_story() -> None:
    first = told("one", "wirra bridge", order=1)
    others = [told(f"o{n}", "comet ibarra tail glow sun", order=n + 2) for n in range(20)]
    new = told("new", "wirra bridge")
    story = a_story(first, *others)
    assert veto_of(new, story, near_of(new, first, *others)) == "it does not fit the story as a whole"


def test_a_second_member_of_a_story_must_agree() -> None:
    first, second = told("one", order=1), told("two", "comet ibarra tail glow sun", order=2)
    new = told("new")
    veto = veto_of(new, a_story(first, second), near_of(new, first, second))
    assert veto == "no second member of the story agrees"
    assert veto_of(new, a_story(first, second), near_of(new, first)) == veto


@pytest.mark.parametrize(
    ("one", "two", "is_strange"),
    [
        pytest.param(("ada", "lagos"), ("ben", "lima"), True, id="several each, none in common"),
        pytest.param(("ada", "lagos"), ("ada", "lima"), False, id="one in common"),
        pytest.param(("ada",), ("ben", "lima"), False, id="one alone says nothing"),
        pytest.param((), (), False, id="none"),
        pytest.param(("wirra", "lagos"), ("ben", "lima"), False, id="the other tells of it all the same"),
    ],
)
def test_strangers_name_none_that_the_other_tells_of(
    one: tuple[str, ...], two: tuple[str, ...], is_strange: bool
) -> None:
    first, second = told("one"), told("two")
    first.names, second.names = frozenset(one), frozenset(two)
    first.weigh(dict.fromkeys([*one, "said"], 0.5))
    second.weigh(dict.fromkeys([*two, "wirra"], 0.5))
    assert are_strangers(first, second) is are_strangers(second, first) is is_strange
    assert not (is_strange and shared_names(first, second))


NUMBERED = st.frozensets(st.sampled_from(["12th", "13th", "3.14", "v2", "episode 11", "episode 12"]))


@pytest.mark.parametrize(
    ("one", "two", "are_different"),
    [
        pytest.param({"12th"}, {"13th"}, True, id="ordinals"),
        pytest.param({"12th"}, {"12th"}, False, id="the same"),
        pytest.param({"12th"}, set(), False, id="one has none"),
        pytest.param({"3.5", "2.1"}, {"3.5", "9.9"}, False, id="of figures one in common is enough"),
        pytest.param({"3.5", "v2"}, {"3.5", "v3"}, True, id="versions on both sides"),
        pytest.param({"3.5", "v2"}, {"3.5"}, False, id="a version on one side only"),
    ],
)
def test_what_counts_titles_differs(one: set[str], two: set[str], are_different: bool) -> None:
    assert differ(frozenset(one), frozenset(two)) is are_different


@given(NUMBERED, NUMBERED)
def test_to_differ_is_mutual_and_nothing_differs_from_itself(
    one: frozenset[str], two: frozenset[str]
) -> None:
    assert differ(one, two) == differ(two, one)
    assert not differ(one, one)
