"""What the texts of pages brought."""

from sqlite_utils import Database


def m011_articles(db: Database) -> None:
    """What the pages of entries say, and how their hosts are to be asked."""
    for statement in _ARTICLES.split(";\n\n"):
        db.execute(statement)


_ARTICLES = """
CREATE TABLE page_texts (
    entry_id TEXT PRIMARY KEY REFERENCES entries (id),
    source_id TEXT NOT NULL REFERENCES sources,
    url TEXT NOT NULL,
    origin TEXT NOT NULL,
    state TEXT NOT NULL,                    -- 'wanted', 'brought' or 'refused'
    at INTEGER NOT NULL,                    -- when it became so
    trouble TEXT NOT NULL DEFAULT '',       -- why it was not brought
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt INTEGER NOT NULL DEFAULT 0,
    hold_until INTEGER NOT NULL DEFAULT 0,  -- 0: its entry does not wait for it
    html TEXT NOT NULL DEFAULT ''           -- last: what comes after a long text is slow to read
) STRICT;

CREATE INDEX page_texts_wanted ON page_texts (next_attempt) WHERE state = 'wanted';

CREATE INDEX page_texts_held ON page_texts (hold_until) WHERE hold_until > 0;

CREATE INDEX page_texts_url ON page_texts (url);

CREATE INDEX page_texts_source ON page_texts (source_id, state);

CREATE TABLE page_hosts (
    origin TEXT PRIMARY KEY,
    day INTEGER NOT NULL DEFAULT 0,         -- since 1970, of which `asked` counts the requests
    asked INTEGER NOT NULL DEFAULT 0,
    held_until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TRIGGER page_texts_withdrawn AFTER UPDATE OF is_withdrawn ON entries WHEN NEW.is_withdrawn BEGIN
    DELETE FROM page_texts WHERE entry_id = NEW.id;
END
"""
