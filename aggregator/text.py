"""From str to str: characters that do not belong off, markup off, words folded, excerpts cut.

Knows nothing of feeds. `sanitize` makes HTML safe; here HTML only becomes text.
"""

import re
import unicodedata
from collections.abc import Iterable
from hashlib import blake2b
from html import unescape
from html.parser import HTMLParser

ELLIPSIS = "…"

# All that XML 1.0 cannot carry (section 2.2, production Char), surrogates included, and the controls that it
# can: U+009B starts a command to a terminal.
_NOT_XML = re.compile("[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Overrides and isolates re-order what follows them: a headline could pretend to be another (CVE-2021-42574).
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ASCII_PRINTABLE = bytes(range(0x20, 0x7F))
_ASCII_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n\r"))
_SHORT = 150  # characters that are looked at one by one sooner than together
_SPACE = re.compile(r"\s+")
_PLAIN_TAG = re.compile(r"""</?([a-zA-Z][a-zA-Z0-9]*)(?=[ \t\n/>])(?:[^<>"']|"[^"<>]*"|'[^'<>]*')*>""")
_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>|&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]\w{1,31});")

_LANGUAGE = re.compile(r"[a-zA-Z]{2,8}(?:-[a-zA-Z0-9]{1,8})*")

_BLOCKS = frozenset(
    "address article aside blockquote br caption dd details div dl dt figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead"
    " tr ul".split()
)
_SILENT = frozenset("head iframe noscript object script style svg template textarea title".split())

# Scripts written without spaces between words are cut into pairs of characters.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana, Han
    "\U00020000-\U0003ffff"
)
# Marks that are part of a word, though no letters: accents, vowel signs, points. Indic blocks but the danda.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u07a6-\u07b0"
    "\u0900-\u0963\u0966-\u0dff\u0f18\u0f19\u0f35\u0f37\u0f39\u0f71-\u0f84\u135d-\u135f\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_LETTERS = rf"(?:[^\W_{_UNSPACED}]++|[{_MARKS}]++)++"  # runs, not single letters: a third faster
_TOKEN = re.compile(rf"[{_UNSPACED}]+|{_LETTERS}(?:[.,'’]{_LETTERS})*+")
_ASCII_TOKEN = re.compile(r"[a-z0-9]+(?:[.,'][a-z0-9]+)*")
_RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he iw ji nqo ps sd syr ug ur yi".split())
_RIGHT_TO_LEFT_SCRIPTS = frozenset("arab hebr nkoo syrc thaa".split())
_SENTENCE_ENDS = (".", "!", "?", "。", "！", "？")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")


def without_controls(text: str) -> str:
    """Drop every character that XML 1.0 or a line of text cannot carry."""
    if text.isascii():  # five times as fast
        return text.encode().translate(None, _ASCII_CONTROLS).decode()
    if text.replace("\n", "").isprintable():
        return text
    return _NOT_XML.sub("", text)


def one_line(text: str) -> str:
    """Make text that is safe as a title, a name or a log field: one line, no controls, no bidi overrides."""
    text = text.replace("\n", " ")
    if _is_printable(text):  # as most are: of white space only spaces, and nothing unseen
        return _single_spaced(text)
    return _SPACE.sub(" ", _BIDI.sub("", _NOT_XML.sub("", text))).strip()


def is_language(tag: str) -> bool:
    """Say whether text is a language tag in form (RFC 5646, 2.1, and no longer than 4.4.1 asks for)."""
    return len(tag) <= 35 and _LANGUAGE.fullmatch(tag) is not None


def is_right_to_left(language: str) -> bool:
    """Say whether a language, by its tag, is written from right to left."""
    primary, *rest = language.lower().split("-")
    script = next((part for part in rest if len(part) == 4 and part.isalpha()), "")
    return script in _RIGHT_TO_LEFT_SCRIPTS if script else primary in _RIGHT_TO_LEFT


def has_markup(text: str) -> bool:
    """Say whether text holds a tag or a character reference."""
    return _MARKUP.search(text) is not None


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0  # how many elements we are in whose text nobody sees

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _SILENT:
            self.silent += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)


def plain_text(html: str) -> str:
    """Take the markup off: blocks end lines, character references are read, scripts and styles are silent."""
    if "<" not in html and "&" not in html:
        return _tidy(html)
    return _tidy(_of_plain_tags(html) or _of_any_tags(html))


