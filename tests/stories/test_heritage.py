"""Who leads what, after all was decided anew."""

import pytest

from aggregator.stories.heritage import inherited_leads


@pytest.mark.parametrize(
    ("published", "story_of", "leads"),
    [
        pytest.param([], {"a": "a"}, {}, id="nothing went out"),
        pytest.param([("a", "b")], {"a": "a", "b": "a"}, {"a": "b"}, id="as it was"),
        pytest.param([("a", "b")], {"a": "a", "b": "b"}, {"b": "b"}, id="the part with the lead"),
        pytest.param([("b", "b")], {"a": "a", "b": "a"}, {"a": "b"}, id="into one that was not out"),
        pytest.param(
            [("a", "a"), ("b", "c")], {"a": "b", "b": "b", "c": "b"}, {"b": "c"}, id="its own lead first"
        ),
        pytest.param(
            [("b", "b"), ("c", "c")], {"a": "a", "b": "a", "c": "a"}, {"a": "b"}, id="the oldest next"
        ),
        pytest.param([("a", "a"), ("b", "b")], {"a": "a", "b": "a"}, {"a": "a"}, id="two that are one"),
        pytest.param([("a", "x")], {"a": "a"}, {}, id="a lead that is in no story"),
        pytest.param(
            [("a", "a"), ("b", "b")], {"a": "a", "b": "b"}, {"a": "a", "b": "b"}, id="parted as they were"
        ),
    ],
)
def test_a_lead_that_went_out_leads_the_story_it_is_in(
    published: list[tuple[str, str]], story_of: dict[str, str], leads: dict[str, str]
) -> None:
    assert inherited_leads(published, story_of) == leads
