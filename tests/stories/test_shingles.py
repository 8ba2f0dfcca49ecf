"""Texts as numbers: the same everywhere, equal where words are equal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.shingles import SHINGLE, SKETCH, hashes, runs, shingles, sketch

WORDS = st.lists(st.text(min_size=1), max_size=40)


def test_numbers_are_the_same_on_every_machine_and_for_ever() -> None:
    """They lie on disk: another number here would make every store forget what it knows."""
    words = hashes("the bridge is shut".split())
    assert words == [1011183078, 1769475999, 1022026391, 455766624]
    assert shingles(words) == [3717661225, 696830312]
    assert runs(shingles(words)) == [4275178591]


@given(WORDS)
def test_a_text_has_a_shingle_for_each_run_of_three_words(words: list[str]) -> None:
    found = shingles(hashes(words))
    assert len(found) == max(1, len(words) - SHINGLE + 1)
    assert all(0 <= shingle < 2**32 for shingle in found)


@given(WORDS, WORDS)
def test_equal_words_have_equal_shingles_wherever_they_stand(before: list[str], words: list[str]) -> None:
    inside = [*before, *words]
    if len(words) >= SHINGLE:
        assert shingles(hashes(inside))[-(len(words) - SHINGLE + 1) :] == shingles(hashes(words))


@pytest.mark.parametrize(
    ("words", "count"),
    [
        pytest.param("", 0, id="none"),
        pytest.param("one two three", 0, id="three"),
        pytest.param("one two three four", 1, id="four"),
        pytest.param("one two three four five", 2, id="five"),
    ],
)
def test_a_run_is_four_words(words: str, count: int) -> None:
    assert len(runs(shingles(hashes(words.split())))) == count


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_a_sketch_is_the_smallest_shingles_each_once(threes: list[int]) -> None:
    assert list(sketch(threes)) == sorted(set(threes))[:SKETCH]
    assert sketch(threes) == sketch(list(reversed(threes)))


@given(st.sets(st.integers(0, 2**32 - 1), min_size=1), st.sets(st.integers(0, 2**32 - 1)))
def test_a_text_and_what_is_within_it_share_a_row_if_either_is_short(own: set[int], more: set[int]) -> None:
    if len(own | more) <= SKETCH:
        assert set(sketch(own)) <= set(sketch(own | more))
