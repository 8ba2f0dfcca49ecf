"""When a story that went out is worth a new entry: `update: followup`.

Later coverage does not turn an entry unread, so who wants to hear of it gets another one, "More coverage
of …", each time so many further outlets have told of the story. There are few a story, and none changes.
"""

from collections.abc import Sequence
from datetime import datetime

from aggregator.model import FollowUp, StoryRecord
from aggregator.stories.coverage import event_tellings, line_of

MOST_FOLLOW_UPS = 3  # of one story, in one output
MOST_LINES = 50  # in one of them


def next_follow_up(
    record: StoryRecord, told: Sequence[FollowUp], *, step: int, at: datetime
) -> FollowUp | None:
    """Return what is to be told next of a story in an output, or None as long as too few have joined.

    Args:
        told: what was before, in order; the first is of when the story itself went out, and tells nothing.
        step: how many outlets must have joined since.
        at: the moment of the newest that is known.
    """
    if not told:
        outlets = tuple(sorted({telling.outlet for telling in record.members}))
        return FollowUp(lead_id=record.lead.id, number=0, at=at, outlets=outlets)
    known = {outlet for follow_up in told for outlet in follow_up.outlets}
    joined = {t.outlet: t for t in reversed(event_tellings(record)) if t.outlet not in known}
    if len(told) > MOST_FOLLOW_UPS or len(joined) < step:
        return None
    newest = sorted(joined.values(), key=lambda t: (t.date, t.entry_id), reverse=True)
    return FollowUp(
        lead_id=record.lead.id,
        number=len(told),
        at=at,
        outlets=tuple(sorted(joined)),
        title=record.lead.title,
        url=record.lead.url,
        lines=tuple(line_of(telling, "event") for telling in newest[:MOST_LINES]),
    )
