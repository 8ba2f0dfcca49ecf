"""Runs of words that stand in many stories are furniture; those that stand often in one are not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.stories.furniture import LEARNED, RUN, SLOTS, STORIES, Furniture

RUNS = [11, 22, 33, 44, 55]


def taught(*stories: int, runs: list[int] = RUNS) -> Furniture:
    furniture = Furniture()
    for story in stories:
        furniture.learn(runs, story)
    return furniture


@pytest.mark.parametrize(
    ("stories", "is_furniture"),
    [
        pytest.param((), False, id="never seen"),
        pytest.param((1,), False, id="in one story"),
        pytest.param((1, 2), False, id="in two"),
        pytest.param((1, 2, 3), True, id="in three"),
        pytest.param((1, 1, 1, 1), False, id="often in one"),
        pytest.param((1, 1, 2, 2, 3), True, id="often in three"),
    ],
)
def test_a_run_is_furniture_once_it_stood_in_three_stories(
    stories: tuple[int, ...], is_furniture: bool
) -> None:
    assert STORIES == 3
    assert bool(taught(*stories).among(RUNS)) is is_furniture


def test_all_four_words_of_a_run_are_furniture() -> None:
    furniture = taught(1, 2, 3, runs=[22])
    assert furniture.among([11, 22, 33]) == frozenset(range(1, 1 + RUN))


def test_of_a_long_entry_the_end_is_not_learned() -> None:
    runs = list(range(1, LEARNED + 2))
    furniture = taught(1, 2, 3, runs=runs)
    assert furniture.among(runs[-1:]) == frozenset()
    assert furniture.among(runs[-2:-1]) == frozenset(range(RUN))


def test_a_run_at_the_place_of_another_is_not_taken_for_it() -> None:
    assert taught(1, 2, 3, runs=[11]).among([11 + SLOTS]) == frozenset()


def test_what_is_rare_makes_room_and_what_is_common_keeps_it_for_a_while() -> None:
    furniture = taught(1, 2, 3, runs=[11])
    furniture.learn([11 + SLOTS], 4)
    furniture.learn([11], 5)
    assert furniture.among([11])
    for story in range(6, 12):
        furniture.learn([11 + SLOTS], story)
    assert not furniture.among([11])
    assert furniture.among([11 + SLOTS])


@settings(max_examples=20)  # each writes 2 MB
@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 9)), max_size=50))
def test_furniture_that_was_written_down_is_the_same(seen: list[tuple[int, int]]) -> None:
    one, two = Furniture(), Furniture()
    for run, story in seen:
        one.learn([run], story)
    two.load(one.dump())
    assert two.dump() == one.dump()
    assert all(one.among([run]) == two.among([run]) for run, _ in seen)
