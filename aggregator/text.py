"""From str to str: characters that do not belong off, markup off, words folded, excerpts cut.

Knows nothing of feeds. `sanitize` makes HTML safe; here HTML only becomes text.
"""

import re
import unicodedata
from html.parser import HTMLParser

ELLIPSIS = "…"

# All that XML 1.0 cannot carry (section 2.2, production Char), surrogates included.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Overrides and isolates re-order what follows them: a headline could pretend to be another (CVE-2021-42574).
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile(r"\s+")
_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>|&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]\w{1,31});")

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
_TOKEN = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:[.,'’][^\W_{_UNSPACED}]+)*")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")


def without_controls(text: str) -> str:
    """Drop every character that XML 1.0 or a line of text cannot carry."""
    return _NOT_XML.sub("", text)


def one_line(text: str) -> str:
    """Make text that is safe as a title, a name or a log field: one line, no controls, no bidi overrides."""
    return _SPACE.sub(" ", _BIDI.sub("", _NOT_XML.sub("", text))).strip()


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
    reader = _Text()
    reader.feed(html)
    reader.close()
    return _tidy("".join(reader.parts))


def _tidy(text: str) -> str:
    lines = (_SPACE.sub(" ", line).strip() for line in without_controls(text).split("\n"))
    return "\n".join(line for line in lines if line)


def words(text: str) -> list[str]:
    """Fold text into comparable words: NFKC, case folded, in reading order.

    Numbers keep their inner points and commas ("3.11"), words their apostrophes. Runs of a script
    without spaces become overlapping pairs of characters; a lone character stays.
    """
    found: list[str] = []
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if len(token) > 1 and _IS_UNSPACED.match(token):
            found.extend(token[i : i + 2] for i in range(len(token) - 1))
        else:
            found.append(token)
    return found


def fold(text: str) -> str:
    """Make a key of a headline: its words, one space between."""
    return " ".join(words(text))


def excerpt(text: str, *, most_words: int = 60, most_characters: int = 480) -> str:
    """Cut plain text at a sentence end, else at a word end, and say so with an ellipsis."""
    flat = _SPACE.sub(" ", text).strip()
    end = len(flat)
    for number, space in enumerate(_SPACE.finditer(flat), start=1):
        if number == most_words:
            end = space.start()
            break
    end = min(end, most_characters)
    if end >= len(flat):
        return flat
    cut = flat[:end]
    sentence = max(cut.rfind(mark) for mark in (". ", "! ", "? ", "。", "！", "？"))
    if sentence >= len(cut) // 2:
        return cut[: sentence + 1]
    if not flat[end].isspace() and " " in cut:
        cut = cut[: cut.rfind(" ")]
    return cut.rstrip(" ,;:–—-") + ELLIPSIS


def slug(text: str, *, most: int = 64) -> str:
    """Make a file-name-safe name, `[a-z0-9-]{1,most}`; empty where no letter or digit survives."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:most].rstrip("-")
