"""What a follow-up says: an entry of our own, about a story that more outlets have joined."""

from html import escape

from aggregator.model import Entry, Extra, FollowUp, Item, Link, Person, SourceCard
from aggregator.settings import Site
from aggregator.urls import as_iri


def follow_up_item(told: FollowUp, *, story_id: str, about: str, site: Site) -> Item:
    """Make the item: it leads to the story's page, and names the entry that it follows.

    Args:
        about: the id under which that entry is published.
    """
    outlets = dict.fromkeys(line.outlet for line in told.lines)
    many = f"{len(outlets)} more outlets tell of" if len(outlets) > 1 else "One more outlet tells of"
    title = escape(told.title, quote=False)
    named = f'<a href="{escape(told.url)}">{title}</a>' if told.url else f"<cite>{title}</cite>"
    original = Link(rel="related", url=told.url, media_type="text/html", title=told.title)
    reference = {"ref": about} | ({"href": as_iri(told.url)} if told.url else {})
    entry = Entry(
        id=told.lead_id,
        source_id="",
        keys=(),
        title=f"More coverage of {told.title}",
        html=f"<p>{many} {named}.</p>",
        summary=f"{many} this: {', '.join(outlets)}.",
        authors=(Person(name=site.author or site.title),),
        links=(original,) if told.url else (),
        extras=(Extra(name="thr:in-reply-to", attributes=tuple(reference.items())),),
        digest="",
    )
    return Item(
        guid=told.guid,
        story_id=story_id,
        entry=entry,
        source=SourceCard(id="", title=site.title),
        outlet=site.title,
        date=told.at,
        updated=told.at,
        more_recent=told.lines,
        is_full_text=True,
        follow_up=told.number,
    )
