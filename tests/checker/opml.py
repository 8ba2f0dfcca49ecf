"""OPML 2.0 (opml.org/spec2.opml), as a list of subscriptions."""

from collections.abc import Iterator
from typing import Any

from tests.checker.grammar import counted, is_language, is_rfc822, is_web_address, read_xml

_HEAD = set(
    "title dateCreated dateModified ownerName ownerEmail ownerId docs expansionState vertScrollState"
    " windowTop windowLeft windowBottom windowRight".split()
)


def broken_opml(content: bytes) -> Iterator[str]:
    """Return the rules that an OPML document breaks."""
    try:
        root = read_xml(content)
    except ValueError as error:
        yield str(error)
        return
    if root.tag != "opml" or root.get("version") != "2.0":
        yield f"OPML 2.0: the root is {root.tag} of version {root.get('version')}"
        return
    if [child.tag for child in root.iterchildren("*")] != ["head", "body"]:
        yield "OPML 2.0: not one head and one body"
        return
    head, body = root
    yield from _head(head)
    yield from (f"OPML 2.0: body {fault}" for fault in counted(body, "outline", least=1, most=None))
    for element in body.iter("*"):
        if element is not body:
            yield from _outline(element)


def _head(head: Any) -> Iterator[str]:
    for child in head.iterchildren("*"):
        if child.tag not in _HEAD:
            yield f"OPML 2.0: {child.tag} stands in the head"
        if child.tag.startswith("date") and not is_rfc822(child.text):
            yield f"OPML 2.0: {child.tag} is {child.text!r}"
        if child.tag == "ownerId" and not is_web_address(child.text):
            yield f"OPML 2.0: ownerId is {child.text!r}"


def _outline(outline: Any) -> Iterator[str]:
    if outline.tag != "outline":
        yield f"OPML 2.0: {outline.tag} stands in the body"
        return
    if not outline.get("text"):
        yield "OPML 2.0: an outline has no text"
    if outline.get("type") == "rss":
        if not is_web_address(outline.get("xmlUrl")):
            yield f"OPML 2.0: a subscription is at {outline.get('xmlUrl')!r}"
        if len(outline):
            yield "OPML 2.0: a subscription holds outlines"
    elif outline.get("xmlUrl") is not None:
        yield "OPML 2.0: a feed is no subscription"
    if outline.get("htmlUrl") is not None and not is_web_address(outline.get("htmlUrl")):
        yield f"OPML 2.0: a site is at {outline.get('htmlUrl')!r}"
    if outline.get("language") is not None and not is_language(outline.get("language")):
        yield f"OPML 2.0: the language is {outline.get('language')!r}"
    if outline.get("created") is not None and not is_rfc822(outline.get("created")):
        yield f"OPML 2.0: created is {outline.get('created')!r}"
