"""Local files: found by glob, read in the order of their names, left alone while nothing changed."""

import os
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import Cause, FetchError
from aggregator.fetch.directory import fetch_directory
from aggregator.model import Fetched, FetchJob, Validators

MOST = 1000


def job(root: Path, pattern: str = "*.txt", known: Fetched | None = None) -> FetchJob:
    return FetchJob(
        source_id="seeds",
        kind="path",
        address=pattern,
        root=str(root),
        validators=known.validators if known else Validators(),
    )


def look(root: Path, pattern: str = "*.txt", known: Fetched | None = None) -> Fetched:
    return fetch_directory(job(root, pattern, known), most_bytes=MOST)


def write(path: Path, text: str = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(1_000_000_000, 1_000_000_000))
    return path


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        pytest.param("*.txt", ["a.txt", "b.txt"], id="a glob"),
        pytest.param("b.txt", ["b.txt"], id="a name"),
        pytest.param("**/*.txt", ["a.txt", "b.txt", "deep/er/c.txt"], id="all folders below"),
        pytest.param("deep/*/*", ["deep/er/c.txt"], id="a glob of folders"),
        pytest.param("[ab].*", ["a.md", "a.txt", "b.txt"], id="a class"),
    ],
)
def test_files_come_in_the_order_of_their_names(tmp_path: Path, pattern: str, found: list[str]) -> None:
    for name in ("b.txt", "deep/er/c.txt", "a.txt", "a.md"):
        write(tmp_path / name)
    assert [document.name for document in look(tmp_path, pattern).documents] == found


def test_a_document_is_the_bytes_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf\r\n\x00\xff")
    (document,) = look(tmp_path).documents
    assert document.body == b"\xef\xbb\xbf\r\n\x00\xff"
    assert document.address == ""


def test_a_file_elsewhere_is_found_by_its_full_path(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "a.txt", "there")
    found = look(tmp_path / "here", str(tmp_path / "elsewhere" / "*.txt"))
    assert [document.body for document in found.documents] == [b"there"]


def test_folders_are_no_documents(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    write(tmp_path / "a.txt")
    assert [document.name for document in look(tmp_path).documents] == ["a.txt"]


@pytest.mark.parametrize("pattern", ["*.txt", "missing.txt", "missing/*.txt"])
def test_a_place_without_files_is_missing(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(FetchError) as caught:
        look(tmp_path, pattern)
    assert caught.value.cause is Cause.MISSING
    assert pattern in str(caught.value)


def test_what_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    first = look(tmp_path)
    again = look(tmp_path, known=first)
    assert again.is_unchanged
    assert again.documents == ()
    assert again.validators == first.validators


@pytest.mark.parametrize("change", ["touched", "grown", "added", "removed", "renamed"])
def test_every_change_is_noticed(tmp_path: Path, change: str) -> None:
    path, other = write(tmp_path / "a.txt"), write(tmp_path / "b.txt")
    first = look(tmp_path)
    if change == "touched":
        os.utime(path, ns=(1_000_000_000, 1_000_000_001))
    elif change == "grown":
        write(path, "text and more")
    elif change == "added":
        write(tmp_path / "c.txt")
    elif change == "removed":
        other.unlink()
    else:
        other.rename(tmp_path / "c.txt")
    again = look(tmp_path, known=first)
    assert not again.is_unchanged
    assert again.validators != first.validators


def test_a_file_that_is_too_large_is_a_trouble_of_its_own(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "x" * MOST)
    write(tmp_path / "b.txt", "x" * (MOST + 1))
    found = look(tmp_path)
    assert [document.name for document in found.documents] == ["a.txt"]
    (trouble,) = found.troubles
    assert (trouble.cause, trouble.where) == (Cause.TOO_LARGE, "b.txt")
    assert "1,000 bytes" in trouble.detail


def test_a_file_that_cannot_be_read_is_a_trouble_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / "b.txt")
    really_open = Path.open

    def refuse(path: Path, *arguments: object, **options: object) -> object:  # root may read everything
        if path.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return really_open(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    found = look(tmp_path)
    assert [document.name for document in found.documents] == ["b.txt"]
    (trouble,) = found.troubles
    assert (trouble.cause, trouble.where) == (Cause.UNREADABLE, "a.txt")
    assert "Permission denied" in trouble.detail


def test_a_place_that_changes_while_it_is_looked_at_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.txt")
    really_stat = os.stat

    def vanish(path: Any, **options: Any) -> os.stat_result:
        if str(path).endswith("a.txt") and not options:
            raise FileNotFoundError(2, "No such file")
        return really_stat(path, **options)

    monkeypatch.setattr(os, "stat", vanish)
    assert look(tmp_path).validators == Validators()


def test_a_link_to_nowhere_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    write(tmp_path / "a.txt")
    assert [document.name for document in look(tmp_path).documents] == ["a.txt"]


def test_a_name_that_is_no_text_hurts_nobody(tmp_path: Path) -> None:
    (tmp_path / "a\udcff.txt").write_bytes(b"text")
    found = look(tmp_path)
    assert [document.body for document in found.documents] == [b"text"]
    assert look(tmp_path, known=found).is_unchanged
