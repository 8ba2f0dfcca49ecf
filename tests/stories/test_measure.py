"""Figures that can be counted by hand, and two partitions compared."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Evidence, Merger, Placement, Split
from aggregator.stories.measure import Difference, Ledger, Sample, Score, bcubed, compare, measure, pairwise
from tests.world import NOW, a_brief

NONE = Evidence(rung="none", score=0.0, threshold=0.0)


def a_sample(name: str, story: str | None = None, *, hours: int = 0, **given: Any) -> Sample:
    brief = a_brief(name, entry_id=name, date=NOW + timedelta(hours=hours))
    return Sample(brief=brief, story=story, **given)


def a_placement(name: str, story_id: str = "", **given: Any) -> Placement:
    return Placement(entry_id=name, story_id=story_id or name, because=NONE, **given)


def figures(samples: Sequence[Sample], *placements: Placement) -> Any:
    return measure(samples, placements, seconds=2.0)


def merger(old: str, gone: str) -> Merger:
    return Merger(story_id=old, gone_id=gone, because=NONE)


# ---------------------------------------------------------------- scores


@pytest.mark.parametrize(
    ("gold", "found", "precision", "recall"),
    [
        pytest.param("", "", 1.0, 1.0, id="nothing"),
        pytest.param("aabb", "xxyy", 1.0, 1.0, id="as they should be, under other names"),
        pytest.param("aabb", "xxxx", 0.5, 1.0, id="all in one"),
        pytest.param("aabb", "wxyz", 1.0, 0.5, id="each alone"),
        # entry by entry: 2/3, 2/3, 1/3, 1 pure; 1, 1, 1/2, 1/2 complete
        pytest.param("aabb", "xxxy", 2 / 3, 0.75, id="one with the wrong ones"),
    ],
)
def test_bcubed_is_the_mean_over_entries(gold: str, found: str, precision: float, recall: float) -> None:
    score = bcubed(gold, found)
    assert (score.precision, score.recall) == pytest.approx((precision, recall))


@pytest.mark.parametrize(
    ("gold", "found", "precision", "recall"),
    [
        pytest.param("", "", 1.0, 1.0, id="nothing"),
        pytest.param("aabb", "wxyz", 1.0, 0.0, id="each alone"),
        pytest.param("abcd", "xxxx", 0.0, 1.0, id="none belongs together"),
        pytest.param("aabb", "xxxy", 1 / 3, 0.5, id="one with the wrong ones"),
    ],
)
def test_pairwise_is_the_share_of_pairs(gold: str, found: str, precision: float, recall: float) -> None:
    score = pairwise(gold, found)
    assert (score.precision, score.recall) == pytest.approx((precision, recall))


def test_labels_in_unequal_number_are_refused() -> None:
    for score in (bcubed, pairwise):
        with pytest.raises(ValueError, match="shorter"):
            score("ab", "a")


@pytest.mark.parametrize(
    ("precision", "recall", "f1"), [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.5, 0.5, 0.5), (1.0, 0.5, 2 / 3)]
)
def test_f1_is_the_harmonic_mean(precision: float, recall: float, f1: float) -> None:
    assert Score(precision=precision, recall=recall).f1 == pytest.approx(f1)


LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=20)


@given(LABELS)
def test_precision_of_one_side_is_recall_of_the_other(labels: list[tuple[int, int]]) -> None:
    gold, found = [a for a, _ in labels], [b for _, b in labels]
    for score in (bcubed, pairwise):
        there, back = score(gold, found), score(found, gold)
        assert (there.precision, there.recall) == pytest.approx((back.recall, back.precision))
        assert 0.0 <= there.precision <= 1.0


# ---------------------------------------------------------------- figures


def test_background_is_placed_and_not_scored() -> None:
    samples = [a_sample("a", "1"), a_sample("b"), a_sample("c", "1")]
    found = figures(samples, a_placement("a"), a_placement("b", "a"), a_placement("c", "a"))
    assert (found.entries, found.scored, found.per_second) == (3, 2, 1.5)
    assert (found.gold_stories, found.stories, found.largest) == (1, 1, 2)
    assert found.bcubed == found.pairwise == Score(precision=1.0, recall=1.0)


def test_what_counts_is_where_entries_end_up() -> None:
    samples = [a_sample(name, label) for name, label in zip("abcd", "1122", strict=True)]
    joined = a_placement("c", "a", mergers=(merger("a", "b"),))
    parted = a_placement("d", "c", split=Split(story_id="a", new_id="c", entry_ids=("c",)))
    found = figures(samples, a_placement("a"), a_placement("b"), joined, parted)
    assert found.bcubed == Score(precision=1.0, recall=1.0)
    assert (found.stories, found.largest) == (2, 2)


def test_a_saga_forgives_what_a_story_does_not() -> None:
    samples = [a_sample("a", "1", saga="x"), a_sample("b", "2", saga="x")]
    found = figures(samples, a_placement("a"), a_placement("b", "a"))
    assert (found.bcubed.precision, found.saga_precision) == (0.5, 1.0)
    assert (found.links.precision, found.links_in_saga) == (0.0, 1.0)


def test_without_labels_there_are_no_figures_of_sagas_and_copies() -> None:
    found = figures([a_sample("a", "1")], a_placement("a"))
    assert (found.saga_precision, found.copies, found.links_in_saga) == (None, None, None)


def test_copies_are_scored_as_pairs_of_one_text() -> None:
    samples = [
        a_sample("a", "1"),
        a_sample("b", "1", copy_of="a"),
        a_sample("c", "1", copy_of="b"),  # of a copy
        a_sample("d", "1"),
        a_sample("e"),  # background: nobody knows
    ]
    placements = [
        a_placement("a"),
        a_placement("b", "a", copy_of="a"),
        a_placement("c", "a"),
        a_placement("d", "a", copy_of="a"),
        a_placement("e", "a", copy_of="a"),
    ]
    copies = figures(samples, *placements).copies
    assert (copies.precision, copies.recall) == pytest.approx((1 / 3, 1 / 3))


def test_a_background_entry_that_is_copied_counts_among_copies() -> None:
    samples = [a_sample("a"), a_sample("b", copy_of="a")]
    copies = figures(samples, a_placement("a"), a_placement("b", "a", copy_of="a")).copies
    assert copies == Score(precision=1.0, recall=1.0)


def test_samples_that_copy_each_other_are_one_text() -> None:
    samples = [a_sample("a", "1", copy_of="b"), a_sample("b", "1", copy_of="a")]
    copies = figures(samples, a_placement("a"), a_placement("b", "a", copy_of="a")).copies
    assert copies == Score(precision=1.0, recall=1.0)


def test_links_are_the_nearest_three_of_the_story_joined_as_of_then() -> None:
    samples = [a_sample(name, "1", hours=hour) for hour, name in enumerate("abcd")]
    samples += [a_sample("odd", "2", hours=9), a_sample("last", "1", hours=10)]
    placements = [a_placement(sample.brief.entry_id, "a") for sample in samples]
    found = figures(samples, *placements).links
    # shown: 0 + 1 + 2 + 3 right, 3 wrong to `odd`, then d, c right and `odd` wrong to `last`
    assert found.precision == pytest.approx(8 / 12)
    assert found.recall == 1.0


def test_the_member_that_an_entry_was_compared_with_is_the_nearest() -> None:
    samples = [a_sample("far", "1")]
    samples += [a_sample(name, name, hours=5) for name in "abc"]
    samples += [a_sample("new", "1", hours=5)]
    placements = [a_placement(sample.brief.entry_id, "far") for sample in samples[:-1]]
    by_time = figures(samples, *placements, a_placement("new", "far"))
    by_words = figures(samples, *placements, a_placement("new", "far", near="far"))
    assert (by_time.links.recall, by_words.links.recall) == (0.0, 1.0)


def test_links_to_background_are_neither_right_nor_wrong() -> None:
    samples = [a_sample("a", "1"), a_sample("b"), a_sample("c", "1")]
    found = figures(samples, a_placement("a"), a_placement("b", "a"), a_placement("c", "a"))
    assert found.links == Score(precision=1.0, recall=1.0)


def test_an_entry_without_an_earlier_mate_is_owed_no_link() -> None:
    found = figures([a_sample("a", "1"), a_sample("b", "2")], a_placement("a"), a_placement("b"))
    assert found.links == Score(precision=1.0, recall=1.0)


def test_every_sample_needs_its_placement() -> None:
    with pytest.raises(ValueError, match="shorter"):
        figures([a_sample("a", "1"), a_sample("b", "1")], a_placement("a"))


# ---------------------------------------------------------------- the ledger


def test_copies_leave_with_what_they_copy() -> None:
    ledger = Ledger()
    for placement in (
        a_placement("a"),
        a_placement("b", "a"),
        a_placement("copy", "a", copy_of="b"),
        a_placement("c", "b", split=Split(story_id="a", new_id="b", entry_ids=("b",))),
    ):
        ledger.take(placement)
    assert ledger.members("a") == ("a",)
    assert ledger.members("b") == ("b", "copy", "c")
    assert ledger.copy_of == {"copy": "b"}
    assert ledger.members("nowhere") == ()


# ---------------------------------------------------------------- two partitions


def difference(before: str, after: str) -> dict[str, Any]:
    """Compare stories written as `ab c`: entries a and b are one, c is another."""
    found = compare(a_partition(before), a_partition(after))

    def written(groups: Sequence[frozenset[str]]) -> str:
        return " ".join("".join(sorted(group)) for group in groups)

    return {
        "kept": found.kept,
        "gained": written(found.gained),
        "lost": written(found.lost),
        "merged": [written(parts) for parts in found.merged],
        "split": [written(parts) for parts in found.split],
        "moved": "".join(found.moved),
    }


def a_partition(stories: str) -> dict[str, str]:
    return {entry: story[-1] for story in stories.split() for entry in story}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("ab c", "ba c", {"kept": 2}, id="other names"),
        pytest.param("", "", {"kept": 0}, id="nothing"),
        pytest.param("ab c", "abc", {"merged": ["ab c"], "moved": "c"}, id="merged"),
        pytest.param("a b c d", "abc d", {"kept": 1, "merged": ["a b c"], "moved": "bc"}, id="three in one"),
        pytest.param("abc", "ab c", {"split": ["ab c"], "moved": "c"}, id="split"),
        pytest.param(
            "abc de",
            "ab cde",
            {"lost": "abc de", "gained": "cde ab", "moved": "c"},
            id="one entry goes over",
        ),
        pytest.param(
            "ab cd ef gh",
            "abcd e f gh",
            {"kept": 1, "merged": ["ab cd"], "split": ["e f"], "moved": "cdf"},
            id="of each kind",
        ),
    ],
)
def test_stories_are_kept_merged_split_or_neither(
    before: str, after: str, expected: dict[str, object]
) -> None:
    nothing = {"kept": 0, "gained": "", "lost": "", "merged": [], "split": [], "moved": ""}
    assert difference(before, after) == nothing | expected


def test_partitions_of_other_entries_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="same entries"):
        compare({"a": "a"}, {"b": "b"})


PARTITIONS = st.lists(st.tuples(st.sampled_from("uvwxyz"), st.sampled_from("uvwxyz")), max_size=20)


@given(PARTITIONS)
def test_the_way_back_is_the_mirror(labels: list[tuple[str, str]]) -> None:
    before = {f"e{n}": a for n, (a, _) in enumerate(labels)}
    after = {f"e{n}": b for n, (_, b) in enumerate(labels)}
    there, back = compare(before, after), compare(after, before)
    assert (there.kept, there.gained, there.merged) == (back.kept, back.lost, back.split)
    is_same = not (there.gained or there.lost or there.merged or there.split)
    assert is_same == (not there.moved)
    assert is_same == (pairwise(list(before.values()), list(after.values())).f1 == 1.0 or not there.moved)
    assert compare(before, before) == Difference(kept=len(set(before.values())))
