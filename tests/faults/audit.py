"""Hold a store and what is published against the truth, when all has calmed down."""

import shutil
import sqlite3
import xml.etree.ElementTree as ET
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.deeds import LIMIT
from tests.faults.nursery import Nursery
from tests.faults.subscriber import ATOM
from tests.world import Post, files_below

STORE = "data/aggregator.db"
PUBLIC = "data/public"
LIMITS = {"atom.xml": LIMIT, "each/atom.xml": 2 * LIMIT}

# What must never be found, whatever happened: entries, by what they would mean.
UNSOUND = {
    "entries without a story": "story_id IS NULL",
    "entries of a story that is none": "story_id NOT IN (SELECT id FROM stories)",
    "entries without a key": "id NOT IN (SELECT entry_id FROM entry_keys)",
    "entries nobody decided on": "id NOT IN (SELECT entry_id FROM decisions)",
    "entries that cannot be searched": "seq NOT IN (SELECT rowid FROM entries_words)"
    " AND seq NOT IN (SELECT seq FROM unindexed)",
    "entries whose story waits to be published": "story_id IN (SELECT id FROM stories WHERE is_dirty)",
}


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What is wrong."""

    told: int = 0  # entries of the truth
    lost: int = 0
    duplicated: int = 0
    renamed: int = 0
    unsound: list[str] = field(default_factory=list)
    leaks: int = 0  # files that are nobody's
    differs: list[str] = field(default_factory=list)  # from what a fresh publish makes

    @property
    def faults(self) -> int:
        return self.lost + self.duplicated + self.renamed + self.leaks + len(self.unsound) + len(self.differs)


class Auditor:
    """Remembers what ids entries had."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, tuple[str, str]] = {}  # by address: id and guid

    def look(self) -> int:
        """Note the ids of all entries; return how many are others than they were."""
        with closing(_reading(self._folder / STORE)) as connection:
            rows = connection.execute("SELECT url, id, guid FROM entries").fetchall()
        return sum(self._names.setdefault(url, (id_, guid)) != (id_, guid) for url, id_, guid in rows)

    def judge(self, told: dict[str, Post], nursery: Nursery) -> Verdict:
        """Judge after a walk that nothing disturbed."""
        verdict = Verdict(told=len(told), renamed=self.look())
        with closing(_reading(self._folder / STORE)) as connection:
            stored = Counter(url for (url,) in connection.execute("SELECT url FROM entries"))
            if (found := connection.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
                verdict.unsound.append(str(found))
            for what, where in UNSOUND.items():
                query = f"SELECT count(*) FROM entries WHERE {where}"
                if count := connection.execute(query).fetchone()[0]:
                    verdict.unsound.append(f"{count} {what}")
        verdict.lost = sum(post.link not in stored for post in told.values())
        verdict.duplicated = sum(stored.values()) - len(stored) + self._twice_in_history()
        verdict.leaks = len([*(self._folder / "data").rglob(".*.part"), *(self._folder / "data").glob(".*")])
        verdict.differs = self._differences(nursery)
        return verdict

    def _twice_in_history(self) -> int:
        """Read all pages of the archive; return how many entries stand there twice."""
        public = self._folder / PUBLIC
        archive = sorted((public / "archive").glob("*/atom.xml"))
        ids = Counter(
            entry.findtext(f"{ATOM}id", "")
            for path in archive
            for entry in ET.fromstring(path.read_bytes()).iter(f"{ATOM}entry")
        )
        return sum(count - 1 for count in ids.values())

    def _differences(self, nursery: Nursery) -> list[str]:
        """Publish a copy of the store afresh; return the files that differ from what lies there."""
        copy = self._folder.with_name(f"{self._folder.name}-copy")
        shutil.rmtree(copy, ignore_errors=True)
        (copy / "data").mkdir(parents=True)
        with closing(_reading(self._folder / STORE)) as connection:
            connection.execute("VACUUM INTO ?", [str(copy / STORE)])
        nursery.do({"deed": "publish afresh", "folder": str(copy)})
        here, there = files_below(self._folder / PUBLIC), files_below(copy / PUBLIC)
        shutil.rmtree(copy)
        return sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)
