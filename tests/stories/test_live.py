"""What is remembered of live entries: it can be written down, and a story is the sum of its members."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.lexicon import STEPS, Vector
from aggregator.stories.live import LEAD_WORDS, Live, Story
from aggregator.stories.shingles import SKETCH, hashes, shingles, sketch
from aggregator.stories.words import read
from tests.stories.makers import a_live
from tests.world import BRIDGE, NOW, a_brief

PACKED = (
    "language", "issues", "title", "vector", "numbers", "ordinals", "names", "shingles", "rows", "figures",
)  # fmt: skip
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=200)
WORD = st.from_regex(r"[a-zé0-9]{1,12}", fullmatch=True)
VECTOR = st.dictionaries(WORD, st.integers(1, 4 * STEPS - 1).map(lambda step: step / STEPS), max_size=64)
SMALL_VECTOR = st.dictionaries(st.sampled_from("abc"), st.integers(1, STEPS).map(lambda step: step / STEPS))


def packed(live: Live) -> dict[str, object]:
    return {name: getattr(live, name) for name in PACKED}


# ---------------------------------------------------------------- one entry


@given(
    title=TEXT,
    text=TEXT,
    vector=VECTOR,
    language=st.sampled_from(["", "en", "zh"]),
    issues=st.integers(0, 65535),
)
def test_what_is_written_down_of_an_entry_is_read_back(
    title: str, text: str, vector: Vector, language: str, issues: int
) -> None:
    brief = a_brief(title=title, text=text)
    one, two, reading = Live(brief, 7), Live(brief, 7), read(brief)
    one.read(reading, shingles(hashes((*reading.title, *reading.text))))
    one.weigh(vector)
    one.language, one.issues = language, issues
    two.unpack(one.pack())
    assert packed(two) == packed(one)
    assert list(two.vector) == list(one.vector)
    assert two.pack() == one.pack()


def test_an_entry_is_read_with_its_numbers_and_names() -> None:
    brief = a_brief(
        title="Bird strike: flight 412 returns to Varnholm", text="All 148 passengers of 412 left."
    )
    live, reading = Live(brief, 1), read(brief)
    live.read(reading, shingles(hashes(reading.title)))
    live.weigh({"varnholm": 1.0, "412": 0.5})
    assert live.names == {"varnholm"}
    assert live.numbers == ("412",)
    assert sorted(live.figures) == sorted(hashes(["412", "148"]))
    assert list(live.shingles) == sorted(set(shingles(hashes(reading.title))))


def test_a_long_text_can_be_found_by_an_excerpt_of_it() -> None:
    words = [f"word{number}" for number in range(4 * LEAD_WORDS)]
    threes = shingles(hashes(words))
    live = Live(a_brief(), 1)
    live.read(read(a_brief()), threes)
    assert {*sketch(threes), *sketch(threes[:LEAD_WORDS])} == set(live.rows)
    assert SKETCH < len(live.rows) <= 2 * SKETCH


def test_a_copy_is_at_home_in_the_story_of_its_lead() -> None:
    lead, copy = a_live("lead", {"bridge": 1.0}), a_live("copy", {"bridge": 1.0})
    story = Story(lead.entry_id, 1, lead)
    story.add(lead)
    copy.lead = lead
    assert copy.home is lead.home is story
    assert story.members == [lead]


@pytest.mark.parametrize(("issues", "is_series"), [(0, False), (1, True)])
def test_the_second_use_of_a_title_makes_a_series(issues: int, is_series: bool) -> None:
    live = Live(a_brief(date=NOW + timedelta(days=1)), 1)
    live.issues = issues
    assert live.is_series is is_series


# ---------------------------------------------------------------- a story


@given(st.lists(SMALL_VECTOR, min_size=1, max_size=5), st.data())
def test_a_story_is_the_sum_of_its_members_whoever_came_and_went(
    vectors: list[Vector], data: st.DataObject
) -> None:
    members = [a_live(f"m{number}", vector, order=number) for number, vector in enumerate(vectors, 1)]
    story = Story("story", 1, members[0])
    for live in data.draw(st.permutations(members)):
        story.add(live)
    for live in data.draw(st.lists(st.sampled_from(members), unique=True, max_size=len(members) - 1)):
        story.remove(live)
    left = [live for live in members if live in story.members]
    total: Vector = {}
    for live in left:
        for word, weight in live.vector.items():
            total[word] = total.get(word, 0.0) + weight
    assert story.members == left
    assert story.words == total
    assert story.norm == sum(weight * weight for weight in total.values())


def test_a_story_speaks_the_language_of_its_first_live_member() -> None:
    first, second = a_live("one", {}, order=1, language="en"), a_live("two", {}, order=2, language="de")
    story = Story(second.entry_id, 2, second)
    story.add(second)
    assert story.language == "de"
    story.add(first)
    assert story.language == "en"
    story.remove(first)
    assert story.language == "de"


def test_a_story_that_was_merged_twice_is_found() -> None:
    one, two, three = (Story(name, 1, a_live(name, {})) for name in ("one", "two", "three"))
    three.into, two.into = two, one
    assert three.current is two.current is one.current is one


def test_an_entry_has_a_sketch_of_its_text() -> None:
    live = a_live("bridge", {}, text=BRIDGE)
    assert set(live.rows) <= set(live.shingles)
