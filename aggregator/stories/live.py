"""What the desk remembers of an entry while it is live, and of the stories that live entries make.

These are the only nouns of the house that change: a window of fifty thousand entries is worked on in place.
"""

from array import array
from itertools import filterfalse
from struct import Struct
from sys import intern
from zlib import crc32

from aggregator.model import Brief
from aggregator.stories.lexicon import STEPS, WEIGHTS, Vector
from aggregator.stories.shingles import SKETCH, sketch
from aggregator.stories.titles import ordinals
from aggregator.stories.words import Reading
from aggregator.urls import canonical

DAY = 86_400.0  # seconds
LEAD_WORDS = 60  # of a long text: what an excerpt of it would hold

_HEAD = Struct("<IIHHHH")
_NOTHING: frozenset[str] = frozenset()  # shared: an empty set of one's own is 216 bytes
_NO_NUMBERS: "array[int]" = array("I")  # and an empty array 80; never to be changed


class Live:
    """One entry of the window. A copy has a `lead` and belongs to its story; it is no member of it."""

    __slots__ = (
        "address",
        "entry_id",
        "figures",
        "is_article",
        "issues",
        "language",
        "lead",
        "meaning",
        "moment",
        "names",
        "numbers",
        "order",
        "ordinals",
        "shingles",
        "sketch",
        "source_id",
        "story",
        "title",
        "vector",
    )

    def __init__(self, brief: Brief, order: int) -> None:
        self.order = order  # of being placed, from 1
        self.entry_id, self.source_id = brief.entry_id, brief.source_id
        self.moment = brief.date.timestamp()
        self.address = canonical(brief.url)
        self.is_article = brief.is_article
        self.lead: Live | None = None
        self.story: Story  # set when it is placed, of all but copies
        self.language = ""
        self.issues = 0  # earlier days on which its source used its title, numbers aside
        self.title: tuple[str, ...] = ()
        self.vector: Vector = {}
        self.numbers: tuple[str, ...] = ()  # those of its vector's words that begin with a digit
        self.ordinals = self.names = _NOTHING
        self.shingles = _NO_NUMBERS  # sorted
        self.sketch = _NO_NUMBERS  # of a long text
        self.figures = _NO_NUMBERS  # its numbers, as hashes
        self.meaning = b""  # its vector, where there is a model

    def read(self, reading: Reading, threes: list[int]) -> None:
        """Take in what an entry says; `threes` are its shingles that are no furniture, in reading order."""
        self.title = tuple(map(intern, reading.title))
        self.ordinals = ordinals(reading.title) or _NOTHING
        self.names = frozenset(map(intern, reading.names)) or _NOTHING
        mixed = filterfalse(str.isalpha, (*reading.title, *reading.text))  # most words are all letters
        figures = {crc32(word.encode()) for word in mixed if word[0].isdigit()}
        self.figures = array("I", figures) if figures else _NO_NUMBERS
        self.shingles = array("I", sorted(set(threes)))
        if len(threes) > 2 * LEAD_WORDS:  # an excerpt must find the text it was cut from
            self.sketch = array("I", sorted({*self.rows, *sketch(threes[:LEAD_WORDS], size=SKETCH)}))

    def weigh(self, vector: Vector) -> None:
        self.vector = vector
        self.numbers = tuple([word for word in vector if word[0].isdigit()])

    @property
    def rows(self) -> "array[int]":
        """Its sketch: the smallest of its shingles, and of a long text those of its beginning."""
        return self.sketch or self.shingles[:SKETCH]

    @property
    def is_series(self) -> bool:
        """Whether its title is that of a series, and tells nothing of the event."""
        return self.issues > 0

    @property
    def home(self) -> "Story":
        """The story that it belongs to now."""
        return (self.lead or self).story.current

    def pack(self) -> bytes:
        """Write down what reading and weighing it gave, as of then."""
        text = "\n".join(
            (
                self.language,
                " ".join(self.vector),
                " ".join(self.title),
                "\t".join(sorted(self.ordinals)),
                " ".join(sorted(self.names)),
            )
        ).encode()
        weights = array("H", [int(weight * STEPS) for weight in self.vector.values()])
        rows = self.rows
        head = _HEAD.pack(
            len(text), len(self.shingles), len(rows), len(self.figures), len(weights), self.issues
        )
        arrays = (weights, self.shingles, rows, self.figures)
        return b"".join((head, text, *[part.tobytes() for part in arrays], self.meaning))

    def unpack(self, data: bytes) -> None:
        """Take in what `pack` wrote."""
        text_size, threes, rows, figures, weights, self.issues = _HEAD.unpack_from(data)
        at = _HEAD.size + text_size
        language, words, title, numbered, names = data[_HEAD.size : at].decode().split("\n")
        self.language, self.title = intern(language), tuple(map(intern, title.split()))
        self.ordinals = frozenset(numbered.split("\t")) if numbered else _NOTHING
        self.names = frozenset(map(intern, names.split())) or _NOTHING
        steps = array("H", data[at : at + 2 * weights])
        self.weigh(dict(zip(map(intern, words.split()), map(WEIGHTS.__getitem__, steps), strict=True)))
        at += 2 * weights
        self.shingles = array("I", data[at : (at := at + 4 * threes)])
        sketch = array("I", data[at : (at := at + 4 * rows)])
        self.sketch = sketch if sketch != self.rows else _NO_NUMBERS
        self.figures = array("I", data[at : (at := at + 4 * figures)]) if figures else _NO_NUMBERS
        self.meaning = data[at:]


