"""Rules say of an entry why it is held back: what is excluded first, everywhere before the source."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Enclosure, Entry, FeedInfo, Person
from aggregator.policy.rules import Bench, Evidence
from aggregator.settings import Rule, Rules, Source, Words
from tests.world import an_entry

ENTRY = an_entry(
    title="Sponsored: the best beds of Black Friday",
    summary="Sleep better.",
    text="Sleep better. Written by our partner.",
    url="https://www.north.example/shop/beds-2026",
    authors=(Person(name="Ann Advertiser", email="ann@north.example"),),
    categories=("Ads & Offers", "Home"),
    enclosures=(Enclosure(url="https://north.example/a.mp3", media_type="audio/mpeg"),),
    language="en-GB",
)


def rule(**given: str) -> Rule:
    return Rule(**{name: (Words(text),) for name, text in given.items()})


NONE, NOTHING = Rules(), FeedInfo()


def verdict(
    entry: Entry = ENTRY, *, general: Rules = NONE, own: Rules = NONE, feed: FeedInfo = NOTHING
) -> str:
    bench = Bench(general, Source(id="north", rules=own))
    return bench.verdict(Evidence(entry, feed))


@pytest.mark.parametrize(
    ("given", "speaks"),
    [
        ({"title": "black friday"}, True),
        ({"title": "partner"}, False),
        ({"content": "by our partner"}, True),
        ({"content": "sponsored"}, False),
        ({"anywhere": "partner"}, True),
        ({"anywhere": "sponsored"}, True),
        ({"author": "ann advertiser"}, True),
        ({"author": "ann@north.example"}, True),
        ({"category": "ads"}, True),
        ({"category": "offers home"}, False),
        ({"url": "north.example/shop"}, True),
        ({"url": "example/beds"}, False),
        ({"url": "/beds-\\d+$/"}, True),
        ({"language": "en"}, True),
        ({"language": "en-GB"}, True),
        ({"language": "GB"}, False),
        ({"enclosure": "audio"}, True),
        ({"enclosure": "video"}, False),
        ({"title": "sponsored", "author": "ann"}, True),
        ({"title": "sponsored", "author": "bob"}, False),
    ],
)
def test_a_rule_speaks_of_what_fits_all_that_it_names(given: dict[str, str], speaks: bool) -> None:
    assert bool(verdict(general=Rules(exclude=(rule(**given),)))) is speaks
    assert bool(verdict(general=Rules(include=(rule(**given),)))) is not speaks


def test_of_a_list_one_pattern_will_do() -> None:
    found = Rule(title=(Words("nothing"), Words("/^sponsored/")))
    assert (
        verdict(own=Rules(exclude=(found,))) == "sources[north].rules.exclude: title: nothing, /^sponsored/"
    )


def test_everywhere_comes_before_the_source_and_out_before_in() -> None:
    spoken = Rules(exclude=(rule(title="sponsored"),))
    unspoken = Rules(include=(rule(title="chess"),))
    assert verdict(general=spoken, own=spoken) == "rules.exclude: title: sponsored"
    assert verdict(general=unspoken, own=spoken) == "sources[north].rules.exclude: title: sponsored"
    assert verdict(general=unspoken) == "rules.include: none speaks of it"


def test_what_is_included_everywhere_must_be_included_by_the_source_as_well() -> None:
    beds, chess = Rules(include=(rule(title="beds"),)), Rules(include=(rule(title="chess"),))
    assert verdict(general=beds, own=beds) == ""
    assert verdict(general=beds, own=chess) == "sources[north].rules.include: none speaks of it"


def test_language_and_author_may_be_those_of_the_feed() -> None:
    plain, feed = an_entry(), FeedInfo(language="sv", authors=(Person(name="Ann"),))
    assert verdict(plain, own=Rules(include=(rule(language="sv", author="ann"),)), feed=feed) == ""


def test_what_was_in_a_text_that_was_let_go_is_held_against_no_entry() -> None:
    old = an_entry(text="", html="", summary="What is left of it")
    assert verdict(old, own=Rules(include=(rule(content="partner"),))) == ""
    assert verdict(old, own=Rules(exclude=(rule(content="partner"),))) == ""
    assert verdict(an_entry(text="", html="", summary=""), own=Rules(include=(rule(content="partner"),)))


def test_a_source_without_rules_has_no_digest() -> None:
    assert Bench(Rules(), Source(id="north")).digest == ""
    assert Bench(Rules(), Source(id="north", at_most=3)).digest
    assert Bench(Rules(exclude=(rule(title="a"),)), Source()).digest == (
        Bench(Rules(exclude=(rule(title="a"),)), Source()).digest
    )


WORD = st.sampled_from("bridge chess river queen ferry".split())
RULE = st.builds(lambda field, word: rule(**{field: word}), st.sampled_from(["title", "anywhere"]), WORD)
ENTRIES = st.lists(WORD, max_size=4).map(lambda found: an_entry(title=" ".join(["A", *found])))
LISTS = st.lists(RULE, max_size=3).map(tuple)


@given(ENTRIES, LISTS, LISTS, RULE)
def test_one_more_exclude_lets_nothing_in(entry: Entry, include: Any, exclude: Any, more: Rule) -> None:
    before = verdict(entry, own=Rules(include=include, exclude=exclude))
    after = verdict(entry, own=Rules(include=include, exclude=(*exclude, more)))
    assert bool(after) >= bool(before)


@given(ENTRIES, LISTS)
def test_the_order_of_rules_changes_nothing(entry: Entry, exclude: Any) -> None:
    assert bool(verdict(entry, own=Rules(exclude=exclude))) == bool(
        verdict(entry, own=Rules(exclude=exclude[::-1]))
    )
