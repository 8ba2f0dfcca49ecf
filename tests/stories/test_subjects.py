"""Articles are found by the key words that an entry shares with them, as if it were held against each."""

from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.subjects import FEWEST_SHARED, Subjects
from tests.stories.makers import a_live

WORDS = st.sets(st.sampled_from("abcdefgh"), min_size=1).map(lambda words: " ".join(sorted(words)))


@given(st.lists(WORDS, max_size=6), WORDS)
def test_an_entry_is_near_to_just_those_articles_that_it_is_like(texts: list[str], words: str) -> None:
    subjects = Subjects()
    articles = [a_live(f"article {n}", text, order=n) for n, text in enumerate(texts, start=1)]
    all_subjects = [subjects.add(article) for article in articles]
    live = a_live("entry", words, order=99)
    scores = [(subject.article, subject.likeness(live)) for subject in all_subjects]
    assert list(subjects.near(live)) == [
        (article, score)
        for (article, score), subject in zip(scores, all_subjects, strict=True)
        if score >= subject.near
    ]


def test_two_key_words_in_common_are_no_subject() -> None:
    subjects, few = Subjects(), FEWEST_SHARED - 1
    subjects.add(a_live("article", dict.fromkeys("abcd", 1 / 2)))
    assert not list(subjects.near(a_live("entry", dict.fromkeys("abcd"[:few], 1.0), order=2)))


def test_an_article_is_not_near_to_itself() -> None:
    subjects, article = Subjects(), a_live("article", "bridge wirra crack ferry")
    subjects.add(article)
    assert not list(subjects.near(article))
