"""What every stage makes of one place."""

import asyncio
import glob
from pathlib import Path
from typing import Any

from aggregator.fetch import open_fetcher
from aggregator.model import Document, Fetched, FetchJob
from aggregator.normalize import normalize
from aggregator.parse import parse, sniff
from aggregator.pipeline import user_agent
from aggregator.reading import read_page
from aggregator.settings import Settings


def stages_of(place: str, *, is_page: bool) -> dict[str, Any]:
    """Return what came in, what it was read as, and the entries, or the text of a page, made of it."""
    fetched = _fetch(place, is_page=is_page)
    return {
        "fetched": {
            "status": fetched.status,
            "validators": fetched.validators,
            "hints": fetched.hints,
            "moved": fetched.moved,
        },
        "documents": [*map(_as_page if is_page else _as_feed, fetched.documents)],
    }


def _as_feed(document: Document) -> dict[str, Any]:
    parsed = parse(document)
    return {
        "document": _outline(document) | {"parser": sniff(document)},
        "parsed": parsed,
        "entries": normalize(parsed, document, source_id="inspected", known={}).entries,
    }


def _as_page(document: Document) -> dict[str, Any]:
    return {"document": _outline(document), "page": read_page(document)}


def _fetch(place: str, *, is_page: bool) -> Fetched:
    is_web = place.startswith(("http://", "https://"))
    job = FetchJob(
        source_id="inspected",
        kind="page" if is_web and is_page else "http" if is_web else "path",
        obey_robots=is_page,
        address=place if is_web else glob.escape(Path(place).name),
        root="" if is_web else str(Path(place).resolve().parent),
        allow_private=True,
    )

    async def bring() -> Fetched:
        agent = user_agent(Settings())
        async with open_fetcher(Settings().fetch, user_agent=agent) as fetch, fetch(job) as fetched:
            return fetched

    return asyncio.run(bring())


def _outline(document: Document) -> dict[str, Any]:
    return {
        "address": document.address,
        "name": document.name,
        "media_type": document.media_type,
        "size_bytes": len(document.body),
        "begins": document.body[:120].decode("utf-8", "replace"),
    }
