"""Local articles: plain text in the form of the seed, and Markdown or HTML with front matter.

The plain form, blank lines between its parts:

    The publication
    The headline
    Source: TITLE (DATE)
    paragraphs …
    a heading that announces later coverage, with nothing under it

The publication becomes the outlet, the `Source:` line an attribution, and the heading is the place that the
publisher fills. A file that is not of its form is refused, with the line at which it leaves it.
"""

import codecs
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from markdown_it import MarkdownIt

from aggregator import yamls
from aggregator.dates import parse_date, parse_day
from aggregator.errors import Cause, ParseError
from aggregator.model import Attribution, Document, FeedInfo, Origin, Parsed, Person, RawEntry, RawText

_SOURCE = re.compile(r"Source:\s+(?P<title>.+?)\s+\((?P<date>[^()]+)\)")
_HEADING = re.compile(
    r"(?i)(?:the )?(?:more|most|latest|later|recent|related|further|ongoing|continuing|all"
    r"|weitere|mehr|neueste|spätere|aktuelle|plus|autres|suite|à lire|más|otras|últimas|altr[ei]|ultim[ei]"
    r"|più|mais|outras|meer|laatste|fler|mer|senaste|więcej|ещё|еще)\b(?:.*[^.!?])?"
)
_FENCE = re.compile(r"---[ \t]*")
_WORDS_IN_A_HEADING = 6

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def parse_article(document: Document) -> Parsed:
    """Read one local article; the result has exactly one entry.

    Raises: ParseError naming the line at which the file leaves its form.
    """
    try:
        text = document.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        mark = len(codecs.BOM_UTF8) if document.body.startswith(codecs.BOM_UTF8) else 0  # not counted by it
        line = document.body[: error.start + mark].count(b"\n") + 1
        raise _refused(line, "expected UTF-8 text") from error
    lines = text.splitlines()
    if lines and _FENCE.fullmatch(lines[0]):
        entry = _with_front_matter(document, lines)
    elif document.name.lower().endswith((".txt", ".text")):
        entry = _plain(document, lines)
    else:
        raise _refused(1, "expected front matter: a line `---`, keys such as `title:`, and another `---`")
    outlet = entry.origin.title if entry.origin else ""
    return Parsed(version="article", encoding="utf-8", feed=FeedInfo(title=outlet), entries=(entry,))


def _refused(line: int, expected: str) -> ParseError:
    return ParseError(Cause.MALFORMED, f"line {line}: {expected}")


# ---------------------------------------------------------------- plain text


def _plain(document: Document, lines: list[str]) -> RawEntry:
    parts = _numbered(lines)
    _, publication = next(parts, (1, ""))
    if not publication:
        raise _refused(1, "expected the publication")
    at, headline = next(parts, (len(lines), ""))
    if not headline or headline.startswith("Source:"):
        raise _refused(at, "expected the headline")
    at, source = next(parts, (len(lines), ""))
    match = _SOURCE.fullmatch(source)
    if not match:
        raise _refused(at, "expected `Source: TITLE (DATE)`")
    day = parse_day(match["date"])
    if day is None:
        raise _refused(at, f"expected a date such as 2025-11-29 in brackets, got {match['date']!r}")
    body = list(_blocks(lines, after=at))
    _check_body(body, last_line=len(lines))
    return RawEntry(
        title=RawText(value=headline),
        content=RawText(
            value="".join(f"<p>{escape(block, quote=False)}</p>" for _, block in body[:-1]), is_html=True
        ),
        published=parse_date(match["date"]),
        origin=Origin(title=publication),
        attribution=Attribution(title=match["title"], published=day),
        name=document.name,
    )


def _check_body(body: list[tuple[int, str]], *, last_line: int) -> None:
    for at, block in body[:-1]:
        if _is_heading(block) and "coverage" in block.casefold():
            raise _refused(at, f"expected nothing under the heading {block!r}: the publisher fills it")
    if len(body) < 2:
        raise _refused(
            body[0][0] if body else last_line, "expected paragraphs, then a heading for later coverage"
        )
    at, heading = body[-1]
    if not _is_heading(heading):
        raise _refused(at, "expected a last line such as `More recent coverage`, with nothing under it")


