"""What items hold of other namespaces: media, podcasts, threads, places. feedparser flattens these."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from aggregator.model import Extra
from aggregator.namespaces import PREFIXES, SHAPES
from aggregator.parse.tree import Tree

MOST_DEPTH = 3  # elements within elements

_ITEMS = ("item", "entry")


def has_extras(tree: Tree) -> bool:
    """Say whether a document declares a namespace of elements that pass through."""
    return any(uri in PREFIXES for _, uri in tree.spaces)


def read_extras(tree: Tree) -> list[tuple[Extra, ...]]:
    """Return what each item holds of the elements that pass through, in the order of the document."""
    return [extras_of(item) for item in _items(tree.root)] if has_extras(tree) else []


def extras_of(item: Element) -> tuple[Extra, ...]:
    """Return what one item holds."""
    return tuple(_found(item, depth=1))


def _items(root: Element) -> Iterator[Element]:
    """Yield the outermost items."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element.tag.rpartition("}")[2] in _ITEMS:
            yield element
        else:
            waiting.extend(reversed(element))


def _found(parent: Element, *, depth: int) -> Iterator[Extra]:
    for element in parent:
        uri, is_named, short = element.tag[1:].rpartition("}")
        if not is_named or uri not in PREFIXES or (name := f"{PREFIXES[uri]}:{short}") not in SHAPES:
            continue
        kept = SHAPES[name].attributes
        within = tuple(_found(element, depth=depth + 1)) if depth < MOST_DEPTH and len(element) else ()
        yield Extra(
            name=name,
            text="".join(_own_text(element)).strip(),
            attributes=tuple(sorted((key, value) for key, value in element.items() if key in kept)),
            children=within,
        )


def _own_text(element: Element) -> Iterator[str]:
    """Yield what stands in an element, and not in those within."""
    yield element.text or ""
    for child in element:
        yield child.tail or ""
