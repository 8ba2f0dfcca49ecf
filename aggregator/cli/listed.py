"""Somebody else's list: brought in, and what became of it told."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from aggregator.errors import FetchError, ListError
from aggregator.fetch import open_fetcher
from aggregator.lists import MOST_BYTES, read_list
from aggregator.model import FetchJob, Outline, Sifted
from aggregator.pipeline import user_agent
from aggregator.settings import Settings

_LOGIN = re.compile(r"(//)[^/@\s]*@")


def read_place(place: str, settings: Settings) -> tuple[Outline, ...]:
    """Read a list from a file or an address."""
    try:
        return read_list(_fetch(place, settings) if "://" in place else _load(Path(place)))
    except ListError as error:
        raise ListError(f"{place}: {error}") from error


def _load(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ListError(f"it cannot be read: {error.strerror}") from error


def _fetch(url: str, settings: Settings) -> bytes:
    job = FetchJob(source_id="imported", kind="http", address=url, allow_private=True)  # you typed it
    bounds = replace(settings.fetch, most_bytes=MOST_BYTES)

    async def bring() -> bytes:
        async with open_fetcher(bounds, user_agent=user_agent(settings)) as fetch, fetch(job) as fetched:
            return fetched.documents[0].body

    try:
        return asyncio.run(bring())
    except FetchError as error:
        raise ListError(str(error)) from error


def given_of(outline: Outline, tags: tuple[str, ...]) -> dict[str, Any]:
    """Return what of an outline goes into the configuration."""
    given = {
        "url": outline.url,
        "name": outline.name,
        "tags": list(dict.fromkeys(outline.tags + tags)),
        "every": outline.every,
    }
    return {key: value for key, value in given.items() if value}


def _shown(outline: Outline) -> str:
    """Name an outline, without the password that may stand in its address."""
    return _LOGIN.sub(r"\1…@", outline.url) or outline.name or "an outline without a name"


def sifted_lines(found: Sifted, *, dry_run: bool) -> Iterator[str]:
    """Say what was added, and what was not."""
    for outline in found.added:
        labels = f"  [{', '.join(outline.tags)}]" if outline.tags else ""
        yield f"added    {_shown(outline)}  {outline.name}".rstrip() + labels
    for kind, told in (("skipped", found.skipped), ("invalid", found.invalid)):
        for outline, why in told:
            yield f"{kind}  {_shown(outline)}  {why}"
    yield (
        f"{len(found.added)} {'would be ' if dry_run else ''}added, {len(found.skipped)} skipped,"
        f" {len(found.invalid)} invalid."
    )


def plain_sifted(found: Sifted) -> dict[str, Any]:
    return {
        "added": [
            {"url": outline.url, "name": outline.name, "tags": outline.tags} for outline in found.added
        ],
        "skipped": [{"url": _shown(outline), "why": why} for outline, why in found.skipped],
        "invalid": [{"url": _shown(outline), "why": why} for outline, why in found.invalid],
    }
