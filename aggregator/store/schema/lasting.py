"""What pushing, durability, follow-ups and pages brought."""

from sqlite_utils import Database

from aggregator.store.selection import indexed


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


def m006_durable(db: Database) -> None:
    """Which entries still have their texts, the oldest first."""
    db.execute("CREATE INDEX entries_whole ON entries (first_seen) WHERE text <> '' OR html <> ''")


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


def m010_lists(db: Database) -> None:
    """The feeds that followed lists name."""
    db.execute(
        """
        CREATE TABLE outlines (
            source_id TEXT NOT NULL REFERENCES sources, -- the list
            position INTEGER NOT NULL,              -- in it
            url TEXT NOT NULL,
            name TEXT NOT NULL,
            tags TEXT NOT NULL,                     -- JSON list
            PRIMARY KEY (source_id, position)
        ) STRICT, WITHOUT ROWID
        """
    )