class Story:
    """One story: its live members, oldest placed first, and what they say together."""

    __slots__ = ("id", "into", "language", "members", "norm", "order", "ordinals", "words")

    def __init__(self, story_id: str, order: int, first: Live) -> None:
        self.id, self.order = story_id, order  # of being founded: the older lives
        self.language, self.ordinals = first.language, first.ordinals
        self.members: list[Live] = []
        self.words: Vector = {}  # the sum of its members' vectors; of a single one its own, to be read only
        self.norm = 0.0  # the square of its length
        self.into: Story | None = None  # the story it was merged into

    def add(self, live: Live) -> None:
        live.story = self
        self.members.append(live)
        if len(self.members) > 1 and live.order < self.members[-2].order:
            self.members.sort(key=_order)
        self._follow_the_first()
        if len(self.members) == 1:
            self._echo(live)
            return
        if len(self.members) == 2:
            self.words = self.words.copy()
        words, norm = self.words, self.norm
        for word, weight in live.vector.items():
            before = words.get(word, 0.0)
            words[word] = before + weight
            norm += weight * (2 * before + weight)
        self.norm = norm

    @property
    def current(self) -> "Story":
        """The story that it was merged into, or itself."""
        story = self
        while story.into is not None:
            story = story.into
        return story

    def remove(self, live: Live) -> None:
        self.members.remove(live)
        self._follow_the_first()
        if not self.members:
            self.words, self.norm = {}, 0.0
            return
        if len(self.members) == 1:
            self._echo(self.members[0])
            return
        words = self.words
        for word, weight in live.vector.items():
            before = words[word]
            self.norm -= weight * (2 * before - weight)
            if before > weight:
                words[word] = before - weight
            else:
                del words[word]

    def _echo(self, live: Live) -> None:
        """Say what the only member says, in its own words: most stories have one, and a copy is 0.8 KB."""
        self.words = live.vector
        self.norm = sum([weight * weight for weight in live.vector.values()])

    def _follow_the_first(self) -> None:
        """Have the language and the ordinals of the first live member: a desk made anew knows no other."""
        if self.members:
            self.language, self.ordinals = self.members[0].language, self.members[0].ordinals


def _order(live: Live) -> int:
    return live.order
