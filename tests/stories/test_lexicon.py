"""How much words tell: learned from the stream, with a table of common words behind it while it is young."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories import lexicon
from aggregator.stories.lexicon import (
    MOST_LANGUAGES,
    MOST_WORDS,
    PIVOT,
    STEPS,
    Lexicon,
    read_background,
)

TABLE = {
    "en": {"the": 0.9, "of": 0.8, "and": 0.7, "bridge": 0.001},
    "de": {"der": 0.9, "und": 0.8, "von": 0.7, "in": 0.6},
}


def of_stories(*stories: str, language: str = "en", table: bool = True) -> Lexicon:
    """Return a lexicon that has seen stories of one entry each."""
    found = Lexicon(TABLE if table else {})
    for story in stories:
        found.learn(set(story.split()), language, None)
    return found


def weights(words: Lexicon, text: str, language: str = "en") -> dict[str, float]:
    return words.weigh(dict.fromkeys(text.split(), 1.0), language)[0]


# ---------------------------------------------------------------- the table


def test_the_table_gives_a_class_of_words_one_share() -> None:
    lines = ["! a remark", "#en 65800", "(the of", ",and", "", "#de 100", "(der"]
    assert read_background(lines) == {"en": {"the": 1.0, "of": 1.0, "and": 0.5}, "de": {"der": 1.0}}


# ---------------------------------------------------------------- weighing


def test_common_words_are_left_out_of_a_young_store() -> None:
    assert weights(Lexicon(TABLE), "the bridge of karlstad").keys() == {"karlstad", "bridge"}


def test_the_rarest_word_weighs_most() -> None:
    assert list(weights(Lexicon(TABLE), "bridge karlstad")) == ["karlstad", "bridge"]
    seen = of_stories(*["karlstad"] * 50)
    assert list(weights(seen, "bridge karlstad")) == ["bridge", "karlstad"]


def test_every_word_of_a_language_without_a_table_is_rare_until_it_is_in_many_stories() -> None:
    assert weights(of_stories(language="ko"), "다리 폐쇄", "ko").keys() == {"다리", "폐쇄"}
    often = of_stories(*(f"다리 {number}" for number in range(300)), language="ko")
    assert weights(often, "다리 폐쇄", "ko").keys() == {"폐쇄"}


def test_a_stream_in_another_language_than_it_says_does_not_lean_on_the_table() -> None:
    own = of_stories(*[f"слово{number} город река" for number in range(300)])
    assert own._language("en").coverage < lexicon.PRIOR_COVERAGE
    assert "город" not in weights(own, "город набережная")


@given(st.dictionaries(st.text(min_size=1), st.floats(0.5, 20), max_size=100))
def test_a_vector_is_of_length_one_or_a_little_over_and_its_heaviest_word_is_first(
    counts: dict[str, float],
) -> None:
    vector, rarity = Lexicon(TABLE).weigh(counts, "en")
    assert vector.keys() == rarity.keys() <= counts.keys()
    assert len(vector) <= MOST_WORDS
    assert all((weight * STEPS).is_integer() for weight in vector.values())
    assert list(vector.values()) == sorted(vector.values(), reverse=True)
    assert all(0 < share <= 1 for share in rarity.values())
    length = math.sqrt(sum(weight * weight for weight in vector.values()))
    assert not vector or 0.98 <= length <= 1.02 / (1 - PIVOT)


@given(st.lists(st.sampled_from(["bridge", "mayor", "comet", "strike"]), min_size=1, unique=True))
def test_the_order_of_words_makes_no_difference(words: list[str]) -> None:
    seen = Lexicon(TABLE)
    one = seen.weigh(dict.fromkeys(words, 1.0), "en")
    two = seen.weigh(dict.fromkeys(reversed(words), 1.0), "en")
    assert (one, list(one[0])) == (two, list(two[0]))


# ---------------------------------------------------------------- learning


def test_a_word_counts_once_a_story() -> None:
    words = Lexicon(TABLE)
    words.learn({"karlstad"}, "en", None)
    words.learn({"karlstad", "ferry"}, "en", {"karlstad": 1.0})
    assert words.dump()["en"][0] == 1
    assert words.dump()["en"][2] == {"karlstad": 1, "ferry": 1}


def test_two_stories_that_turn_out_to_be_one_count_once() -> None:
    words = of_stories("karlstad bridge", "karlstad ferry")
    words.unlearn(["karlstad"], "en")
    assert words.dump()["en"][0] == 1
    assert words.dump()["en"][2] == {"karlstad": 1, "bridge": 1, "ferry": 1}


def test_nothing_counts_less_than_nothing() -> None:
    words = Lexicon(TABLE)
    words.unlearn(["karlstad"], "en")
    assert words.dump()["en"][0] == 0
    assert words.dump()["en"][2] == {"karlstad": 0}


def test_what_is_long_ago_counts_half_and_what_is_rare_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "HALVED_AT", 4)
    words = of_stories("karlstad ferry", "karlstad", "karlstad", "karlstad", "comet")
    assert words.dump()["en"][0] == 2.5
    assert words.dump()["en"][2] == {"karlstad": 2}


def test_of_too_many_languages_the_last_share_one_book() -> None:
    words = Lexicon(TABLE)
    for number in range(MOST_LANGUAGES + 20):
        words.learn({"word"}, f"x{number}", None)
    assert len(words.dump()) <= MOST_LANGUAGES + 1
    assert words.dump()[""][0] == 20


# ---------------------------------------------------------------- languages


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        pytest.param("the bridge of karlstad", "en", "en", id="as declared"),
        pytest.param("der mann und von in", "en", "de", id="declared wrongly"),
        pytest.param("karlstad und", "en", "en", id="too little against what is declared"),
        pytest.param("karlstad und", "", "de", id="little, but nothing is declared"),
        pytest.param("karlstad", "", "", id="nothing to go by"),
        pytest.param("der mann und von in", "sv", "sv", id="a language without a table is believed"),
    ],
)
def test_common_words_show_a_language(text: str, declared: str, language: str) -> None:
    assert Lexicon(TABLE).guess(text.split(), declared) == language


@given(st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), max_size=20))
def test_a_lexicon_that_was_written_down_weighs_as_before(stories: list[set[str]]) -> None:
    one, two = of_stories(*map(" ".join, stories)), Lexicon(TABLE)
    two.load(one.dump())
    assert two.weigh({"a": 1, "b": 2, "g": 3}, "en") == one.weigh({"a": 1, "b": 2, "g": 3}, "en")
