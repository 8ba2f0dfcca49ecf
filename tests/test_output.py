"""Files where subscribers fetch them: whole or not at all, and touched only when they changed."""

import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from aggregator.errors import OutputError
from aggregator.output import pack, remove_files, sweep, unpacked, write_files
from aggregator.packing import ENDINGS, PACKINGS
from tests.world import files_below

FILES = {"atom.xml": b"<feed/>", "tag/music/atom.xml": b"<feed><entry/></feed>", "empty.css": b""}


def identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def test_files_are_written_with_their_folders(tmp_path: Path) -> None:
    assert write_files(tmp_path / "public", FILES) == tuple(FILES)
    assert files_below(tmp_path / "public") == FILES


def test_a_file_that_did_not_change_is_not_touched(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    before = {name: identity(tmp_path / name) for name in FILES}
    assert write_files(tmp_path, FILES) == ()
    assert {name: identity(tmp_path / name) for name in FILES} == before


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"<feed>", id="another length"),
        pytest.param(b"<FEED/>", id="the same length"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_only_files_that_changed_are_written(tmp_path: Path, content: bytes) -> None:
    write_files(tmp_path, FILES)
    before = identity(tmp_path / "tag/music/atom.xml")
    assert write_files(tmp_path, FILES | {"atom.xml": content}) == ("atom.xml",)
    assert (tmp_path / "atom.xml").read_bytes() == content
    assert identity(tmp_path / "tag/music/atom.xml") == before


def test_a_reader_of_the_old_file_keeps_the_old_file(tmp_path: Path) -> None:
    write_files(tmp_path, {"atom.xml": b"the old one, whole"})
    with (tmp_path / "atom.xml").open("rb") as reading:
        start = reading.read(7)
        write_files(tmp_path, {"atom.xml": b"THE NEW ONE"})
        assert start + reading.read() == b"the old one, whole"


def test_nothing_but_the_files_is_left_behind(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    write_files(tmp_path, {name: content + b"!" for name, content in FILES.items()})
    assert set(files_below(tmp_path)) == set(FILES)


def test_content_is_on_the_disk_before_it_takes_its_name_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[str] = []
    sync, replace = os.fsync, Path.replace

    def note_sync(descriptor: int) -> None:
        log.append("folder" if Path(f"/proc/self/fd/{descriptor}").is_dir() else "file")
        sync(descriptor)

    def note_replace(path: Path, target: Path) -> Path:
        log.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_replace)
    write_files(tmp_path, {"atom.xml": b"<feed/>"})
    assert log == ["file", "rename", "folder"]


# ---------------------------------------------------------------- what cannot be written


def test_a_full_disk_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"atom.xml": b"old"})

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match=r"atom\.xml cannot be written: No space left on device"):
        write_files(tmp_path, {"atom.xml": b"new"})
    assert files_below(tmp_path) == {"atom.xml": b"old"}


def test_files_before_one_that_cannot_be_written_are_out(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"a file where a folder should be")
    with pytest.raises(OutputError, match="b/c"):
        write_files(tmp_path, {"a": b"1", "b/c": b"2", "d": b"3"})
    assert (tmp_path / "a").read_bytes() == b"1"


def test_a_folder_in_the_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "atom.xml").mkdir()
    with pytest.raises(OutputError, match=r"atom\.xml"):
        write_files(tmp_path, {"atom.xml": b"<feed/>"})


# ---------------------------------------------------------------- removing