def _is_heading(block: str) -> bool:
    return len(block.split()) <= _WORDS_IN_A_HEADING and _HEADING.fullmatch(block) is not None


def _numbered(lines: list[str]) -> Iterator[tuple[int, str]]:
    return ((number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip())


def _blocks(lines: list[str], *, after: int) -> Iterator[tuple[int, str]]:
    """Yield (first line, text) of each run of lines without a blank one, below a line."""
    start, block = 0, list[str]()
    for number, line in enumerate([*lines[after:], ""], start=after + 1):
        if line.strip():
            start = start or number
            block.append(line.strip())
        elif block:
            yield start, " ".join(block)
            start, block = 0, []


# ---------------------------------------------------------------- front matter


def _with_front_matter(document: Document, lines: list[str]) -> RawEntry:
    end = next((i for i in range(1, len(lines)) if _FENCE.fullmatch(lines[i])), None)
    if end is None:
        raise _refused(len(lines), "expected a line `---` that ends the front matter")
    loaded = yamls.load("\n".join(lines[1:end]))
    if loaded.faults:
        fault = loaded.faults[0]
        raise _refused(fault.line + 1, f"front matter: {fault.key + ' ' if fault.key else ''}{fault.message}")
    if not isinstance(loaded.value, dict):
        raise _refused(2, "expected keys in the front matter, such as `title:`")
    matter = _Matter(loaded)
    body = "\n".join(lines[end + 1 :]).strip()
    if not body:
        raise _refused(len(lines), "expected text below the front matter")
    is_html = document.name.lower().endswith((".html", ".htm"))
    link = matter.text("url", "link", "permalink")
    publication = matter.text("publication", "source")
    return RawEntry(
        id=matter.text("id"),
        link=link,
        title=RawText(value=matter.text("title", is_needed=True)),
        summary=RawText(value=summary) if (summary := matter.text("summary", "description")) else None,
        content=RawText(value=body if is_html else _MARKDOWN.render(body), is_html=True, base=link),
        published=matter.date("date", "published"),
        updated=matter.date("updated", "lastmod"),
        authors=tuple(Person(name=name) for name in matter.texts("author", "authors")),
        categories=matter.texts("tags", "categories"),
        language=matter.text("lang", "language"),
        origin=Origin(title=publication) if publication else None,
        name=document.name,
    )


class _Matter:
    """Front matter by key; the keys of site generators that mean nothing to us are left alone."""

    def __init__(self, loaded: yamls.Loaded) -> None:
        self.loaded, self.value = loaded, loaded.value

    def get(self, *names: str) -> tuple[str, Any]:
        return next(
            ((name, self.value[name]) for name in names if self.value.get(name) is not None), ("", None)
        )

    def text(self, *names: str, is_needed: bool = False) -> str:
        name, value = self.get(*names)
        if isinstance(value, dict | list):
            raise self.wrong(name, "expected text")
        if is_needed and not str(value or "").strip():
            raise _refused(2, f"expected `{names[0]}:` in the front matter")
        return "" if value is None else str(value).strip()

    def texts(self, *names: str) -> tuple[str, ...]:
        name, value = self.get(*names)
        values = value if isinstance(value, list) else [value]
        if any(isinstance(part, dict | list) for part in values):
            raise self.wrong(name, "expected text or a list of texts")
        return tuple(str(part).strip() for part in values if part is not None)

    def date(self, *names: str) -> Any:
        name, value = self.get(*names)
        if value is None:
            return None
        moment = parse_date(str(value))
        if moment is None:
            raise self.wrong(
                name, f"expected a date such as 2025-11-29 or 2025-11-29T10:00:00Z, got {value!r}"
            )
        return moment

    def wrong(self, name: str, expected: str) -> ParseError:
        return _refused(self.loaded.line((name,)) + 1, f"{name}: {expected}")
