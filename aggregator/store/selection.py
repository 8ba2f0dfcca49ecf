"""What an output selects, as SQL over stories."""

import json
from typing import Any

from aggregator.settings import Output
from aggregator.text import words

_BY_SOURCE = "AND source_id IN (SELECT value FROM json_each(:sources))"
_BY_TAG = (
    "AND EXISTS (SELECT 1 FROM json_each(tags) AS tag"
    " WHERE tag.value IN (SELECT value FROM json_each(:tags)))"
)
_BY_WORDS = "AND seq IN (SELECT rowid FROM entries_words WHERE entries_words MATCH :search)"
_BY_OUTLETS = (
    "AND (SELECT count(*) FROM entries WHERE story_id = stories.id) >= :outlets"  # cheap, and says no to most
    " AND (SELECT count(DISTINCT coalesce(nullif(json_extract(more, '$.origin.title'), ''), source_id))"
    " FROM entries JOIN sources ON sources.id = source_id"
    " WHERE story_id = stories.id AND is_configured AND NOT is_withdrawn) >= :outlets"
)


def told(output: Output) -> tuple[str, dict[str, Any]]:
    """Return a condition on entries joined with sources: whether an output is told by one; and its values."""
    parts = ["is_configured AND NOT is_withdrawn"]
    if output.sources:
        parts.append(_BY_SOURCE)
    if output.tags:
        parts.append(_BY_TAG)
    if output.search:
        parts.append(_BY_WORDS)
    values = {
        "sources": json.dumps(output.sources),
        "tags": json.dumps(output.tags),
        "search": match(output.search),
        "outlets": output.outlets,
        "story": output.story,
    }
    return " ".join(parts), values


def chosen(output: Output) -> tuple[str, dict[str, Any]]:
    """Return a condition on stories: whether an output carries one; and its values."""
    by_entry, values = told(output)
    parts = [
        "EXISTS (SELECT 1 FROM entries JOIN sources ON sources.id = source_id"
        f" WHERE story_id = stories.id AND {by_entry})"
    ]
    if output.story:
        parts.append("AND stories.id = :story")
    if output.collapse == "hot":
        parts.append(_BY_OUTLETS)
    return " ".join(parts), values


def match(search: str) -> str:
    """Spell a search for FTS5: words that all must stand there; commas part alternatives."""
    alternatives = (words(part) for part in search.split(","))
    quoted = (" AND ".join(f'"{word}"' for word in found) for found in alternatives if found)
    return " OR ".join(f"({part})" for part in quoted) or '""'