def test_removing_names_what_there_was(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    assert remove_files(tmp_path, ["atom.xml", "missing.xml", "missing/too.xml"]) == ("atom.xml",)
    assert set(files_below(tmp_path)) == set(FILES) - {"atom.xml"}


def test_a_folder_goes_with_its_last_file(tmp_path: Path) -> None:
    write_files(tmp_path, {"tag/music/a": b"1", "tag/music/b": b"2", "tag/sport/a": b"3"})
    remove_files(tmp_path, ["tag/music/a"])
    assert (tmp_path / "tag/music").is_dir()
    remove_files(tmp_path, ["tag/music/b"])
    assert not (tmp_path / "tag/music").exists()
    assert (tmp_path / "tag/sport/a").read_bytes() == b"3"


def test_the_root_stays_when_it_is_empty(tmp_path: Path) -> None:
    write_files(tmp_path, {"a": b"1"})
    remove_files(tmp_path, ["a"])
    assert tmp_path.is_dir()


def test_what_cannot_be_removed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    with pytest.raises(OutputError, match="folder cannot be removed"):
        remove_files(tmp_path, ["folder"])


def test_sweeping_takes_what_a_killed_writer_left_and_nothing_else(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    for name in (".atom.xml.part", "tag/music/.atom.xml.part"):
        (tmp_path / name).write_bytes(b"half a fi")
    (tmp_path / "atom.part").write_bytes(b"somebody's own")
    assert sweep(tmp_path) == 2
    assert set(files_below(tmp_path)) == {*FILES, "atom.part"}
    assert sweep(tmp_path) == 0


def test_there_is_nothing_to_sweep_where_nothing_is(tmp_path: Path) -> None:
    assert sweep(tmp_path / "missing") == 0


# ---------------------------------------------------------------- compressed forms, and when a file changed

MIDDLING = b"<feed>" + b"<entry/>" * 200 + b"</feed>"  # for gzip alone
LONG = b"<feed>" + b"<entry/>" * 15_000 + b"</feed>"


def times(folder: Path) -> set[int]:
    return {path.stat().st_mtime_ns for path in folder.iterdir()}


def test_what_is_worth_it_lies_there_compressed_as_well(tmp_path: Path) -> None:
    write_files(tmp_path, {"atom.xml": LONG, "rss.xml": MIDDLING, "style.css": b"p{}"})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "atom.xml",
        "atom.xml.gz",
        "rss.xml",
        "rss.xml.gz",
        "style.css",
    ]
    assert gzip.decompress((tmp_path / "atom.xml.gz").read_bytes()) == LONG


SOON = datetime(2100, 1, 1, tzinfo=UTC)


def packed(folder: Path) -> Path:
    """Pack the one long file in a folder with patience."""
    (path,) = unpacked(folder, before=SOON)
    pack(path)
    return path


def test_a_long_file_that_stays_as_it_is_is_packed_with_patience(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/atom.xml": LONG, "rss.xml": MIDDLING})
    path = packed(tmp_path)
    before = path.stat()
    assert brotli.decompress((tmp_path / "a" / "atom.xml.br").read_bytes()) == LONG
    assert times(tmp_path / "a") == {before.st_mtime_ns}
    assert write_files(tmp_path, {"a/atom.xml": LONG}) == ()
    assert not list(unpacked(tmp_path, before=SOON))


def test_what_changed_a_moment_ago_is_not_packed_with_patience(tmp_path: Path) -> None:
    write_files(tmp_path, {"atom.xml": LONG})
    changed = datetime.fromtimestamp((tmp_path / "atom.xml").stat().st_mtime, UTC)
    assert not list(unpacked(tmp_path, before=changed))
    assert list(unpacked(tmp_path, before=changed + timedelta(seconds=1)))


def test_what_somebody_else_put_there_is_not_packed(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(LONG)
    assert not list(unpacked(tmp_path, before=SOON))


def test_a_file_that_changes_is_packed_with_patience_no_more(tmp_path: Path) -> None:
    write_files(tmp_path, {"atom.xml": LONG})
    packed(tmp_path)
    write_files(tmp_path, {"atom.xml": LONG + b" "})
    assert {path.name for path in tmp_path.iterdir()} == {"atom.xml", "atom.xml.gz"}


def test_a_file_that_is_gone_when_it_should_be_packed_is_no_fault(tmp_path: Path) -> None:
    pack(tmp_path / "atom.xml")
    assert not list(tmp_path.iterdir())


def test_a_file_and_its_compressed_forms_are_of_one_second(tmp_path: Path) -> None:
    write_files(tmp_path, {"atom.xml": LONG})
    (changed,) = times(tmp_path)
    assert changed % 1_000_000_000 == 0


def test_compressed_forms_are_the_same_bytes_again(tmp_path: Path) -> None:
    for folder in (tmp_path / "a", tmp_path / "b"):
        write_files(folder, {"atom.xml": LONG})
        packed(folder)
    assert [(tmp_path / "a" / f"atom.xml{e}").read_bytes() for e in ENDINGS] == [
        (tmp_path / "b" / f"atom.xml{e}").read_bytes() for e in ENDINGS
    ]


@pytest.mark.parametrize("ending", PACKINGS)
def test_a_compressed_form_that_is_lost_or_old_is_made_again(tmp_path: Path, ending: str) -> None:
    write_files(tmp_path, {"atom.xml": LONG})
    before = times(tmp_path)
    (tmp_path / f"atom.xml{ending}").unlink()
    assert write_files(tmp_path, {"atom.xml": LONG}) == ("atom.xml",)
    os.utime(tmp_path / f"atom.xml{ending}", (5, 5))
    assert write_files(tmp_path, {"atom.xml": LONG}) == ("atom.xml",)
    assert times(tmp_path) == before  # its bytes did not change
    assert write_files(tmp_path, {"atom.xml": LONG}) == ()


def test_a_patient_form_of_another_writing_goes(tmp_path: Path) -> None:
    write_files(tmp_path, {"atom.xml": LONG})
    packed(tmp_path)
    os.utime(tmp_path / "atom.xml.br", (5, 5))
    assert write_files(tmp_path, {"atom.xml": LONG}) == ("atom.xml",)
    assert not (tmp_path / "atom.xml.br").exists()


def test_a_file_that_became_small_has_no_compressed_forms(tmp_path: Path) -> None:
    write_files(tmp_path, {"atom.xml": LONG})
    packed(tmp_path)
    write_files(tmp_path, {"atom.xml": MIDDLING})
    assert {path.name for path in tmp_path.iterdir()} == {"atom.xml", "atom.xml.gz"}
    write_files(tmp_path, {"atom.xml": b"<feed/>"})
    assert [path.name for path in tmp_path.iterdir()] == ["atom.xml"]


def test_a_compressed_form_that_is_worth_it_no_more_goes(tmp_path: Path) -> None:
    write_files(tmp_path, {"atom.xml": MIDDLING})
    (tmp_path / "atom.xml.br").write_bytes(brotli.compress(MIDDLING))
    assert write_files(tmp_path, {"atom.xml": MIDDLING}) == ("atom.xml",)
    assert not (tmp_path / "atom.xml.br").exists()


def test_compressed_forms_go_with_their_file(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/b/atom.xml": LONG})
    packed(tmp_path)
    assert remove_files(tmp_path, ["a/b/atom.xml"]) == ("a/b/atom.xml",)
    assert not list(tmp_path.iterdir())


def test_every_change_has_a_second_of_its_own_and_none_goes_back(tmp_path: Path) -> None:
    path = tmp_path / "atom.xml"
    found = []
    for number in range(4):
        write_files(tmp_path, {"atom.xml": LONG + bytes([number])})
        found.append(path.stat().st_mtime)
    os.utime(path, (4_000_000_000, 4_000_000_000))  # the clock was wrong once
    write_files(tmp_path, {"atom.xml": LONG})
    found.append(path.stat().st_mtime)
    assert found == sorted(set(found))


def test_a_thousand_rounds_without_a_change_touch_nothing(tmp_path: Path) -> None:
    write_files(tmp_path, {"atom.xml": LONG})
    before = {path: identity(path) for path in tmp_path.iterdir()}
    for _ in range(1000):
        assert write_files(tmp_path, {"atom.xml": LONG}) == ()
    assert {path: identity(path) for path in tmp_path.iterdir()} == before
