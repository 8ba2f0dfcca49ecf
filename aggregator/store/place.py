"""Where a store may lie: on a disk of this machine. Over a network neither locks nor shared memory hold.

Source: SQLite, "Write-Ahead Logging", 1 and "How To Corrupt An SQLite Database File", 2.1.
"""

import os
import re
from pathlib import Path

from aggregator.errors import NOT_YOURS, StoreError

NETWORK = frozenset(
    """
    afs beegfs ceph cifs coda davfs fuse.ceph fuse.davfs fuse.davfs2 fuse.gcsfuse fuse.glusterfs fuse.rclone
    fuse.s3fs fuse.sshfs gfs2 glusterfs lustre ncpfs nfs nfs4 ocfs2 orangefs smb2 smb3 smbfs
    """.split()
)

_MOUNTS = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(r"\\([0-7]{3})")


def filesystem_of(path: str, mounts: str) -> str:
    """Return the type of the filesystem that holds an absolute path; "" when no mount does.

    Args:
        mounts: what /proc/self/mountinfo says (proc(5)).
    """
    best, found = "", ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        if len(fields := before.split(" ")) < 5 or not after:
            continue
        point = _ESCAPED.sub(lambda match: chr(int(match[1], 8)), fields[4])
        is_above = point == "/" or path == point or path.startswith(f"{point}/")
        if is_above and len(point) >= len(best):  # of two on one point the later hides the earlier
            best, found = point, after.split(" ")[0]
    return found


def filesystem_at(path: Path) -> str:
    """Return the type of the filesystem that a path is or would be on; "" where that cannot be told."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:  # no Linux
        return ""
    return filesystem_of(str(path.resolve()), mounts)


def refuse_network(path: Path) -> None:
    """Raises: StoreError when a store would lie on a network filesystem."""
    if (kind := filesystem_at(path)) in NETWORK:
        raise StoreError(
            f"{path} is on a network filesystem ({kind}), where SQLite loses data;"
            " name a folder on a disk of this machine with `data:`"
        )


def advice(path: Path) -> str:
    """Return what to add to an error about a store that this user may not use; else nothing."""
    is_file = os.path.exists(path)  # noqa: PTH110 -- what may not be seen is not there
    places = (path, path.parent) if is_file else (path.parent,)  # journals lie beside it
    return "" if all(os.access(place, os.R_OK | os.W_OK) for place in places) else f"; {NOT_YOURS}"
