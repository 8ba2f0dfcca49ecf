"""Read the words of an entry: what its title, its summary and its address say, folded for comparing.

Works in any language: words are runs of letters, scripts without spaces give pairs of characters. Nothing is
stemmed. How much a word tells is `lexicon`'s business, what is repeated from story to story `furniture`'s.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from aggregator.model import Brief
from aggregator.stories.titles import CALENDAR
from aggregator.text import words

LONGEST_SUMMARY = 320  # characters: news says first what it is about
LONGEST_TEXT = 400  # words in which copies are looked for
SHORTEST_TITLE = 12  # characters left when an outlet's name is cut off

_SCRIPTS = tuple(
    (language, re.compile(f"[{letters}]"))
    for language, letters in {
        "ru": "\u0400-\u04ff",
        "ja": "\u3040-\u30ff",
        "zh": "\u4e00-\u9fff",
        "ko": "\uac00-\ud7af",
        "ar": "\u0600-\u06ff",
        "hi": "\u0900-\u097f",
        "el": "\u0370-\u03ff",
        "he": "\u0590-\u05ff",
        "th": "\u0e00-\u0e7f",
    }.items()
)
_SEPARATOR = re.compile(r"\s+[-–—|»«·:•]{1,2}\s+")
_FIRST_LETTER = re.compile(r"\b[^\W\d_]")
# The letter comes first, not what stands before it: `re` then skips to the next one, in half the time.
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-Я](?<=[^\W_] .|[,;] .)[^\W_]+(?:[-'’][^\W_]+)*")
_PLAIN = re.compile(r"[^\W_]+")
_DUMB_NAMES = frozenset(("news", "the", "com", "www"))
_VERSION = re.compile(r"[a-z]{1,5}\d+(?:\.\d+)+")  # "v3.1"
_FILE_ENDING = re.compile(r"\.[a-z]{2,5}$", re.IGNORECASE)
_SLUG_BREAK = re.compile(r"[-_+ ,.]+")
_FEWEST_IN_A_SLUG = 3  # words, else it is a section's name
_SHORTEST_SLUG = 8  # characters: three words of two letters


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of one entry, each part in reading order."""

    title: tuple[str, ...]
    text: tuple[str, ...]  # of the body, without a repetition of the title
    shown: int  # words of the text that say what it is about
    link: tuple[str, ...]  # of the readable part of the address
    names: frozenset[str]  # words written with a capital inside a sentence: of people, places, things
    language: str  # two or three letters, or empty


def read(brief: Brief) -> Reading:
    """Read an entry."""
    title = brief.title
    if _SEPARATOR.search(title):  # else there is nothing to cut, and the host is not asked for
        title = cut_outlet(title, f"{urlsplit(brief.url).hostname or ''} {brief.outlet}")
    text = brief.text
    while len(title) > 8 and text.startswith(title):
        text = text[len(title) :].lstrip(" .:-|\n")
    folded = terms(text)[:LONGEST_TEXT]
    is_long = len(text) > LONGEST_SUMMARY and not brief.is_article
    return Reading(
        title=tuple(terms(title)),
        text=tuple(folded),
        shown=len(terms(text[:LONGEST_SUMMARY])) if is_long else len(folded),
        link=tuple(terms(slug_of(brief.url))),
        names=names_in(title, text[:LONGEST_SUMMARY]),
        language=language_of(title, brief.language),
    )


def terms(text: str) -> list[str]:
    """Fold text into words; initialisms are joined ("U.S." is "us"), possessive endings go."""
    tokens = words(text)
    if "".join(tokens).isalnum():  # nothing to take apart, in every second text
        return tokens
    found: list[str] = []
    for word in tokens:
        if word.isalnum():
            found.append(word)
        else:
            found.extend(_parts(word))
    return found


def _parts(word: str) -> list[str]:
    """Take a word with points, commas or apostrophes inside apart; numbers and versions keep their points."""
    word = word.replace("’", "'").removesuffix("'s")
    if word[:1].isdigit() or _VERSION.fullmatch(word):
        return [word]
    parts = [part for part in re.split("[.,']", word) if part]
    if all(len(part) == 1 for part in parts):
        return ["".join(parts)]
    return [part for part in parts if len(part) > 1]


def names_in(title: str, text: str) -> frozenset[str]:
    """Return the words that are written with a capital where the language does not ask for one.

    A title in which most words have capitals shows nothing, nor does the first word of a sentence.
    """
    is_headline_case = sum(map(str.islower, _FIRST_LETTER.findall(title))) * 3 < len(title.split())
    shown = (text,) if is_headline_case else (title, text)
    capitals = [name for part in shown for name in _CAPITAL.findall(part)]
    return frozenset(terms("\n".join(capitals))) - CALENDAR


def cut_outlet(title: str, outlet: str) -> str:
    """Cut a trailing " - Site name" off a title, where a word of it is in the outlet's host or name."""
    breaks = list(_SEPARATOR.finditer(title, SHORTEST_TITLE))
    key = re.sub(r"[\W_]+", "", outlet.casefold()) if breaks else ""
    for match in breaks:
        tail = _PLAIN.findall(title[match.end() :].casefold())
        names = (word for word in tail if len(word) >= 3 and word not in _DUMB_NAMES)
        if 0 < len(tail) <= 9 and any(name in key for name in names):
            return title[: match.start()]
    return title


def slug_of(url: str) -> str:
    """Return the most telling part of an address's path, as words; empty if none has three."""
    best: list[str] = []
    for part in urlsplit(url).path.split("/") if url else ():
        if len(part) < _SHORTEST_SLUG:
            continue
        found = [
            word
            for word in _SLUG_BREAK.split(_FILE_ENDING.sub("", unquote(part)))
            if len(word) > 1 and word.isalpha()
        ]
        if len(found) >= _FEWEST_IN_A_SLUG and sum(map(len, found)) > sum(map(len, best)):
            best = found
    return " ".join(best)


def language_of(title: str, declared: str) -> str:
    """Return the language of a title: what its letters say, else what its source says; may be empty."""
    language = declared.partition("-")[0].partition("_")[0].lower()
    if title.isascii():
        return language
    for name, letters in _SCRIPTS:
        if len(letters.findall(title)) * 3 > len(title):
            is_other_cyrillic = name == "ru" and language in ("uk", "bg", "sr", "mk", "be", "kk", "mn")
            return language if is_other_cyrillic else name
    return language
