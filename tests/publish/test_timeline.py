"""The chart of a story: who told when, in order, within its frame, only where there is something to see."""

from typing import Any

import pytest

from aggregator.model import Item
from aggregator.publish.timeline import MOST_ROWS, Timeline, timeline_of
from tests.publish.test_html import every, story, text
from tests.world import DAY, HOUR, NOW, a_line, an_item


def told(*lines: tuple[str, int], **given: Any) -> Item:
    """Make an item that others told of: outlets, and hours after it."""
    later = tuple(
        a_line(f"{outlet}{hours}", outlet=outlet, date=NOW + hours * HOUR) for outlet, hours in lines
    )
    return an_item("bridge", date=NOW, more_recent=later, **given)


def chart(item: Item) -> Timeline:
    found = timeline_of(item)
    assert found
    return found


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(told(), id="nobody else"),
        pytest.param(told(("South", 1)), id="one more"),
        pytest.param(told(("South", 0), ("West", 0)), id="all at once"),
        pytest.param(told(("The North Gazette", 1), ("The North Gazette", 2)), id="one outlet alone"),
        pytest.param(
            an_item(date=NOW, more_recent=(a_line("a", relation="subject", date=NOW + DAY),) * 3),
            id="another event",
        ),
    ],
)
def test_where_there_is_too_little_to_see_there_is_no_chart(item: Item) -> None:
    assert timeline_of(item) is None


def test_outlets_stand_in_the_order_in_which_they_told() -> None:
    found = chart(told(("West", 9), ("South", 3), ("West", 1)))
    assert [row.outlet for row in found.rows] == ["The North Gazette", "West", "South"]
    assert [len(row.dots) for row in found.rows] == [1, 2, 1]
    assert (found.begin, found.end) == (NOW, NOW + 9 * HOUR)


def test_dots_lie_where_their_time_is() -> None:
    found = chart(told(("West", 5), ("South", 10)))
    assert [row.dots[0].x for row in found.rows] == ["2.0%", "50.0%", "98.0%"]
    assert found.rows[0].dots[0].kind == "lead"
    assert found.rows[1].dots[0].title == "22 November 2026, 15:00: The headline of West5"
    assert [row.y for row in found.rows] == sorted(row.y for row in found.rows)
    assert found.rows[-1].y < found.height


def test_copies_are_told_apart() -> None:
    copy = a_line("copy", outlet="East", relation="copy", date=NOW + HOUR)
    found = chart(told(("West", 5), also_in=(copy,)))
    assert {row.outlet: row.dots[0].kind for row in found.rows}["East"] == "copy"


def test_there_are_not_more_rows_than_can_be_read() -> None:
    found = chart(told(*((f"Outlet {number}", number + 1) for number in range(30))))
    assert (len(found.rows), found.left_out) == (MOST_ROWS, 31 - MOST_ROWS)


def test_the_page_of_a_story_shows_the_chart_and_says_what_it_shows() -> None:
    tree = story(told(("West & <b>Sons</b>", 5), ("South", 10)))
    (figure,) = every(tree, "figure", class_="timeline")
    assert "22 November 2026, 10:00" in text(figure)
    assert "West & <b>Sons</b>" in text(figure)
    (svg,) = (element for element in figure.iter() if str(element.tag).endswith("}svg"))
    assert svg.get("role") == "img"
    assert svg.get("aria-label")
    assert len([e for e in svg.iter() if str(e.tag).endswith("}circle")]) == 3
    assert not every(story(told()), "figure", class_="timeline")
