"""What was arranged at the last publish: what nothing has touched since is taken as it was."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from aggregator.model import Edition, Item, Shown, SourceCard, SourceState, StoryRecord
from aggregator.settings import Settings

Key = tuple[str, str]  # a story, and the entry that leads an item of it; "" is the story's own lead
Files = tuple[str, tuple[str, ...]]  # a folder below the site, and formats


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """A story as it was read, its item with all coverage, and with as much as feeds were shown."""

    record: StoryRecord
    whole: Item
    fed: Item
    shown: Shown

    @property
    def is_settled(self) -> bool:
        """Say whether feeds show all there is: then no later moment makes another item of it."""
        return self.fed is self.whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What went out of an edition."""

    edition: Edition
    checks: dict[str, int]  # CRC-32 of its bytes, by the name of each file


@dataclass(slots=True)
class Memory:
    """Belongs to one store, and to whoever publishes it again and again."""

    _settings: Settings | None = None
    _arranged: dict[Key, Arranged] = field(default_factory=dict)
    _rendered: dict[Files, Rendered] = field(default_factory=dict)

    def begin(self, settings: Settings, sources: Iterable[SourceState], touched: Iterable[str]) -> None:
        """Forget the stories that were touched, or whose lead's source is another; of other settings all."""
        if settings is not self._settings:
            self._settings, self._arranged, self._rendered = settings, {}, {}
        gone, cards = frozenset(touched), {state.id: _card(state) for state in sources}
        self._arranged = {
            key: known
            for key, known in self._arranged.items()
            if key[0] not in gone and known.record.source == cards.get(known.record.source.id)
        }

    def get(self, key: Key) -> Arranged | None:
        return self._arranged.get(key)

    def rendered(self, name: Files) -> Rendered | None:
        return self._rendered.get(name)

    def keep(self, arranged: dict[Key, Arranged], rendered: dict[Files, Rendered]) -> None:
        """Remember what went out now, and nothing else."""
        self._arranged, self._rendered = arranged, rendered


def _card(state: SourceState) -> SourceCard:
    """Return what an item says of its source: less than a feed says of itself, which may be new each time."""
    return SourceCard.of(
        state.feed,
        source_id=state.id,
        kind=state.kind,
        address=state.address,
        name=state.name,
        is_configured=state.is_configured,
    )
