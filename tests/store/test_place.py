"""A store is refused where locks do not hold; what holds a path is read from the list of mounts."""

from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.store import open_store, place
from aggregator.store.place import filesystem_at, filesystem_of

MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 22 0:35 / /mnt/share rw,relatime shared:12 - nfs4 nas:/export rw,vers=4.2
41 22 0:36 / /mnt/share/local rw - xfs /dev/sdb1 rw
42 22 0:37 / /mnt/two\\040words rw master:1 - cifs //nas/two rw
43 22 0:38 / /srv rw - ext4 /dev/sdc1 rw
44 43 0:39 / /srv rw - fuse.sshfs host:/ rw
45 22 0:40 / /mnt/sha rw - tmpfs tmpfs rw
not a line of that kind
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        pytest.param("/var/lib/data", "ext4", id="the root"),
        pytest.param("/mnt/share", "nfs4", id="the mount itself"),
        pytest.param("/mnt/share/a/b", "nfs4", id="below it"),
        pytest.param("/mnt/shared", "ext4", id="another name that begins so"),
        pytest.param("/mnt/share/local/data", "xfs", id="a mount in a mount"),
        pytest.param("/mnt/two words/data", "cifs", id="escaped"),
        pytest.param("/srv/data", "fuse.sshfs", id="the later of two"),
    ],
)
def test_the_nearest_mount_says_what_holds_a_path(path: str, kind: str) -> None:
    assert filesystem_of(path, MOUNTS) == kind


def test_what_no_mount_holds_is_unknown() -> None:
    assert filesystem_of("/data", "") == ""


def test_this_machine_is_read(tmp_path: Path) -> None:
    assert filesystem_at(tmp_path / "not" / "yet") not in place.NETWORK


def test_a_store_on_a_network_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 254:0 / / rw - ext4 x rw\n40 22 0:35 / {tmp_path} rw - nfs4 nas:/ rw\n")
    monkeypatch.setattr(place, "_MOUNTS", mounts)
    with (
        pytest.raises(StoreError, match=r"network filesystem \(nfs4\).*`data:`"),
        open_store(tmp_path / "data" / "s.db"),
    ):
        pass
    assert not (tmp_path / "data").exists()
