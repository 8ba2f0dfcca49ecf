"""What the stream taught can be written down and read back, in another process and after years."""

import zlib

import pytest

from aggregator.pipeline import new_desk
from aggregator.settings import Stories
from aggregator.stories.learned import LINK_WEIGHT, TITLE_WEIGHT, Learned
from aggregator.stories.words import Reading
from tests.stories.labelled import stream
from tests.stories.makers import a_live


def reading(**given: object) -> Reading:
    defaults = {"title": (), "text": (), "shown": 0, "link": (), "names": frozenset(), "language": "en"}
    return Reading(**defaults | given)  # type: ignore[arg-type]


def test_what_was_written_down_is_read_back_to_the_last_bit() -> None:
    desk = new_desk(Stories())
    for labelled in stream()[:60]:
        desk.place(labelled.brief)
    data = desk.dump()
    learned = Learned({})
    learned.load(data)
    assert learned.dump() == data
    assert learned.lexicon.dump().keys() >= {"en", "de"}
    assert learned.series.dump()


def test_an_empty_memory_is_read_back_and_small() -> None:
    one, two = Learned({}), Learned({})
    two.load(one.dump())
    assert two.dump() == one.dump()
    assert len(one.dump()) < 20_000


@pytest.mark.parametrize("data", [b"", b"no memory", zlib.compress(b"")])
def test_what_is_no_memory_is_not_read(data: bytes) -> None:
    with pytest.raises((zlib.error, ValueError)):
        Learned({}).load(data)


# ---------------------------------------------------------------- weighing


def test_a_word_counts_more_in_a_title_and_in_an_address() -> None:
    said = reading(title=("wirra",), text=("wirra", "ferry"), shown=2, link=("wirra", "girders"))
    _, counts = Learned({}).weigh(a_live("one", {}), said, frozenset())
    assert counts == {"wirra": TITLE_WEIGHT + LINK_WEIGHT + 1, "girders": LINK_WEIGHT, "ferry": 1}


def test_of_the_next_of_a_series_only_the_text_counts() -> None:
    said = reading(title=("briefing",), text=("wirra", "ferry"), shown=2, link=("briefing",))
    _, counts = Learned({}).weigh(a_live("one", {}, issues=1), said, frozenset())
    assert counts == {"wirra": 1, "ferry": 1}


def test_furniture_and_what_is_not_shown_do_not_count() -> None:
    said = reading(title=("wirra",), text=("sign", "up", "ferry", "end"), shown=3)
    _, counts = Learned({}).weigh(a_live("one", {}), said, frozenset({0, 1, 2}))
    assert counts == {"wirra": TITLE_WEIGHT, "ferry": 1}
