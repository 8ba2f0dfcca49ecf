"""The first tables: sources, entries, stories, decisions."""

from sqlite_utils import Database

from aggregator.text import fold


def m001_first(db: Database) -> None:
    """Sources, entries and their keys, stories, decisions and relations."""
    for statement in _FIRST.split(";\n"):
        if statement.strip():
            db.execute(statement)


_FIRST = """
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    address TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '[]',        -- JSON list
    priority INTEGER NOT NULL DEFAULT 0,
    is_full_text INTEGER NOT NULL DEFAULT 0,
    is_configured INTEGER NOT NULL DEFAULT 1,
    is_paused INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0,    -- in feeds.yaml
    feed TEXT NOT NULL DEFAULT '{}',        -- JSON of FeedInfo
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    body_digest TEXT NOT NULL DEFAULT '',
    known TEXT NOT NULL DEFAULT '{}',       -- JSON: strongest key to digest, of the last reading
    next_due INTEGER NOT NULL,
    leased_until INTEGER NOT NULL DEFAULT 0,
    last_tried INTEGER,
    last_success INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    moved_to TEXT NOT NULL DEFAULT '',      -- by permanent redirects only
    troubles TEXT NOT NULL DEFAULT '[]'     -- JSON list of Trouble
) STRICT;
CREATE INDEX sources_due ON sources (next_due) WHERE is_configured AND NOT is_paused;

CREATE TABLE stories (
    id TEXT PRIMARY KEY,                    -- the id of the entry that founded it
    lead_id TEXT NOT NULL,                  -- an entry; never changes once published
    date INTEGER NOT NULL,                  -- of the lead
    published INTEGER NOT NULL DEFAULT 0,   -- whether any output has carried it
    is_dirty INTEGER NOT NULL DEFAULT 1     -- whether its own page must be rendered again
) STRICT, WITHOUT ROWID;
CREATE INDEX stories_date ON stories (date, id);
CREATE INDEX stories_dirty ON stories (id) WHERE is_dirty AND published;

CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source_id TEXT NOT NULL REFERENCES sources,
    guid TEXT NOT NULL UNIQUE,              -- as published
    url TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,                -- folded
    attribution_key TEXT NOT NULL DEFAULT '', -- folded title of what a local article builds on
    html TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL DEFAULT '',
    summary TEXT NOT NULL DEFAULT '',
    date INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    digest TEXT NOT NULL,
    is_article INTEGER NOT NULL DEFAULT 0,
    more TEXT NOT NULL DEFAULT '{}',        -- JSON of the rest of Entry
    story_id TEXT REFERENCES stories,       -- NULL: not placed yet
    copy_of TEXT NOT NULL DEFAULT ''        -- an entry id
) STRICT;
CREATE INDEX entries_unplaced ON entries (seq) WHERE story_id IS NULL;
CREATE INDEX entries_story ON entries (story_id, date);
CREATE INDEX entries_source ON entries (source_id, date);
CREATE INDEX entries_date ON entries (date);
CREATE INDEX entries_title ON entries (title_key);
CREATE INDEX entries_article ON entries (seq) WHERE is_article;
CREATE INDEX entries_attribution ON entries (attribution_key) WHERE attribution_key <> '';

CREATE TABLE entry_keys (
    source_id TEXT NOT NULL REFERENCES sources,
    key TEXT NOT NULL,
    entry_id TEXT NOT NULL REFERENCES entries (id),
    rank INTEGER NOT NULL,                  -- 0 is the strongest
    PRIMARY KEY (source_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_keys_entry ON entry_keys (entry_id);

CREATE TABLE decisions (
    entry_id TEXT PRIMARY KEY REFERENCES entries (id),
    near TEXT NOT NULL DEFAULT '',          -- the entry it was compared with
    rung TEXT NOT NULL,
    score REAL NOT NULL,
    threshold REAL NOT NULL,
    shared TEXT NOT NULL DEFAULT '[]',      -- JSON: [[word, weight], …]
    veto TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE relations (
    story_id TEXT NOT NULL REFERENCES stories,
    other_id TEXT NOT NULL REFERENCES stories,
    entry_id TEXT NOT NULL REFERENCES entries (id), -- of the other story
    score REAL NOT NULL,
    PRIMARY KEY (story_id, other_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX relations_other ON relations (other_id);
CREATE INDEX relations_entry ON relations (entry_id)
"""


def m001_mended(db: Database) -> None:
    """What `m001_first` was given after stores had been written with it (0fc1fee)."""
    if "moved_to" not in db.table("sources").columns_dict:
        db.execute("ALTER TABLE sources ADD COLUMN moved_to TEXT NOT NULL DEFAULT ''")
    db.execute("CREATE INDEX IF NOT EXISTS relations_entry ON relations (entry_id)")
    if "attribution_key" in db.table("entries").columns_dict:
        return
    db.execute("ALTER TABLE entries ADD COLUMN attribution_key TEXT NOT NULL DEFAULT ''")
    db.execute("CREATE INDEX entries_attribution ON entries (attribution_key) WHERE attribution_key <> ''")
    titles = db.execute(
        "SELECT id, json_extract(more, '$.attribution.title') FROM entries WHERE is_article"
    ).fetchall()
    for entry_id, title in titles:
        db.execute("UPDATE entries SET attribution_key = ? WHERE id = ?", [fold(title or ""), entry_id])
