"""The archive: walked back from the feed it gives each entry exactly once, and its pages stay."""

import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from aggregator import pipeline
from aggregator.model import Evidence, Merger, Placement, Split
from aggregator.settings import Publish, Settings
from aggregator.store import open_store
from tests.test_pipeline import made_again
from tests.world import (
    HOUR,
    NOW,
    Origin,
    Post,
    a_name,
    a_round,
    a_settings,
    a_source,
    an_arrival,
    files_below,
    rss,
    under,
    walk,
)

ATOM = "{http://www.w3.org/2005/Atom}"
FH = "{http://purl.org/syndication/history/1.0}"
LIMIT = 6
BECAUSE = Evidence(rung="rule", score=1.0, threshold=0.0)


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    """One for all tests here: its address stands in what they share."""
    server = Origin()
    yield server
    server.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> dict[int, Path]:
    """Folders of sites by how much their source has told so far, each the one before that went on."""
    folders: dict[int, Path] = {0: tmp_path_factory.mktemp("0")}
    for upto in (15, 18, 30):
        before, folder = max(folders), tmp_path_factory.mktemp(str(upto))
        shutil.copytree(folders[before], folder, dirs_exist_ok=True)
        publish(settings_in(folder, origin), origin, upto, start=before)
        folders[upto] = folder
    return folders


def settings_in(folder: Path, origin: Origin) -> Settings:
    source = a_source(origin.say("/north", rss()))
    return replace(a_settings(folder, source), publish=Publish(limit=LIMIT))


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    return settings_in(tmp_path, origin)


def post(number: int) -> Post:
    words = a_name(str(number)).translate(str.maketrans("0123456789", "ghijklmnop"))
    title, text = f"{words[:6]} {words[6:12]}", f"{words[12:18]} {words[18:24]} {words[24:]}"
    return Post(title=title, text=text, guid=f"urn:p:{number}",
                link=f"https://north.example/{number}", at=NOW + number * HOUR)  # fmt: skip


def publish(settings: Settings, origin: Origin, upto: int, *, start: int = 0) -> dict[str, bytes]:
    """Let the source tell more and more, three at a time, a round each."""
    for number in range(start, upto, 3):
        origin.say("/north", rss(*map(post, range(max(0, number - 5), number + 3))))
        a_round(settings, now=NOW + (number + 3) * HOUR)
    return files_below(pipeline.public_folder(settings))


def published(settings: Settings, lived: dict[int, Path], upto: int) -> dict[str, bytes]:
    """Publish as `publish` from the start, by a copy of a site that has done so."""
    shutil.copytree(lived[upto], settings.folder, dirs_exist_ok=True)
    return files_below(pipeline.public_folder(settings))


def links(document: bytes) -> dict[str, str]:
    found = etree.fromstring(document).findall(f"{ATOM}link")
    return {link.get("rel"): link.get("href").removeprefix("https://planet.example/") for link in found}


def ids(document: bytes) -> list[str]:
    return [entry.findtext(f"{ATOM}id") for entry in etree.fromstring(document).findall(f"{ATOM}entry")]


def walked(files: dict[str, bytes]) -> list[str]:
    """Walk back from the feed; return the pages."""
    pages, here = [], links(files["atom.xml"]).get("prev-archive")
    while here:
        pages.append(here)
        here = links(files[here]).get("prev-archive")
    return pages


def test_a_feed_from_which_nothing_fell_has_no_archive(settings: Settings, origin: Origin) -> None:
    files = publish(settings, origin, LIMIT - 3)
    assert not walked(files)
    assert not [name for name in files if name.startswith("archive")]


def test_walked_back_each_entry_comes_exactly_once(settings: Settings, lived: dict[int, Path]) -> None:
    files = published(settings, lived, 30)
    pages = walked(files)
    archived = Counter(id_ for page in pages for id_ in ids(files[page]))
    assert set(archived.values()) == {1}
    assert set(archived) | set(ids(files["atom.xml"])) == {f"urn:p:{number}" for number in range(30)}
    assert pages == [f"archive/{number}/atom.xml" for number in range(len(pages), 0, -1)]
    assert len(pages) > 2


