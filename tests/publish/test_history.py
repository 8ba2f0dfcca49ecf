"""The chart of a source: a bar a day, as high as there is to tell, the last day last."""

from datetime import timedelta

from aggregator.publish.history import DAYS, HEIGHT, history_of
from tests.world import NOW

TODAY = NOW.date()


def test_where_nothing_was_told_there_is_no_chart() -> None:
    assert history_of({}) is None


def test_there_is_a_bar_for_each_day_up_to_the_last() -> None:
    found = history_of({TODAY: 2, TODAY - timedelta(days=3): 4})
    assert found
    assert [bar.day for bar in found.bars] == [TODAY - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    assert [bar.count for bar in found.bars[-4:]] == [4, 0, 0, 2]
    assert (found.total, found.most) == (6, 4)


def test_a_bar_is_as_high_as_its_day_had_entries() -> None:
    found = history_of({TODAY: 10, TODAY - timedelta(days=1): 5, TODAY - timedelta(days=2): 1000})
    assert found
    heights = [bar.height for bar in found.bars[-3:]]
    assert heights[0] == HEIGHT
    assert heights[0] > heights[1] >= heights[2] >= 2
    assert all(bar.y + bar.height == HEIGHT for bar in found.bars)
