"""One aggregator at a time: the lock is exclusive, names its holder, and goes with its process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aggregator.errors import BusyError, StoreError
from aggregator.instance import only_one

HOLDER = """
import sys
from pathlib import Path
from aggregator.instance import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    return holder


def end(holder: subprocess.Popen[str], *, by_force: bool) -> None:
    if by_force:
        holder.kill()
    holder.communicate()


def test_a_second_one_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    try:
        with pytest.raises(BusyError) as caught, only_one(tmp_path):
            pass
    finally:
        end(holder, by_force=False)

    assert caught.value.holder == str(holder.pid)


@pytest.mark.parametrize("by_force", [False, True], ids=["it ended", "it was killed"])
def test_the_lock_goes_with_its_holder(tmp_path: Path, by_force: bool) -> None:
    end(hold(tmp_path), by_force=by_force)

    with only_one(tmp_path):
        assert (tmp_path / "aggregator.lock").read_text() == f"{os.getpid()}\n"


def test_another_folder_is_another_matter(tmp_path: Path) -> None:
    with only_one(tmp_path / "north"), only_one(tmp_path / "south"):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="file/data cannot be used"), only_one(tmp_path / "file" / "data"):
        pass
