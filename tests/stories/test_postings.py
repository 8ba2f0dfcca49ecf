"""Indexes of live entries give the newest of a key, whoever was taken out meanwhile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.postings import SPREAD, Postings, Sketches

KEYS = (7, 7 + SPREAD, 2**32 - 1)  # of sketches; the first two lie in one array
ADDED = st.lists(st.sets(st.sampled_from("abc")), max_size=12)


@given(ADDED)
def test_postings_give_the_newest_first_come_last(added: list[set[str]]) -> None:
    postings = Postings()
    for order, keys in enumerate(added, start=1):
        postings.add(order, keys)
    for key in "abc":
        expected = [order for order, keys in enumerate(added, start=1) if key in keys]
        assert list(postings.latest(key, 100)) == expected
        assert list(postings.latest(key, 2)) == expected[-2:]


@given(ADDED, st.sets(st.integers(1, 12)))
def test_what_was_taken_out_of_postings_is_gone(added: list[set[str]], removed: set[int]) -> None:
    postings = Postings()
    for order, keys in enumerate(added, start=1):
        postings.add(order, keys)
    for order in removed:
        postings.remove(order, "abc")
    for key in "abc":
        left = [order for order, keys in enumerate(added, start=1) if key in keys and order not in removed]
        assert list(postings.latest(key, 100)) == left


@given(st.lists(st.integers(0, 9), min_size=8, max_size=40), st.sampled_from([4, 6]))
def test_a_long_list_gives_the_newest_whoever_was_taken_out(turns: list[int], long: int) -> None:
    """A turn takes the entry out that is as many places from the oldest, or where none is puts one in."""
    postings, left = Postings(), list[int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aggregator.stories.postings.LONG", long)
        for order, turn in enumerate([9] * long + turns, start=1):
            if turn < len(left) and order > long:
                postings.remove(left.pop(turn), "a")
            else:
                left.append(order)
                postings.add(order, "a")
            assert list(postings.latest("a", long // 2)) == left[-long // 2 :]
            postings.remove(1000, "a")


def test_taking_out_what_was_never_in_is_no_error() -> None:
    postings, sketches = Postings(), Sketches()
    postings.add(1, "a")
    postings.remove(2, "ab")
    sketches.add(1, KEYS[:1])
    sketches.remove(2, KEYS)
    assert list(postings.latest("a", 9)) == list(sketches.latest(KEYS[0], 9)) == [1]
    assert list(postings.latest("b", 9)) == list(sketches.latest(KEYS[1], 9)) == []


@given(st.lists(st.sets(st.sampled_from(KEYS)), max_size=12), st.sets(st.integers(1, 12)), st.integers(1, 4))
def test_sketches_give_the_newest_of_a_row(added: list[set[int]], removed: set[int], most: int) -> None:
    sketches = Sketches()
    for order, rows in enumerate(added, start=1):
        sketches.add(order, rows)
    for order in removed:
        sketches.remove(order, KEYS)
    for row in KEYS:
        left = [order for order, rows in enumerate(added, start=1) if row in rows and order not in removed]
        assert list(sketches.latest(row, most)) == left[-most:]
