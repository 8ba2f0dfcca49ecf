"""Every file that is published, or lies in the folder of data, is documented; and no other."""

import re
from pathlib import Path

import pytest

from aggregator.publish.outputs import FORMATS
from aggregator.settings import Output, Storage
from aggregator.store import open_store
from tests.docs import pages
from tests.docs.pages import DOCS, by_page
from tests.test_pipeline import BRIDGE_POST
from tests.world import CHESS, HOUR, NOW, Origin, Post, a_settings, a_source, article, files_below, rss, walk


def form_of(name: str) -> re.Pattern[str]:
    """Turn a documented name into a pattern: words in capitals, `N` and `…` stand for anything."""
    return re.compile(re.sub(r"[A-Z]+|…", "[^/]+", re.escape(name).replace("\\-", "-")))


def documented(heading: str) -> list[str]:
    return pages.first_column(pages.section("files.md", heading))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data in which everything has happened."""
    folder, origin = tmp_path_factory.mktemp("site"), Origin()
    (folder / "seeds").mkdir()
    (folder / "seeds" / "ours.txt").write_text(article("What we make of bridges", "A paragraph. " * 40))
    chess = Post(title="Okonkwo wins in Lagos", text=CHESS, guid="urn:chess", at=NOW - 2 * HOUR)
    later = [Post(title=f"Bulletin {n}", text=f"{n} " * 40, guid=f"urn:{n}", at=NOW - HOUR) for n in range(3)]
    north = a_source(origin.say("/north", rss(BRIDGE_POST, chess)), id="north", tags=("news",))
    sources = (north, a_source(path="seeds/*.txt", id="ours"))
    outputs = (Output(name="mine"), Output(name="desk", token="s3cret-s3cret"), Output(name="all", limit=2))
    settings = a_settings(folder, *sources, outputs=outputs, storage=Storage(backups=True))
    try:
        with open_store(folder / "data" / "aggregator.db") as store:
            walk(store, settings)
            origin.say("/north", rss(*later))
            walk(store, settings, now=NOW + 3 * HOUR)
    finally:
        origin.close()
    return folder / "data"


def test_every_published_file_is_documented(published: Path) -> None:
    forms = [form_of(name) for name in documented("## What is published")]
    for name in files_below(published / "public"):
        assert any(form.fullmatch(name) for form in forms), f"docs/files.md says nothing of {name}"


def test_every_documented_file_is_published(published: Path) -> None:
    there = list(files_below(published / "public"))
    for name in documented("## What is published"):
        assert any(form_of(name).fullmatch(file) for file in there), name


@by_page("published files")
def test_every_published_file_within_a_line_exists(page: Path) -> None:
    forms = [form_of(name) for name in documented("## What is published")]
    for code in pages.inline(page):
        if re.fullmatch(r"[\w/-]+\.(?:xml|atom|opml)", code):
            assert any(form.fullmatch(code) for form in forms), code


def test_what_lies_in_the_folder_of_data_is_documented(published: Path) -> None:
    forms = [form_of(name.rstrip("/")) for name in documented("## What lies in `data/`")]
    for path in published.iterdir():
        assert any(form.fullmatch(path.name) for form in forms), f"docs/files.md says nothing of {path.name}"


def test_every_format_of_an_output_is_documented() -> None:
    for name in FORMATS:
        assert f"`{name}`" in pages.text_of(DOCS / "files.md"), f"docs/files.md says nothing of {name}"
