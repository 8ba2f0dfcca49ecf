"""Patterns find whole words in every script, and expressions in time that grows with the text alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.patterns import Reading, pattern_of, without
from aggregator.text import words


def fits(pattern: str, *values: str) -> bool:
    return Reading(values).has(pattern_of(pattern))


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        pytest.param("sponsored", "Sponsored: a better bed", True, id="in any case"),
        pytest.param("ad", "Adele sings", False, id="a part of a word"),
        pytest.param("black friday", "The best of Black  Friday!", True, id="side by side"),
        pytest.param("black friday", "Friday is black", False, id="in another order"),
        pytest.param("advert*", "An advertorial", True, id="an open end"),
        pytest.param("STRASSE", "Auf der Straße", True, id="folded"),
        pytest.param("реклама", "Партнёрская РЕКЛАМА", True, id="Cyrillic"),
        pytest.param("広告", "これは広告です", True, id="a script without spaces"),
        pytest.param("猫", "黒猫の話", True, id="a lone character at the end of a pair"),
        pytest.param("विज्ञापन", "यह विज्ञापन है", True, id="Devanagari"),
        pytest.param("3.11", "Python 3.11 is out", True, id="a version"),
        pytest.param("/^Ad:/", "ad: beds", True, id="an expression in any case"),
        pytest.param("/(?-i)^Ad:/", "ad: beds", False, id="an expression in one case"),
        pytest.param("/advert\\w+/", "An advertorial", True, id="an expression in the middle"),
        pytest.param("/", "a/b", False, id="a slash alone is no word"),
    ],
)  # fmt: skip
def test_a_pattern_finds_what_it_names(pattern: str, text: str, is_found: bool) -> None:
    if pattern == "/":
        with pytest.raises(ValueError, match="expected a word"):
            pattern_of(pattern)
    else:
        assert fits(pattern, text) is is_found


def test_words_do_not_run_on_into_the_next_text() -> None:
    assert not fits("black friday", "Black", "Friday")


@pytest.mark.parametrize("expression", ["/(?=a)/", r"/(a)\1/", "/(/", "/a{1001}/"])
def test_what_takes_more_than_linear_time_is_no_expression(expression: str) -> None:
    with pytest.raises(ValueError, match="no expression of RE2"):
        pattern_of(expression)


@given(st.text(min_size=1), st.text(), st.text())
def test_a_word_of_a_text_is_found_in_it(word: str, before: str, after: str) -> None:
    found = words(word)
    if found and not word.startswith("/"):
        assert fits(" ".join(found), f"{before} {' '.join(found)} {after}")


@pytest.mark.parametrize(
    ("piece", "left"),
    [(" | The Gazette", "VIDEO: A bridge"), ("/^video: /", "A bridge | The Gazette"), ("none", None)],
)
def test_a_piece_is_taken_off(piece: str, left: str | None) -> None:
    text = "VIDEO: A bridge | The Gazette"
    assert without(text, piece) == (text if left is None else left)
