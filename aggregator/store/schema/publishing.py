"""What stories, polite fetching and publishing brought."""

from sqlite_utils import Database


def m002_stories(db: Database) -> None:
    """Decisions in order, what live entries are remembered by, what was learned, stories that were merged."""
    for statement in _STORIES.split(";\n"):
        if statement.strip():
            db.execute(statement)


_STORIES = """
CREATE TABLE decisions_in_order (
    n INTEGER PRIMARY KEY,                  -- the order of deciding, from 1
    entry_id TEXT NOT NULL UNIQUE REFERENCES entries (id),
    near TEXT NOT NULL DEFAULT '',          -- the entry it was compared with
    rung TEXT NOT NULL,
    score REAL NOT NULL,
    threshold REAL NOT NULL,
    shared TEXT NOT NULL DEFAULT '[]',      -- JSON: [[word, weight], …]
    parts TEXT NOT NULL DEFAULT '[]',       -- JSON: [[what, how much of the score], …]
    veto TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO decisions_in_order (entry_id, near, rung, score, threshold, shared, veto)
    SELECT entry_id, near, rung, score, threshold, shared, veto FROM decisions
    JOIN entries ON entries.id = entry_id ORDER BY seq;
DROP TABLE decisions;
ALTER TABLE decisions_in_order RENAME TO decisions;

CREATE TABLE live (
    entry_id TEXT PRIMARY KEY REFERENCES entries (id),
    features BLOB NOT NULL                  -- as `stories.live` packs them
) STRICT, WITHOUT ROWID;

CREATE TABLE memory (
    name TEXT PRIMARY KEY,
    n INTEGER NOT NULL,                     -- the last decision that it holds
    data BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE story_aliases (
    old_id TEXT PRIMARY KEY,
    story_id TEXT NOT NULL REFERENCES stories, -- the story that it is part of now
    guid TEXT NOT NULL DEFAULT '',          -- under which it was published, if it was
    since INTEGER NOT NULL,
    because TEXT NOT NULL DEFAULT '{}'      -- JSON of Evidence
) STRICT, WITHOUT ROWID;
CREATE INDEX story_aliases_story ON story_aliases (story_id);

ALTER TABLE relations ADD COLUMN is_subject INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stories ADD COLUMN is_pinned INTEGER NOT NULL DEFAULT 0
"""


def m003_polite(db: Database) -> None:
    """What `policy` remembers of a source, and why it is not asked any more; moves must prove themselves."""
    for statement in _POLITE.split(";\n"):
        db.execute(statement)


_POLITE = """
ALTER TABLE sources ADD COLUMN habits TEXT NOT NULL DEFAULT '{}';
ALTER TABLE sources ADD COLUMN stopped TEXT NOT NULL DEFAULT '';
UPDATE sources SET moved_to = '';
DROP INDEX sources_due;
CREATE INDEX sources_due ON sources (next_due) WHERE is_configured AND NOT is_paused AND stopped = ''
"""


def m004_publishing(db: Database) -> None:
    """What went out, what must go, and the words of entries, for outputs that search."""
    for statement in _PUBLISHING.split(";\n\n"):
        db.execute(statement)


_PUBLISHING = """
CREATE TABLE shown (
    entry_id TEXT PRIMARY KEY REFERENCES entries (id), -- the lead of an item
    versions INTEGER NOT NULL,              -- how many there were of its coverage
    first INTEGER NOT NULL,                 -- when the first went out
    since INTEGER NOT NULL,                 -- when this one did
    lines TEXT NOT NULL                     -- JSON: lists of Coverage
) STRICT, WITHOUT ROWID;

CREATE INDEX entries_seen ON entries (source_id, first_seen);

CREATE TABLE archive (
    entry_id TEXT PRIMARY KEY REFERENCES entries (id), -- the lead of an item that the combined feed carried
    story_id TEXT NOT NULL,
    page INTEGER NOT NULL                   -- 0: still open
) STRICT, WITHOUT ROWID;

CREATE INDEX archive_page ON archive (page);

CREATE TABLE source_events (                -- what was told of the health of sources
    seq INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL REFERENCES sources,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE takedowns (
    kind TEXT NOT NULL,                     -- 'url' or 'source'
    name TEXT NOT NULL,                     -- a canonical address, or an id
    is_done INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstones (
    ref TEXT NOT NULL,                      -- an id as it was published
    "when" INTEGER NOT NULL,
    source_id TEXT NOT NULL REFERENCES sources,
    PRIMARY KEY (ref, "when")
) STRICT, WITHOUT ROWID;

-- Emptied by a takedown.
ALTER TABLE entries ADD COLUMN is_withdrawn INTEGER NOT NULL DEFAULT 0;

-- Kept in step by `entries`: a trigger may not touch it while `trusted_schema` is off.
CREATE VIRTUAL TABLE entries_words USING fts5(title, summary, tokenize = 'unicode61 remove_diacritics 0');

INSERT INTO entries_words (rowid, title, summary) SELECT seq, title, summary FROM entries
"""
