"""Headlines as readers see them: furniture cut off, and in a form that the operator gives them.

What is stored and compared keeps the words of its source.
"""

from collections.abc import Iterable
from dataclasses import replace

from aggregator.model import StoryRecord, Telling
from aggregator.patterns import without
from aggregator.settings import Source
from aggregator.text import one_line


class Titles:
    """What becomes of the headlines of each source."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = {source.id: source for source in sources if source.title or source.title_cut}

    def shown(self, record: StoryRecord) -> StoryRecord:
        """Return a story with the headlines that its readers see; those of coverage are only cut."""
        if not self._sources:
            return record
        return replace(
            record,
            lead=replace(record.lead, title=self._formed(record)),
            members=tuple(map(self._cut, record.members)),
            related=tuple(map(self._cut, record.related)),
        )

    def _formed(self, record: StoryRecord) -> str:
        lead, source = record.lead, self._sources.get(record.lead.source_id)
        if source is None:
            return lead.title
        outlet = (lead.origin.title if lead.origin else "") or record.source.title
        authors = ", ".join(person.name for person in lead.authors or record.source.authors if person.name)
        form, title = source.title or "{title}", cut(lead.title, source.title_cut)
        return one_line(form.format(title=title, source=outlet, author=authors or outlet))

    def _cut(self, telling: Telling) -> Telling:
        source = self._sources.get(telling.source_id)
        return replace(telling, title=cut(telling.title, source.title_cut)) if source else telling


def cut(title: str, pieces: Iterable[str]) -> str:
    """Leave pieces out of a title, unless nothing would be left."""
    left = title
    for piece in pieces:
        left = without(left, piece)
    return one_line(left) or title
