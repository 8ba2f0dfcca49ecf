"""Where an entry shows: the stories whose pages must be rendered again when something about it changes."""


def around(entry_ids: str) -> str:
    """Return SQL for the ids of stories: of entries, related by them, of local articles built on them.

    Args:
        entry_ids: SQL for the ids of the entries, in which parameters are named.
    """
    # ALL: a plain UNION makes a temporary table, which costs ten times as much as the rest.
    return (
        f"SELECT story_id FROM entries WHERE id IN ({entry_ids})"
        f" UNION ALL SELECT story_id FROM relations WHERE entry_id IN ({entry_ids})"
        " UNION ALL SELECT story_id FROM entries WHERE attribution_key <> ''"
        f" AND attribution_key IN (SELECT title_key FROM entries WHERE id IN ({entry_ids}))"
    )
