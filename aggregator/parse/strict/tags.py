"""Categories and keywords, of the formats and of others."""

from xml.etree.ElementTree import Element

from aggregator.parse.strict.names import OtherRoadError
from aggregator.parse.strict.reader import Act, Attributes, Reader
from aggregator.parse.strict.texts import mended, own_text, said

ITUNES = "http://www.itunes.com/"
_MEDIA = "http://search.yahoo.com/mrss/category_schema"


def _add_tag(reader: Reader, term: str | None, scheme: str | None, label: str | None) -> None:
    tags = reader.words.setdefault("tags", [])
    tag = {"term": term, "scheme": scheme, "label": label}
    if (term or scheme or label) and tag not in tags:
        tags.append(tag)


def category(reader: Reader, element: Element, attributes: Attributes, _: int) -> None:
    scheme = attributes.get("scheme", attributes.get("domain"))
    _add_tag(reader, attributes.get("term"), scheme, attributes.get("label"))
    _written_term(reader, said(element))


def _written_term(reader: Reader, text: str) -> None:
    term = mended(text)
    tags = reader.words["tags"]
    if term and tags and not tags[-1]["term"]:
        tags[-1]["term"] = term
    elif term:
        _add_tag(reader, term, None, None)


def media_category(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
    category(reader, element, {"scheme": _MEDIA, **attributes}, depth)


def itunes_category(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
    _add_tag(reader, attributes.get("text"), ITUNES, None)
    if not len(element):
        _written_term(reader, said(element))
    elif any(reader.name(child) != "itunes_category" for child in element) or own_text(element):
        raise OtherRoadError("elements in a category")
    else:
        reader.walk(element, depth + 1)


def keywords(scheme: str | None) -> Act:
    def act(reader: Reader, element: Element, attributes: Attributes, _: int) -> None:
        written = mended(said(element))
        for term in written.split(","):
            if term.strip() and not attributes:
                _add_tag(reader, term.strip(), scheme, None)

    return act
