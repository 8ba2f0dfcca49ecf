"""What an output selects, as SQL over stories."""

import json
import re
from typing import Any

from aggregator.settings import Output
from aggregator.text import has_unspaced, is_unspaced, words

_PARTS = re.compile(r'"([^"]*)"|([^\s,"*]+)(\*?)|(,)')

_BY_SOURCE = "AND source_id IN (SELECT value FROM json_each(:sources))"
_BY_TAG = (  # looked up once, not for every entry
    "AND source_id IN (SELECT tagged.id FROM sources AS tagged JOIN json_each(tagged.tags) AS tag"
    " WHERE tag.value IN (SELECT value FROM json_each(:tags)))"
)
_BY_WORDS = "AND seq IN (SELECT rowid FROM entries_words WHERE entries_words MATCH :search)"
OUTLETS = (  # how many tell of a story
    "(SELECT count(DISTINCT coalesce(nullif(json_extract(more, '$.origin.title'), ''), source_id))"
    " FROM entries JOIN sources ON sources.id = source_id"
    " WHERE story_id = stories.id AND is_configured AND NOT is_hidden)"
)
_BY_OUTLETS = (
    "AND (SELECT count(*) FROM entries WHERE story_id = stories.id) >= :outlets"  # cheap, and says no to most
    f" AND {OUTLETS} >= :outlets"
)


def told(output: Output) -> tuple[str, dict[str, Any]]:
    """Return a condition on entries joined with sources: whether an output is told by one; and its values."""
    parts = ["is_configured AND NOT is_hidden"]
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


def indexed(text: str) -> str:
    """Spell text for the index of words: as `match` asks for them.

    Of a script without spaces there stand pairs of characters, and each character for itself after them.
    """
    found = words(text)
    spelt = " ".join(found)
    if not has_unspaced(spelt):
        return spelt
    lone = dict.fromkeys(character for word in found if is_unspaced(word) for character in word)
    return " ".join((spelt, *lone))


def match(search: str) -> str:
    """Spell a search for FTS5: words and "phrases" that all must stand there; commas part alternatives.

    `bridg*` stands for all words that begin so.
    """
    alternatives: list[list[str]] = [[]]
    for phrase, word, star, comma in _PARTS.findall(search):
        if comma:
            alternatives.append([])
        elif phrase:
            alternatives[-1] += [f'"{" ".join(found)}"'] if (found := words(phrase)) else []
        elif found := words(word):
            quoted = [f'"{part}"' for part in found]
            alternatives[-1] += [
                *quoted[:-1],
                f"{quoted[-1]}*" if star and len(found[-1]) > 1 else quoted[-1],
            ]
    return " OR ".join(f"({' AND '.join(parts)})" for parts in alternatives if parts) or '""'