def _of_plain_tags(html: str) -> str:
    """Take off markup in which a tag is a tag, at a tenth of the cost; empty where anything is not."""
    parts = _PLAIN_TAG.split(html)
    for number, part in enumerate(parts):
        if number % 2:
            name = part.lower()
            if name in _SILENT:
                return ""
            parts[number] = "\n" if name in _BLOCKS else ""
        elif "<" in part:
            return ""
        elif "&" in part:
            parts[number] = unescape(part)
    return "".join(parts)


def _of_any_tags(html: str) -> str:
    reader = _Text()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts)


def _tidy(text: str) -> str:
    lines = (_one_spaced(line) for line in without_controls(text).split("\n"))
    return "\n".join(line for line in lines if line)


def casefolded(text: str) -> str:
    """Make text alike in any case and form, before it is cut into words."""
    if text.isascii():
        return text.lower()
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).casefold())


def _one_spaced(line: str) -> str:
    """Make every run of white space one space."""
    return _single_spaced(line) if _is_printable(line) else _SPACE.sub(" ", line).strip()


def _single_spaced(line: str) -> str:
    """Make every run of spaces one, in text that holds no other white space."""
    return (_SPACE.sub(" ", line) if "  " in line else line).strip()


def _is_printable(text: str) -> bool:
    """Say what `str.isprintable` does, which takes four times as long for a paragraph of ASCII."""
    if len(text) > _SHORT and text.isascii():
        return not text.encode().translate(None, _ASCII_PRINTABLE)
    return text.isprintable()


def words(text: str) -> list[str]:
    """Fold text into comparable words: NFKC, case folded, in reading order.

    Numbers keep their inner points and commas ("3.11"), words their apostrophes. Runs of a script
    without spaces become overlapping pairs of characters; a lone character stays.
    """
    folded = casefolded(text)
    if text.isascii():  # as most English is: twice as fast, and the same
        return _ASCII_TOKEN.findall(folded)
    tokens: list[str] = _TOKEN.findall(folded)
    return _paired(tokens) if _IS_UNSPACED.search(folded) else tokens


def _paired(tokens: Iterable[str]) -> list[str]:
    """Cut tokens of scripts without spaces into overlapping pairs of characters."""
    found: list[str] = []
    for token in tokens:
        if len(token) > 1 and _IS_UNSPACED.match(token):
            found.extend(token[i : i + 2] for i in range(len(token) - 1))
        else:
            found.append(token)
    return found


def has_unspaced(text: str) -> bool:
    """Say whether any of a folded text is of a script that puts no spaces between words."""
    return not text.isascii() and _IS_UNSPACED.search(text) is not None


def is_unspaced(word: str) -> bool:
    """Say whether a word is of a script that puts no spaces between words."""
    return _IS_UNSPACED.match(word) is not None


def fold(text: str) -> str:
    """Make a key of a headline: its words, one space between."""
    return " ".join(words(text))


def excerpt(text: str, *, most_words: int = 60, most_characters: int = 480) -> str:
    """Cut plain text at a sentence end, else at a word end, and say so with an ellipsis."""
    flat = _one_spaced(text)
    words_in_front = flat.split(" ", most_words)
    rest = len(words_in_front[most_words]) + 1 if len(words_in_front) > most_words else 0
    end = min(len(flat) - rest, most_characters)
    if end >= len(flat):
        return flat
    cut = flat[:end]
    if cut.rstrip().endswith(_SENTENCE_ENDS) and flat[end].isspace():
        return cut.rstrip()
    sentence = max(cut.rfind(f"{mark} " if mark.isascii() else mark) for mark in _SENTENCE_ENDS)
    if sentence >= len(cut) // 2:
        return cut[: sentence + 1]
    if not flat[end].isspace() and " " in cut:
        cut = cut[: cut.rfind(" ")]
    return cut.rstrip(" ,;:–—-") + ELLIPSIS


def slug(text: str, *, most: int = 48) -> str:
    """Make a name for files and addresses, `[a-z0-9-]+`: readable, never empty, another for another text.

    Texts that differ only in case, spaces, hyphens and underscores share one.
    """
    folded = re.sub(r"[\s_-]+", "-", unicodedata.normalize("NFKC", text).casefold()).strip("-")
    if re.fullmatch(r"[a-z0-9-]+", folded) and len(folded) <= most:
        return folded
    plain = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    readable = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:most].rstrip("-")
    digest = blake2b(folded.encode("utf-8", "replace"), digest_size=2).hexdigest()
    return f"{readable}-{digest}".lstrip("-")