def test_a_page_says_what_it_is_and_what_stands_around_it(settings: Settings, lived: dict[int, Path]) -> None:
    files = published(settings, lived, 30)
    newest, *_, oldest = walked(files)
    for page in (newest, oldest):
        assert etree.fromstring(files[page]).find(f"{FH}archive") is not None
        assert links(files[page])["current"] == "atom.xml"
        assert links(files[page])["self"] == page
    assert "next-archive" not in links(files[newest])
    assert "prev-archive" not in links(files[oldest])
    assert links(files[oldest])["next-archive"] == "archive/2/atom.xml"
    assert etree.fromstring(files["atom.xml"]).find(f"{FH}archive") is None
    identity = {etree.fromstring(files[name]).findtext(f"{ATOM}id") for name in ("atom.xml", newest, oldest)}
    assert len(identity) == 1


def test_a_page_that_is_closed_keeps_its_entries_for_ever(
    settings: Settings, lived: dict[int, Path], origin: Origin
) -> None:
    before = published(settings, lived, 18)
    after = publish(settings, origin, 36, start=18)
    for page in walked(before):
        assert ids(after[page]) == ids(before[page])
    assert [after[page] for page in walked(before)[1:]] == [before[page] for page in walked(before)[1:]]


def test_the_archive_is_made_again_from_the_store_alone(settings: Settings, lived: dict[int, Path]) -> None:
    files = published(settings, lived, 15)
    assert made_again(settings) == files


def test_a_page_is_closed_with_a_memory_as_without(settings: Settings, origin: Origin) -> None:
    memory = pipeline.Memory()
    with open_store(pipeline.store_path(settings)) as store:
        for number in range(0, 15, 3):
            origin.say("/north", rss(*map(post, range(max(0, number - 5), number + 3))))
            walk(store, settings, now=NOW + (number + 3) * HOUR, memory=memory)
    files = files_below(pipeline.public_folder(settings))
    assert walked(files)
    assert made_again(settings) == files


def test_pages_that_were_closed_and_not_written_are_named_by_those_before(
    settings: Settings, lived: dict[int, Path], origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = walked(published(settings, lived, 15))

    def cut_off(*_: object) -> tuple[str, ...]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules[pipeline.publish.__module__], "write_files", cut_off)
        for start in (15, 18, 21):
            with pytest.raises(KeyboardInterrupt):
                publish(settings, origin, start + 3, start=start)
    files = publish(settings, origin, 27, start=24)
    assert len(walked(files)) > len(before) + 1
    assert made_again(settings) == files


def test_what_is_taken_down_is_gone_from_the_archive(settings: Settings, lived: dict[int, Path]) -> None:
    before = published(settings, lived, 30)
    oldest = walked(before)[-1]
    gone = ids(before[oldest])[0]
    with open_store(pipeline.store_path(settings)) as store:
        with store.transaction():
            store.takedowns.ask("url", f"north.example/{gone.rpartition(':')[2]}")
        pipeline.publish(store, settings)
    after = files_below(pipeline.public_folder(settings))
    assert ids(after[oldest]) == ids(before[oldest])[1:]
    assert f'ref="{gone}"'.encode() in after["atom.xml"]


def test_a_round_without_news_touches_no_page(settings: Settings, lived: dict[int, Path]) -> None:
    published(settings, lived, 15)
    with open_store(pipeline.store_path(settings)) as store:
        assert pipeline.publish(store, settings) == (0, 0)


def test_what_went_out_has_a_page_also_when_it_stands_in_a_part_that_did_not(
    settings: Settings, lived: dict[int, Path]
) -> None:
    files = published(settings, lived, 15)
    lead = ids(files[walked(files)[-1]])[0]
    with open_store(pipeline.store_path(settings)) as store:
        (gone,) = store.entries.find(lead)
        (kept,) = store.entries.find("urn:p:14")
        parting = Split(story_id=kept, new_id=gone, entry_ids=(gone,))
        merger = Merger(story_id=kept, gone_id=gone, because=BECAUSE)
        changes: tuple[dict[str, Any], ...] = ({"mergers": (merger,)}, {"split": parting})
        for change in changes:
            arrival = an_arrival(next(iter(change)))
            with store.transaction():
                store.entries.add([under(arrival, f"urn:{arrival.entry.id}")], first_seen=NOW)
                store.stories.place(
                    Placement(entry_id=arrival.entry.id, story_id=kept, because=BECAUSE, **change), now=NOW
                )
            pipeline.publish(store, settings)
    assert f"story/{gone}/index.html" in files_below(pipeline.public_folder(settings))
