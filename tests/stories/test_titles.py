"""What a title says about being one of many: masks, ordinals, and how often a source used it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories import titles
from aggregator.stories.titles import NEXT_ISSUE, Series, mask, ordinals

DAY = 86_400.0


@pytest.mark.parametrize(
    ("one", "two", "is_one_series"),
    [
        pytest.param("morning briefing tuesday", "morning briefing friday", True, id="days"),
        pytest.param("episode 11", "episode 12", True, id="numbers"),
        pytest.param("agenda 4 march", "agenda 1 april", True, id="dates"),
        pytest.param("wetter am montag", "wetter am freitag", True, id="German"),
        pytest.param("утренний выпуск среда", "утренний выпуск пятница", True, id="Russian"),
        pytest.param("five questions for ada", "five questions for ben", False, id="a name"),
    ],
)
def test_titles_are_of_a_series_when_their_masks_are_equal(one: str, two: str, is_one_series: bool) -> None:
    assert (mask(one.split()) == mask(two.split())) is is_one_series


@given(st.lists(st.from_regex(r"\w{1,9}", fullmatch=True)))
def test_a_mask_has_as_many_words_as_its_title(title: list[str]) -> None:
    assert len(mask(title).split()) == len(title)


@pytest.mark.parametrize(
    ("title", "found"),
    [
        pytest.param("eu adopts 12th package", {"12th"}, id="an ordinal"),
        pytest.param("python 3.14.1 released", {"3.14.1"}, id="a version"),
        pytest.param("linux 7.3 rc2", {"7.3", "rc2"}, id="a candidate"),
        pytest.param("v2 of pear", {"v2"}, id="a version with its letter"),
        pytest.param("kernel hour episode 12", {"episode 12"}, id="an issue"),
        pytest.param("folge 7 der reihe", {"folge 7"}, id="an issue in German"),
        pytest.param("into the third round", {"round 3"}, id="a numeral"),
        pytest.param("die zweite runde", set(), id="a numeral before what is not counted"),
        pytest.param("am dritte tag", {"tag 3"}, id="a numeral in German"),
        pytest.param("the second suspect", set(), id="a numeral of something else"),
        pytest.param("1er tour", {"1er"}, id="a French ordinal"),
        pytest.param("12 dead in fire", set(), id="a plain number"),
        pytest.param("", set(), id="no title"),
    ],
)
def test_what_numbers_a_title_among_its_like(title: str, found: set[str]) -> None:
    assert ordinals(title.split()) == found


# ---------------------------------------------------------------- series


def counts(*days: float, source_id: str = "north") -> list[int]:
    series = Series()
    return [series.count(source_id, "morning briefing #", day * DAY) for day in days]


@pytest.mark.parametrize(
    ("days", "issues"),
    [
        pytest.param((0, 1, 2), [0, 1, 2], id="each day is an issue"),
        pytest.param((0, 0.1, 0.2), [0, 0, 0], id="updates of one day are none"),
        pytest.param((0, 1, 1.1, 2), [0, 1, 1, 2], id="an update of an issue"),
        pytest.param((0, 7, 14), [0, 1, 2], id="weekly"),
        pytest.param((2, 0), [0, 1], id="the earlier comes later"),
    ],
)
def test_a_source_that_uses_a_title_on_several_days_has_a_series(
    days: tuple[float, ...], issues: list[int]
) -> None:
    assert counts(*days) == issues


def test_the_next_issue_is_more_than_20_hours_away() -> None:
    hours = NEXT_ISSUE / DAY
    assert counts(0, hours) == [0, 0]
    assert counts(0, hours + 0.01) == [0, 1]


def test_two_sources_share_no_series_and_no_title_makes_none() -> None:
    series = Series()
    assert series.count("north", "links", 0.0) == series.count("south", "links", 3 * DAY) == 0
    assert [series.count("north", "", day * DAY) for day in range(3)] == [0, 0, 0]


def test_of_too_many_titles_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(titles, "MOST_TITLES", 8)
    series = Series()
    for number in range(9):
        series.count("north", f"title {number}", 0.0)
    assert len(series.dump()) == 7
    assert series.count("north", "title 0", DAY) == 0
    assert series.count("north", "title 8", DAY) == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30)), max_size=20))
def test_series_that_were_written_down_go_on_as_before(uses: list[tuple[str, int]]) -> None:
    one, two = Series(), Series()
    for title, day in uses:
        one.count("north", title, day * DAY)
    two.load(one.dump())
    assert [one.count("north", t, 31 * DAY) for t in "abc"] == [
        two.count("north", t, 31 * DAY) for t in "abc"
    ]
