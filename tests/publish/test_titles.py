"""Headlines are shown in the operator's form, and stored as they came."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aggregator import pipeline
from aggregator.model import Origin, Person, SourceCard
from aggregator.publish.titles import Titles, cut
from aggregator.settings import Piece, Source
from aggregator.store import open_store
from tests.world import (
    NOW,
    Post,
    a_record,
    a_round,
    a_settings,
    a_source,
    a_telling,
    an_entry,
    files_below,
    rss,
)
from tests.world import Origin as Server

ANN = Person(name="Ann")


def title_of(source: Source, **given: Any) -> str:
    lead = an_entry(title="A bridge | North", **given)
    record = replace(a_record(a_telling()), lead=lead, source=SourceCard(id="north", title="The North"))
    return Titles([source]).shown(record).lead.title


@pytest.mark.parametrize(
    ("form", "pieces", "given", "shown"),
    [
        ("{source}: {title}", (), {}, "The North: A bridge | North"),
        ("", ("| North",), {}, "A bridge"),
        ("{title} – {author}", ("/ \\| [a-z]+$/",), {"authors": (ANN,)}, "A bridge – Ann"),
        ("{author}: {title}", (), {}, "The North: A bridge | North"),
        ("{source}: {title}", (), {"origin": Origin(title="The East")}, "The East: A bridge | North"),
        ("{{{title}}}", (), {}, "{A bridge | North}"),
    ],
)
def test_a_headline_takes_the_form_of_its_source(
    form: str, pieces: tuple[Piece, ...], given: dict[str, Any], shown: str
) -> None:
    assert title_of(Source(id="north", title=form, title_cut=pieces), **given) == shown
    assert title_of(Source(id="south", title=form, title_cut=pieces), **given) == "A bridge | North"


def test_of_a_headline_that_is_all_furniture_nothing_is_cut() -> None:
    assert cut("The North", ("The North",)) == "The North"


def test_coverage_is_cut_and_not_formed() -> None:
    source = Source(id="north", title="{source}: {title}", title_cut=(Piece("| North"),))
    other = a_telling("other", title="A ferry | North", source_id="north")
    shown = Titles([source]).shown(a_record(a_telling(), other))
    assert [telling.title for telling in shown.members][1:] == ["A ferry"]


def test_what_is_published_changes_and_what_is_stored_does_not(tmp_path: Path, origin: Server) -> None:
    post = Post(title="A bridge | North", guid="urn:bridge", at=NOW)
    plain = a_settings(tmp_path, a_source(origin.say("/north", rss(post))))
    a_round(plain)
    before = files_below(pipeline.public_folder(plain))
    formed = replace(plain.sources[0], title="{source}: {title}", title_cut=(Piece("| North"),))
    a_round(replace(plain, sources=(formed,)))
    files = files_below(pipeline.public_folder(plain))
    for name in before:
        assert (b"A bridge | North" in before[name]) == (b"The North Gazette: A bridge" in files[name]), name
        assert b"| North" not in files[name]
    with open_store(pipeline.store_path(plain)) as store:
        body, _ = pipeline.search(store, replace(plain, sources=(formed,)), "bridge", file="feed.json")
        assert b"The North Gazette: A bridge" in body
        assert store.entries.find("A bridge | North")
    a_round(plain)
    assert files_below(pipeline.public_folder(plain)) == before
