"""How much each word tells: rare words much, common ones nothing, learned from the stream itself.

A word counts once a story, so that a big event does not make its own words common. Behind the stream's own
counts stands a table of how common words are in news of several languages, which counts as some thousand
stories: a young store would otherwise take every word for rare.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from sys import intern
from typing import Any

PRIOR_STORIES = 2000  # what the table weighs, against the stream's own stories
PRIOR_UNKNOWN = 200  # without a table every word is rare at first
PRIOR_COVERAGE = 0.3  # share of a language's words that its table must know, to weigh anything
COVERAGE_STEP = 0.02  # how fast it follows the stream
LEAST_RARITY = 1.0  # natural logarithm; below, a word is left out
MOST_WORDS = 42  # of an entry: as many as a dict holds without growing once more
FULL_LENGTH = 30  # words: shorter entries weigh a little more than their length (pivoted normalization,
PIVOT = 0.2  # Singhal, Buckley and Mitra 1996)
HALVED_AT = 60_000  # stories of a language: then all counts are halved, and what is rare is forgotten
MOST_LANGUAGES = 40
CERTAIN = 2.0  # times as common as in the next language, to believe that words are of one
FEW = 2  # common words do not contradict a source
COMMON = 1 / 64  # share of documents from which a word shows the language it is in

STEPS = 2048  # weights are whole parts of this: sums of them are exact, in any order
WEIGHTS = tuple(step / STEPS for step in range(4 * STEPS))  # shared: a vector holds references

Vector = dict[str, float]
Background = Mapping[str, Mapping[str, float]]  # language → word → share of documents that have it


def read_background(lines: Iterable[str]) -> Background:
    """Read the table: "#en 65800" begins a language; each line after it is a class and its words.

    Lines that begin with "!" are remarks. The first character of a line is the class: a share of
    2 ** -(n / 4), n counted from "(".
    """
    table: dict[str, dict[str, float]] = {}
    words: dict[str, float] = {}
    for line in lines:
        if line.startswith("#"):
            words = table.setdefault(line[1:].split()[0], {})
        elif line.strip() and not line.startswith("!"):
            share = 2.0 ** (-(ord(line[0]) - ord("(")) / 4)
            words.update((intern(word), share) for word in line[1:].split())
    return table


@dataclass(slots=True)
class _Language:
    """One language's own counts, and the table behind them."""

    table: Mapping[str, float]
    stories: float = 0.0
    coverage: float = 1.0  # share of the words of late entries that the table knows
    counts: dict[str, float] = field(default_factory=dict)  # word → stories that have it


class Lexicon:
    """The words of all languages."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._languages: dict[str, _Language] = {}
        self._common = {
            language: {word: share for word, share in table.items() if share >= COMMON}
            for language, table in background.items()
        }

    def guess(self, words: Collection[str], declared: str) -> str:
        """Return the language of an entry: as declared, if its commonest words are of it, else theirs.

        Where they do not decide, the language with the largest table is taken.
        """
        common = self._common.get(declared)
        if declared and (common is None or not common.keys().isdisjoint(words)):
            return declared
        found = set(words)
        sums = {
            language: sum([common[word] for word in found & common.keys()])
            for language, common in self._common.items()
        }
        ranked = sorted(sums, key=lambda language: -sums[language])
        if not ranked or not sums[ranked[0]]:
            return declared
        best = ranked[0]
        is_certain = len(ranked) == 1 or sums[best] > CERTAIN * sums[ranked[1]]
        if declared:
            return best if is_certain and len(found & self._common[best].keys()) > FEW else declared
        return (
            best
            if is_certain
            else max(ranked, key=lambda name: (sums[name] > 0, len(self._background[name])))
        )

    def weigh(self, counts: Mapping[str, float], language: str) -> tuple[Vector, dict[str, float]]:
        """Weigh the words of an entry.

        Returns: the vector, heaviest word first, of length 1 (short entries a little over); and how rare each
        of its words is, 0 to 1.
        """
        own = self._language(language)
        fit = min(1.0, max(0.0, own.coverage / PRIOR_COVERAGE - 1)) if own.table else 0.0
        prior = max(PRIOR_UNKNOWN, PRIOR_STORIES * fit)
        total = own.stories + prior + 2
        ceiling = total * math.exp(-LEAST_RARITY)
        top, known, share, log, sqrt = math.log(total), own.counts.get, own.table.get, math.log, math.sqrt
        found = []
        for word, count in counts.items():
            stories = known(word, 0.0) + 1.5 + share(word, 0.0) * prior
            if stories < ceiling:
                rarity = top - log(stories)
                found.append((-sqrt(count) * rarity, word, rarity / top))
        found.sort()
        del found[MOST_WORDS:]
        length = sqrt(sum([weight * weight for weight, _, _ in found])) or 1.0
        if len(found) < FULL_LENGTH:
            length *= 1 - PIVOT + PIVOT * sqrt(len(found) / FULL_LENGTH)
        scale = STEPS / length
        vector = {intern(word): WEIGHTS[int(0.5 - weight * scale) or 1] for weight, word, _ in found}
        return vector, {word: rarity for _, word, rarity in found}

    def learn(self, words: Set[str], language: str, story: Mapping[str, float] | None) -> None:
        """Count the words of an entry that its story does not have yet; None where it founds one."""
        own = self._language(language)
        counts = own.counts
        if words and own.table:
            known = len(words & own.table.keys()) / len(words)
            own.coverage += (known - own.coverage) * COVERAGE_STEP
        if story is None:
            own.stories += 1
            for word in words:
                counts[word] = counts.get(word, 0.0) + 1
        else:
            for word in words:
                if word not in story:
                    counts[word] = counts.get(word, 0.0) + 1
        if own.stories > HALVED_AT:
            own.stories /= 2
            own.counts = {word: count / 2 for word, count in counts.items() if count >= 2}

    def unlearn(self, words: Iterable[str], language: str) -> None:
        """Take words back that were counted for two stories which turned out to be one."""
        own = self._language(language)
        own.stories = max(0.0, own.stories - 1)
        for word in words:
            own.counts[word] = max(0.0, own.counts.get(word, 0.0) - 1)

    def dump(self) -> dict[str, list[Any]]:
        return {name: [own.stories, own.coverage, own.counts] for name, own in self._languages.items()}

    def load(self, languages: Mapping[str, list[Any]]) -> None:
        for name, (stories, coverage, counts) in languages.items():
            own = self._language(name)
            own.stories, own.coverage = stories, coverage
            own.counts = {intern(word): count for word, count in counts.items()}

    def _language(self, name: str) -> _Language:
        if name not in self._languages:
            if name not in self._background and len(self._languages) >= MOST_LANGUAGES:
                name = ""
            self._languages.setdefault(name, _Language(self._background.get(name, {})))
        return self._languages[name]
