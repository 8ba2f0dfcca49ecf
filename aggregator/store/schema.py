"""The tables, as a list of migrations that only ever grows.

Times are whole seconds since 1970, UTC. What is searched or joined has a column; what only travels is JSON.
Ids of entries and stories are text and public; `seq` is the order in which the store took entries in.
"""

from pathlib import Path

from sqlite_utils import Database, Migrations

from aggregator.errors import StoreError
from aggregator.store.selection import indexed
from aggregator.text import fold

APPLICATION_ID = 0x61676772  # "aggr"

migrations = Migrations("aggregator")


@migrations()
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


@migrations()
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


@migrations()
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


@migrations()
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


@migrations()
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


@migrations()
def m005_websub(db: Database) -> None:
    """What is agreed with hubs: of those that push to us, and of those that we tell."""
    for statement in _WEBSUB.split(";\n\n"):
        db.execute(statement)


_WEBSUB = """
CREATE TABLE subscriptions (
    token TEXT PRIMARY KEY,                 -- the end of the callback; it and the secret are shown nowhere
    secret TEXT NOT NULL,
    source_id TEXT NOT NULL REFERENCES sources,
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,
    callback TEXT NOT NULL,
    allow_private INTEGER NOT NULL,
    state TEXT NOT NULL,                    -- 'asked', 'live', 'ending' or 'denied'
    lease_until INTEGER,
    next_attempt INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    trouble TEXT NOT NULL,
    is_doubted INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX subscriptions_source ON subscriptions (source_id);

CREATE INDEX subscriptions_due ON subscriptions (next_attempt) WHERE state <> 'live';

CREATE TABLE pings (
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,
    digest TEXT NOT NULL,                   -- of the bytes that are visible
    told TEXT NOT NULL DEFAULT '',          -- of those that the hub was told of
    failures INTEGER NOT NULL DEFAULT 0,
    next_attempt INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (hub, topic)
) STRICT, WITHOUT ROWID
"""


@migrations()
def m006_durable(db: Database) -> None:
    """Which entries still have their texts, the oldest first."""
    db.execute("CREATE INDEX entries_whole ON entries (first_seen) WHERE text <> '' OR html <> ''")


@migrations()
def m007_follow_ups(db: Database) -> None:
    """What outputs told anew of their stories; names that had pages; an archive by its entries alone."""
    for statement in _FOLLOW_UPS.split(";\n\n"):
        db.execute(statement)


_FOLLOW_UPS = """
CREATE TABLE follow_ups (                   -- what an output told anew of a story
    output TEXT NOT NULL,
    lead_id TEXT NOT NULL REFERENCES entries (id),
    number INTEGER NOT NULL,                -- 0: when it carried the story itself
    guid TEXT NOT NULL,
    at INTEGER NOT NULL,
    outlets TEXT NOT NULL,                  -- JSON: those that had joined
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    lines TEXT NOT NULL,                    -- JSON: a list of Coverage
    PRIMARY KEY (output, lead_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX follow_ups_lead ON follow_ups (lead_id);

ALTER TABLE archive RENAME TO archived;

DROP INDEX archive_page;

CREATE TABLE archive (
    entry_id TEXT NOT NULL REFERENCES entries (id), -- the lead of an item that the combined feed carried
    follow_up INTEGER NOT NULL DEFAULT 0,   -- its number; 0: the item is the lead itself
    page INTEGER NOT NULL,                  -- 0: still open
    PRIMARY KEY (entry_id, follow_up)
) STRICT, WITHOUT ROWID;

INSERT INTO archive (entry_id, page) SELECT entry_id, page FROM archived;

DROP TABLE archived;

CREATE INDEX archive_page ON archive (page);

ALTER TABLE story_aliases ADD COLUMN was_published INTEGER NOT NULL DEFAULT 0;

UPDATE story_aliases SET was_published = 1;

CREATE INDEX stories_pinned ON stories (id) WHERE is_pinned;

DROP INDEX entries_unplaced;

CREATE INDEX entries_unplaced ON entries (is_article, date, seq) WHERE story_id IS NULL
"""


@migrations()
def m008_pages(db: Database) -> None:
    """Which pages of sources are stale; and entries found by their words in every script."""
    for statement in _PAGES.split(";\n\n"):
        db.execute(statement)
    rows = db.execute("SELECT seq, title, summary FROM entries WHERE NOT is_withdrawn").fetchall()
    for seq, title, summary in rows:
        db.execute(
            "INSERT INTO entries_words (rowid, title, summary) VALUES (?, ?, ?)",
            [seq, indexed(title), indexed(summary)],
        )


_PAGES = """
CREATE TABLE source_pages (
    source_id TEXT PRIMARY KEY REFERENCES sources,
    shows TEXT NOT NULL DEFAULT '',         -- digest of what the page says of the source itself
    is_dirty INTEGER NOT NULL DEFAULT 1,    -- whether it must be rendered again
    out_at INTEGER NOT NULL DEFAULT 0       -- when it was last
) STRICT, WITHOUT ROWID;

-- By triggers: entries are placed, moved and emptied in many ways, and each shows on the page.
CREATE TRIGGER source_pages_new AFTER INSERT ON entries BEGIN
    INSERT INTO source_pages (source_id) VALUES (NEW.source_id)
        ON CONFLICT (source_id) DO UPDATE SET is_dirty = 1 WHERE NOT is_dirty;
END;

CREATE TRIGGER source_pages_changed
AFTER UPDATE OF url, title, summary, story_id, is_withdrawn ON entries BEGIN
    UPDATE source_pages SET is_dirty = 1 WHERE source_id = NEW.source_id AND NOT is_dirty;
END;

CREATE TRIGGER source_pages_published AFTER UPDATE OF published ON stories BEGIN
    UPDATE source_pages SET is_dirty = 1 WHERE NOT is_dirty
        AND source_id IN (SELECT source_id FROM entries WHERE story_id = NEW.id);
END;

DELETE FROM entries_words
"""


def refuse_newer(db: Database, path: Path) -> frozenset[str]:
    """Return the migrations that a store lacks.

    Raises: StoreError when it was written by a newer program.
    """
    known = {migration.name for migration in migrations._migrations}  # no public list
    applied = {migration.name for migration in migrations.applied(db)}
    if newer := sorted(applied - known):
        raise StoreError(f"{path} was written by a newer aggregator (it has {newer[-1]}); upgrade this one")
    return frozenset(known - applied)


def migrate(db: Database) -> None:
    """Bring a store to the newest schema, each step as a whole or not at all."""
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")  # first: a store half made is ours already
    migrations.apply(db)
