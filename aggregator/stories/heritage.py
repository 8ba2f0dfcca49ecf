"""What stories inherit from those that stood before, when all is decided anew.

What went out stays: who led a story leads the one that it is in now. Which names are gone, and where they
lead to, is the store's business.
"""

from collections.abc import Iterable, Mapping


def inherited_leads(published: Iterable[tuple[str, str]], story_of: Mapping[str, str]) -> dict[str, str]:
    """Return the stories that are published from the start, each with the entry that leads it.

    Args:
        published: stories that went out, each with its lead, the strongest claim first; a lead may come
            twice, and one that is in no story has none.
        story_of: entry → story, as decided now.
    Returns: for a story that holds several leads its own one, else the one with the strongest claim.
    """
    claims = [(story, lead) for story, lead in published if lead in story_of]
    leads = {story: lead for story, lead in reversed(claims) if story_of[lead] == story}
    for _, lead in claims:
        leads.setdefault(story_of[lead], lead)
    return leads
