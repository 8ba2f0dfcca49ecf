"""The pages of the documentation as tests read them: blocks, code in lines, links, tables."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
DOCS = TOP / "docs"
PAGES = (TOP / "README.md", *sorted(DOCS.glob("*.md")))

_BLOCK = re.compile(r"^```([a-z]*) *([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What stands between fences; `about` is the second word there: a recipe, a sample, a program."""

    page: str
    line: int
    kind: str
    about: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def by_page(kind: str) -> pytest.MarkDecorator:
    """Try something page by page."""
    return pytest.mark.parametrize("page", [pytest.param(page, id=f"{page.name} {kind}") for page in PAGES])


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(*kinds: str, page: str = "") -> list[Block]:
    """Return the blocks of some kinds, of one page or of all."""
    return [
        Block(page=path.name, line=text_of(path)[: found.start()].count("\n") + 1,
              kind=found[1], about=found[2].strip(), text=found[3])
        for path in PAGES
        if page in ("", path.name)
        for found in _BLOCK.finditer(text_of(path))
        if found[1] in kinds
    ]  # fmt: skip


def prose(page: Path) -> str:
    """Return what stands outside of blocks."""
    return _BLOCK.sub("", text_of(page))


def inline(page: Path) -> list[str]:
    """Return the code that stands within lines."""
    return _INLINE.findall(prose(page))


def links(page: Path) -> list[str]:
    return [found[1] or found[2] for found in _LINK.finditer(prose(page))]


def anchors(page: Path) -> set[str]:
    """Return the names under which headings can be linked to, as forges make them."""
    headings = _HEADING.findall(prose(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def section(page: str, heading: str) -> str:
    """Return what stands under a heading of a page of `docs/`, up to the next of its level."""
    level = heading.partition(" ")[0]
    _, _, rest = text_of(DOCS / page).partition(f"\n{heading}\n")
    assert rest, f"docs/{page} has no heading {heading!r}"
    return re.split(rf"^{level} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def first_column(table: str) -> list[str]:
    """Return the code in the first cells of a table."""
    return [
        name for row in re.findall(r"^\| *(`[^|]*) *\|", table, re.MULTILINE) for name in _INLINE.findall(row)
    ]
