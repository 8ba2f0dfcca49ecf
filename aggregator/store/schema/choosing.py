"""What rules brought."""

from sqlite_utils import Database


def m009_rules(db: Database) -> None:
    """By which rule an entry is held back, and by which rules the entries of a source were judged."""
    for statement in _RULES.split(";\n\n"):
        db.execute(statement)


_RULES = """
-- The rule that holds it back; '': none does.
ALTER TABLE entries ADD COLUMN held_by TEXT NOT NULL DEFAULT '';

-- Whether nobody is shown it: emptied by a takedown, or held back.
ALTER TABLE entries ADD COLUMN is_hidden INTEGER GENERATED ALWAYS AS (is_withdrawn OR held_by <> '') VIRTUAL;

-- A digest of the rules that its entries were judged by; '': by none.
ALTER TABLE sources ADD COLUMN judged_by TEXT NOT NULL DEFAULT '';

-- In the order in which they came in: an index ends with the row's own number.
CREATE INDEX entries_told ON entries (source_id);

DROP INDEX entries_unplaced;

CREATE INDEX entries_unplaced ON entries (is_article, date, seq) WHERE story_id IS NULL AND held_by = '';

DROP TRIGGER source_pages_changed;

CREATE TRIGGER source_pages_changed
AFTER UPDATE OF url, title, summary, story_id, is_withdrawn, held_by ON entries BEGIN
    UPDATE source_pages SET is_dirty = 1 WHERE source_id = NEW.source_id AND NOT is_dirty;
END
"""
