"""What an output tells anew of the stories that it carried: decided, written down, and made items."""

from collections.abc import Iterable
from dataclasses import replace

from aggregator.ids import mint
from aggregator.model import FollowUp, Item
from aggregator.pipeline.editions import Round
from aggregator.pipeline.memory import Key
from aggregator.publish.followups import follow_up_item
from aggregator.settings import Output
from aggregator.stories.followups import next_follow_up

SHARE = 4  # an output carries one for so many stories that it may carry


def follow_ups(round_: Round, output: Output, keys: Iterable[Key]) -> tuple[Item, ...]:
    """Tell what is to be told of the stories that an output carries or carried; return the newest."""
    _tell(round_, output, keys)
    limit = output.limit or round_.settings.publish.limit
    newest = round_.store.follow_ups.newest(output, limit=-(-limit // SHARE))
    return follow_up_items(round_, output, newest)


def follow_up_items(round_: Round, output: Output, named: Iterable[tuple[str, str, int]]) -> tuple[Item, ...]:
    """Make items of follow-ups, by the story, its lead and the number of each; what is gone is left out."""
    wanted = tuple(named)
    told = round_.store.follow_ups.of(output, {lead for _, lead, _ in wanted})
    guids = round_.store.entries.guids(told)
    return tuple(
        follow_up_item(found, story_id=story, about=guids[lead], site=round_.settings.site)
        for story, lead, number in wanted
        for found in told.get(lead, ())
        if found.number == number and found.lines
    )


def _tell(round_: Round, output: Output, keys: Iterable[Key]) -> None:
    store, kind = round_.store, "followup"
    carried = dict.fromkeys((*keys, *((story, "") for story, _ in store.follow_ups.stirred(output))))
    round_.arrange(carried)
    told = store.follow_ups.of(output, {round_.fed[key].entry.id for key in carried})
    found: list[FollowUp] = []
    for key in carried:
        record = round_.titles.shown(round_.records[key])
        before = told.get(record.lead.id, ())
        new = next_follow_up(record, before, step=output.followup_outlets, at=round_.at)
        if new:
            name = f"{output.name}/{new.lead_id}/{new.number}"
            found.append(replace(new, guid=mint(round_.under, kind, name) if new.number else ""))
    if found:
        with store.transaction():
            for new in found:
                store.follow_ups.add(output, new)
