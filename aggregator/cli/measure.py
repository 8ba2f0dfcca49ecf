"""Labelled entries, what the shipped setting makes of them, and the figures of that."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any

import click

from aggregator.model import Brief
from aggregator.settings import Stories
from aggregator.stories.measure import Figures, Sample, Score, measure

Row = dict[str, Any]


def figures_of(samples: tuple[Sample, ...]) -> Figures:
    from aggregator.pipeline import new_desk

    desk = new_desk(Stories())
    started = process_time()
    placements = [desk.place(sample.brief) for sample in samples]
    return measure(samples, placements, seconds=process_time() - started)


def in_numbers(figures: Figures) -> dict[str, Any]:
    scores = {name: getattr(figures, name) for name in ("bcubed", "pairwise", "copies", "links")}
    named = {name: asdict(score) | {"f1": score.f1} for name, score in scores.items() if score}
    links = {"precision": figures.links.precision, "coverage": figures.links.recall}
    return asdict(figures) | named | {"links": links}


def in_words(figures: Figures) -> dict[str, str]:
    """Put figures in words: none for those that there are no labels for."""
    return {
        "entries": str(figures.entries),
        "scored": str(figures.scored),
        "gold stories": str(figures.gold_stories),
        "stories": str(figures.stories),
        "largest": str(figures.largest),
        **_score("BCubed", figures.bcubed),
        **_score("pairs", figures.pairwise),
        "saga precision": _share(figures.saga_precision),
        **_score("copies", figures.copies),
        "links precision": _share(figures.links.precision),
        "links in saga": _share(figures.links_in_saga),
        "links coverage": _share(figures.links.recall),
        "entries a second": f"{figures.per_second:.0f}",
    }


def _score(name: str, score: Score | None) -> dict[str, str]:
    return {
        f"{name} precision": _share(score.precision if score else None),
        f"{name} recall": _share(score.recall if score else None),
        f"{name} F1": _share(score.f1 if score else None),
    }


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


# ---------------------------------------------------------------- reading


def samples_of(path: Path) -> tuple[Sample, ...]:
    """Read a labelled set.

    Raises: click.BadParameter, naming the file and the line.
    """
    samples: dict[str, Sample] = {}
    for number, row in _rows(path):
        try:
            sample = _sample(row, number)
        except ValueError as error:
            raise _fault(path, number, str(error)) from error
        if sample.brief.entry_id in samples:
            raise _fault(path, number, f"id: {sample.brief.entry_id!r} stood on an earlier line")
        samples[sample.brief.entry_id] = sample
    for sample in samples.values():
        if sample.copy_of is not None and sample.copy_of not in samples:
            raise _fault(path, sample.brief.seq, f"copy_of: no line has the id {sample.copy_of!r}")
    if all(sample.story is None and sample.copy_of is None for sample in samples.values()):
        raise _fault(path, 1, "no line has a story or copy_of, so there is nothing to measure by")
    return tuple(samples.values())


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    number = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _row(line)
    except (ValueError, RecursionError) as error:
        raise _fault(path, number, "is no JSON object in UTF-8") from error
    except (OSError, EOFError, zlib.error) as error:
        raise _fault(path, number + 1, f"cannot be read: {error}") from error


def _row(line: bytes) -> Row:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError("expected an object")
    return row


def _sample(row: Row, number: int) -> Sample:
    entry_id, publisher = _text(row, "id", is_needed=True), _text(row, "publisher")
    copy_of = _label(row, "copy_of")
    if copy_of == entry_id:
        raise ValueError("copy_of: an entry is no copy of itself")
    brief = Brief(
        seq=number,
        entry_id=entry_id,
        source_id=publisher or f"unknown-{number}",
        outlet=publisher,
        language=_text(row, "lang"),
        url=_text(row, "url"),
        title=_text(row, "title", is_needed=True),
        text=_text(row, "summary"),
        date=_moment(row),
    )
    return Sample(brief=brief, story=_label(row, "story"), saga=_label(row, "saga"), copy_of=copy_of)


def _text(row: Row, name: str, *, is_needed: bool = False) -> str:
    value = row.get(name)
    if value is None and not is_needed:
        return ""
    if not isinstance(value, str) or (is_needed and not value):
        raise ValueError(f"{name}: expected a text, got {json.dumps(value)[:40]}")
    if not value.isascii():
        value.encode()  # JSON can spell halves of characters, which nothing else can write down
    return value


def _label(row: Row, name: str) -> str | None:
    return _text(row, name, is_needed=True) if row.get(name) is not None else None


def _moment(row: Row) -> datetime:
    value = row.get("ts")
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        pass
    raise ValueError(f"ts: expected seconds since 1970, got {json.dumps(value)[:40]}")


def _fault(path: Path, line: int, message: str) -> click.BadParameter:
    return click.BadParameter(f"{path}:{line}: {message}", param_hint="FILE")
