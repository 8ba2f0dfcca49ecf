"""Editing feeds.yaml: what is not asked for stays as it is, to the character."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import yamls
from aggregator.config import parse_settings, read_text, save_text
from aggregator.config.edit import with_sources, without_sources
from aggregator.errors import ConfigError, EditError

quick = settings(max_examples=100, deadline=None, derandomize=True)
NEW = {"url": "https://new.example/feed", "name": "New: one", "tags": ["a", "no"]}

WORDS = st.text(st.sampled_from("ab ü#:-'\"[]{},&*!|>%@`\\~?1"), min_size=1, max_size=8).map(
    lambda t: f"x{t}x"
)
NEWLINES = st.sampled_from(["\n", "\r\n"])
COMMENTS = st.sampled_from(["", "# why", "    # more", "  # - url: https://old.example/", "#"])


@st.composite
def sources(draw: st.DrawFn, number: int) -> list[str]:
    """Lines of one entry of a list, its dash first, as people write them."""
    url, name = f"https://s{number}.example/f", draw(WORDS)
    quoted = f'"{name}"'.replace("\\", "") if '"' not in name else "plain"
    tail = draw(st.sampled_from(["", "  # of the town", "   "]))
    form = draw(st.sampled_from(["short", "quoted", "braces", "keys", "below", "text", "kept"]))
    if form == "short":
        return [f"- {url}{tail}"]
    if form == "quoted":
        return [f"- '{url}'{tail}"]
    if form == "braces":
        return [f'- {{url: "{url}", name: {quoted}, tags: [a,', "     b]}" + tail]
    if form == "below":
        return ["-", f"  name: {quoted}", f"  url: {url}{tail}", "  # every: 3h"]
    if form == "text":
        return [f"-   url: {url}", "    name: |", f"      {draw(WORDS)}", "", "      last"]
    if form == "kept":
        return [f"- url: {url}", "  name: >+", f"    {draw(WORDS)}", ""]
    return [f"- url: {url}{tail}", f"  name: {quoted}", "  # every: 3h", "  tags:", "    - a", "    - b"]


@st.composite
def configurations(draw: st.DrawFn) -> str:
    """Valid configurations with a list of sources, in many hands."""
    indent, newline = draw(st.sampled_from(["", "  ", "    "])), draw(NEWLINES)
    lines = draw(st.sampled_from([[], ["# mine", "", "site:", "  title: T  # it", ""], ["---"]]))
    count = draw(st.integers(0, 4))
    lines = [*lines, "sources:" if count else "sources: []"]
    for number in range(count):
        lines += draw(st.lists(COMMENTS, max_size=2))
        lines += [f"{indent}{line}" if line else "" for line in draw(sources(number))]
    lines += draw(st.sampled_from([[], ["", "# the end"], ["server: {port: 0}"], ["", "data: d", "..."]]))
    return newline.join(lines) + draw(st.sampled_from(["", newline]))


@quick
@given(configurations(), st.integers(1, 3))
def test_what_is_added_and_taken_out_again_leaves_the_text_as_it_was(text: str, count: int) -> None:
    assert parse_settings(text, path=Path("feeds.yaml"))
    before = len(yamls.load(text).value["sources"])
    added = with_sources(text, [{**NEW, "url": f"{NEW['url']}/{n}"} for n in range(count)])
    assert without_sources(added, range(before, before + count)) == text


@quick
@given(configurations(), st.data())
def test_of_the_others_nothing_is_changed(text: str, data: st.DataObject) -> None:
    before = yamls.load(text).value["sources"]
    gone = data.draw(st.sets(st.integers(0, len(before) - 1))) if before else set()
    left = yamls.load(without_sources(text, gone)).value
    assert left["sources"] == [source for number, source in enumerate(before) if number not in gone]


@quick
@given(WORDS, WORDS, st.booleans())
def test_any_text_is_written_so_that_it_reads_back(name: str, tag: str, is_braced: bool) -> None:
    text = f"sources:\n- {{url: {NEW['url']}}}\n" if is_braced else "sources: []\n"
    new: dict[str, Any] = {
        "url": "https://x.example/?a=b&c=%20#d",
        "name": name,
        "tags": [tag],
        "every": "3h",
    }
    assert yamls.load(with_sources(text, [new])).value["sources"][-1] == new


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "sources:\n  - https://x.example/f\n", id="an empty file"),
        pytest.param(
            "site: {title: T}\n",
            "site: {title: T}\n\nsources:\n  - https://x.example/f\n",
            id="no list yet",
        ),
        pytest.param("sources:\n# none\n", "sources:\n  - https://x.example/f\n# none\n", id="nothing there"),
        pytest.param("sources: ~\n", "sources:\n  - https://x.example/f\n", id="nothing, said so"),
        pytest.param(
            "sources: []\r\na: b", "sources:\r\n  - https://x.example/f\r\na: b", id="their newlines"
        ),
        pytest.param(
            "sources: [a,\n  b]  # two\n",
            "sources: [a,\n  b, https://x.example/f]  # two\n",
            id="in brackets",
        ),
        pytest.param(
            '{"sources": ["a"], "data": "d"}',
            '{"sources": ["a", https://x.example/f], "data": "d"}',
            id="as JSON",
        ),
        pytest.param(
            "sources:\n- a\n  # of a\n\n# - b\n",
            "sources:\n- a\n  # of a\n- https://x.example/f\n\n# - b\n",
            id="below what belongs to the last",
        ),
    ],
)
def test_a_source_goes_to_the_end_of_the_list(before: str, after: str) -> None:
    assert with_sources(before, [{"url": "https://x.example/f"}]) == after


def test_it_is_written_in_the_hand_of_the_others() -> None:
    text = "sources:\n-   url: https://a.example/\n    name: A\n"
    assert with_sources(text, [NEW]) == (
        text + '-   url: https://new.example/feed\n    name: "New: one"\n    tags: [a, "no"]\n'
    )
    text = 'sources:\n  - {name: A, url: "https://a.example/"}\n'
    assert with_sources(text, [NEW]) == (
        text + '  - {url: "https://new.example/feed", name: "New: one", tags: [a, "no"]}\n'
    )


@pytest.mark.parametrize(
    ("text", "number", "left"),
    [
        pytest.param("sources:\n- a\n- b  # of b\n- c\n", 1, "sources:\n- a\n- c\n", id="beside it"),
        pytest.param(
            "sources:\n- a\n# of b\n# and more\n- b\n- c\n", 1, "sources:\n- a\n- c\n", id="above it"
        ),
        pytest.param("sources:\n- a\n- b\n  # of b\n# end\n", 1, "sources:\n- a\n# end\n", id="below it"),
        pytest.param("sources:\n# all\n- a\n- b\n", 0, "sources:\n# all\n- b\n", id="of the list: stays"),
        pytest.param(
            "sources:\n- a\n\n# music\n- b\n- c\n",
            1,
            "sources:\n- a\n\n# music\n- c\n",
            id="of a group: stays",
        ),
        pytest.param("sources:\n- a\n\n# music\n- b\n", 1, "sources:\n- a\n\n", id="of a group of one"),
        pytest.param("sources:\n- a\n# - old\n- b\n", 1, "sources:\n- a\n# - old\n", id="put aside: stays"),
        pytest.param("sources:\n- a\n", 0, "sources: []\n", id="the only one"),
        pytest.param("sources: [a, b, c]", 0, "sources: [b, c]", id="in brackets"),
    ],
)
def test_a_source_goes_with_the_comments_that_are_its_own(text: str, number: int, left: str) -> None:
    assert without_sources(text, [number]) == left


def test_a_list_that_stands_elsewhere_is_left_alone() -> None:
    with pytest.raises(EditError, match="by hand"):
        with_sources("outputs: &x [a]\nsources: *x\n", [NEW])


# ---------------------------------------------------------------- the file


def test_the_file_keeps_its_mode_its_mark_and_its_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "feeds.yaml"
    real.write_bytes(b"\xef\xbb\xbfsources: []\r\n")
    real.chmod(0o640)
    link.symlink_to(real)
    saved = save_text(link, "sources:\r\n- https://a.example/\r\n", was=read_text(link))
    assert [source.url for source in saved.sources] == ["https://a.example/"]
    assert real.read_bytes() == b"\xef\xbb\xbfsources:\r\n- https://a.example/\r\n"
    assert (link.is_symlink(), real.stat().st_mode & 0o777) == (True, 0o640)
    assert sorted(tmp_path.iterdir()) == [link, real]


def test_what_is_wrong_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("sources: []\n")
    with pytest.raises(ConfigError):
        save_text(path, "sources: [ftp://x]\n", was="sources: []\n")
    assert path.read_text() == "sources: []\n"


def test_a_file_that_was_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("sources: []  # by hand\n")
    with pytest.raises(EditError, match="changed meanwhile"):
        save_text(path, "sources: [https://a.example/]\n", was="sources: []\n")
    assert path.read_text() == "sources: []  # by hand\n"


def test_a_folder_that_cannot_be_written_leaves_the_file_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "feeds.yaml"
    path.write_text("sources: []\n")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EditError, match="cannot be written: No space left"):
        save_text(path, "sources: [https://a.example/]\n", was="sources: []\n")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("feeds.yaml", "sources: []\n")]
