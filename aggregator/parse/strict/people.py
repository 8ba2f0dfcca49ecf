"""Who wrote an entry or a feed: the words `authors`, `author_detail`, `author`, as feedparser fills them.

It fills the last of `authors` from whatever is said of a person next, an owner of a podcast included.
"""

import re
from xml.etree.ElementTree import Element

from aggregator.parse.lenient import HEARD
from aggregator.parse.strict.names import OtherRoadError
from aggregator.parse.strict.reader import Attributes, Reader, Words
from aggregator.parse.strict.texts import mended, own_text, said

_EMAIL = re.compile(
    r"[\w.+-]+@(?:\[(?:\d{1,3}\.){3}|(?:[a-zA-Z\d-]+\.)+)(?:[a-zA-Z]{2,4}|\d{1,3})\]?(?:\?subject=\S+)?",
    re.ASCII,
)
_EMPTY = ("()", "<>", "&lt;&gt;")
_PERSONAL = {
    "name": "name", "itunes_name": "name", "email": "email", "itunes_email": "email",
    "uri": "href", "url": "href", "homepage": "href",
}  # fmt: skip


def author(reader: Reader, element: Element, _: Attributes, depth: int) -> None:
    words = reader.words
    _begin(words, "authors")
    for key, value in _told(reader, element):
        _add(words, key, value)
    reader.put("author", mended(own_text(element)), depth)
    _settle(words)


def owner(reader: Reader, element: Element, _: Attributes, _depth: int) -> None:
    for key, value in _told(reader, element):
        if key != "href":
            _add_owner(reader.words, key, value)


def contributor(reader: Reader, element: Element, _: Attributes, _depth: int) -> None:
    _begin(reader.words, "contributors")
    for key, value in _told(reader, element):
        reader.words["contributors"][-1][key] = value


def named_contributor(reader: Reader, element: Element, _: Attributes, _depth: int) -> None:
    _begin(reader.words, "contributors")
    reader.words["contributors"][-1]["name"] = said(element)


def _told(reader: Reader, element: Element) -> list[tuple[str, str]]:
    """Return what the elements in one say of a person."""
    found = []
    for child in element:
        name = reader.name(child)
        if name in _PERSONAL:
            key, text = _PERSONAL[name], said(child)
            if "base" in "".join(child.keys()):
                raise OtherRoadError("base of a person")
            found.append((key, reader.address(text) if key == "href" else text))
        elif name in HEARD or said(child):
            raise OtherRoadError(f"element {name} in a person")
    return found


def _begin(words: Words, kind: str) -> None:
    words.setdefault(kind, []).append({})


def _add(words: Words, key: str, value: str) -> None:
    """Say something of the author who began last."""
    words.setdefault("author_detail", {})[key] = value
    _add_owner(words, key, value)


def _add_owner(words: Words, key: str, value: str) -> None:
    _settle(words)
    words.setdefault("authors", [{}])[-1][key] = value


def _settle(words: Words) -> None:
    """Bring `author`, a text, and what is known of the last author together."""
    known = words.get("authors", [{}])[-1]
    if not known:
        _take_apart(words, known)
        return
    name, email = known.get("name"), known.get("email")
    if name and email:
        words["author"] = f"{name} ({email})"
    elif name or email:
        words["author"] = name or email


def _take_apart(words: Words, known: Words) -> None:
    written = words.get("author")
    if not written:
        return
    name, email = _name_and_email(written)
    words.setdefault("author_detail", known)
    known.update({key: value for key, value in (("name", name), ("email", email)) if value})


def _name_and_email(written: str) -> tuple[str, str]:
    found = _EMAIL.search(written)
    if not found:
        return written, ""
    rest = written.replace(found[0], "")
    for brackets in _EMPTY:
        rest = rest.replace(brackets, "")
    return rest.strip().removeprefix("(").removesuffix(")").strip(), found[0]
