"""A story is told of anew each time so many outlets have joined it, a few times, and only of these."""

from collections.abc import Sequence

import pytest

from aggregator.model import FollowUp, Telling
from aggregator.stories.followups import MOST_FOLLOW_UPS, next_follow_up
from tests.world import HOUR, NOW, a_name, a_record, a_telling

LEAD = a_telling("lead", outlet="North")


def others(*names: str) -> list[Telling]:
    return [
        a_telling(name, outlet=name.partition(" ")[0], date=NOW + n * HOUR) for n, name in enumerate(names)
    ]


def walk(*steps: Sequence[Telling], step: int = 2) -> list[list[str]]:
    """Let a story grow step by step; return whom each follow-up tells of, newest first."""
    told: list[FollowUp] = []
    for hour, tellings in enumerate(steps):
        found = next_follow_up(a_record(LEAD, *tellings), told, step=step, at=NOW + hour * HOUR)
        told += [found] if found else []
    return [[line.outlet for line in follow_up.lines] for follow_up in told]


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        pytest.param([others("A", "B", "C")], [[]], id="what is there at first is not told anew"),
        pytest.param([[], others("A")], [[]], id="too few"),
        pytest.param([[], others("A"), others("A", "B")], [[], ["B", "A"]], id="enough in the end"),
        pytest.param([[], others("A", "A again")], [[]], id="one outlet twice is one"),
        pytest.param([[], others("A", "North too")], [[]], id="the lead's own outlet is none"),
        pytest.param([others("A"), others("A", "A again", "B")], [[]], id="one that was there is none"),
        pytest.param([[], others("A", "B", "C", "D", "E")], [[], list("EDCBA")], id="many at once"),
        pytest.param(
            [[], others("A", "B"), others("A", "B"), others("A", "B", "C", "D")],
            [[], ["B", "A"], ["D", "C"]],
            id="step by step, each once",
        ),
    ],
)  # fmt: skip
def test_a_follow_up_is_told_when_enough_have_joined(
    steps: list[list[Telling]], told: list[list[str]]
) -> None:
    assert walk(*steps) == told


def test_there_are_few_a_story() -> None:
    names = "ABCDEFGHIJ"
    told = walk(*(others(*names[:n]) for n in range(len(names))), step=1)
    assert len(told) == 1 + MOST_FOLLOW_UPS


def test_who_carries_the_same_text_has_not_joined() -> None:
    copies = [a_telling(n, outlet=n, copy_of=a_name("lead")) for n in "AB"]
    assert walk([], copies) == [[]]


def test_it_says_which_story_and_when() -> None:
    record = a_record(LEAD, *others("A", "B"))
    before = next_follow_up(a_record(LEAD), (), step=2, at=NOW)
    assert before == FollowUp(lead_id=LEAD.entry_id, number=0, at=NOW, outlets=("North",))
    told = next_follow_up(record, (before,), step=2, at=NOW + HOUR)
    assert told is not None
    assert (told.number, told.at, told.title, told.url) == (1, NOW + HOUR, LEAD.title, LEAD.url)
    assert told.outlets == ("A", "B")
