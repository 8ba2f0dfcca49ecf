"""`explain`: why two entries are one story, one text, or neither."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from aggregator.errors import AggregatorError
from aggregator.model import Decision, Evidence, Explained, Explanation, Relation

_RUNGS = {
    "rule": "your override",
    "url": "same address",
    "text": "same text",
    "title": "same title, short text",
    "event": "same event",
    "meaning": "same in two languages",
    "merge": "two stories that were one",
    "none": "nothing near enough",
}


@click.command()
@click.argument("one", metavar="A")
@click.argument("two", metavar="[B]", default="")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def explain(path: Any, one: str, two: str, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """Say why two stored entries are together or apart.

    A and B are ids (or how one begins), addresses, titles or story pages. Without B: why A is where it is.
    """
    from aggregator import pipeline
    from aggregator.cli.tables import console
    from aggregator.config import load_settings
    from aggregator.store import open_store

    settings = load_settings(path)
    store_path = pipeline.store_path(settings)
    if not store_path.exists():
        raise AggregatorError(f"{store_path} does not exist yet; `aggregator run --once` makes it")
    with open_store(store_path, is_read_only=True) as store:
        found = pipeline.explain(store, settings, one, two)
    if as_json:
        click.echo(json.dumps(_plain(asdict(found)), ensure_ascii=False, indent=2))
        return
    for line in _lines(found):
        console().print(line, markup=False, highlight=False, soft_wrap=True)


def _lines(found: Explanation) -> list[str]:
    lines = _about("A", found.one)
    if found.two is None:
        was_near = found.one.decision.near
        alone = "Nothing else was near it when it came: it founded its story."
        return [*lines, "", "What it was compared with is gone." if was_near else alone]
    lines += _about("B", found.two)
    lines += ["", _verdict(found.one, found.two), *map(_relation, found.relations)]
    lines += ["", "Each rung, the two by themselves:"]
    lines += [f"  {_rung(rung)}" for rung in found.rungs]
    event = next(rung for rung in found.rungs if rung.rung == "event")
    if event.shared:
        lines += ["", f"Words they share, with what each adds: {_words(event)}"]
    lines += [
        f"Merged with it since: {merger.gone_id} ({merger.because.score:.3f})" for merger in found.mergers
    ]
    return [*lines, "", *(f"{remedy[0].upper()}{remedy[1:]}" for remedy in found.remedies)]


def _about(name: str, entry: Explained) -> list[str]:
    brief, placed = entry.brief, entry.placed
    return [
        f"{name}: {brief.title}",
        f"   {brief.outlet}, {brief.date:%d %b %Y %H:%M}, id {brief.entry_id}, story {placed.story_id}",
        f"   placed: {_decided(entry.decision)}",
    ]


def _decided(decision: Decision) -> str:
    because = decision.because
    if because.rung == "none" and not decision.near:
        return "founded a story; nothing was like it"
    near = f", nearest {decision.near}" if decision.near else ""
    parts = " ".join(f"{name} {value:+.3f}" for name, value in because.parts)
    made_of = f" = {parts}" if parts else ""
    sign = "of" if because.score >= because.threshold else "under"
    veto = f"; {because.veto}" if because.veto else ""
    verb = "founded a story; " if because.rung == "none" else ""
    score = f"{because.score:.3f}{made_of} {sign} {because.threshold:.3f}"
    return f"{verb}{_RUNGS[because.rung]}, {score}{near}{veto}"


def _verdict(one: Explained, two: Explained) -> str:
    groups = {entry.placed.copy_of or entry.brief.entry_id for entry in (one, two)}
    if len(groups) == 1:
        return "They are copies of one text."
    if one.placed.story_id == two.placed.story_id:
        return "They are in one story, and no copies."
    return "They are in two stories."


def _relation(relation: Relation) -> str:
    kind = "of the subject of" if relation.is_subject else "a neighbor of"
    return (
        f"Story {relation.other_id} is {kind} {relation.story_id} ({relation.score:.3f}),"
        " and may stand under its coverage."
    )


def _rung(rung: Evidence) -> str:
    is_met = rung.score >= rung.threshold
    verdict = rung.veto or ("yes" if is_met else "no")
    more = ", ".join(f"{name} {value:.1f}" for name, value in rung.parts)
    score = f"{rung.score:.3f} of {rung.threshold:.3f}"
    return f"{_RUNGS[rung.rung]:24}{score}  {verdict}{f' ({more})' if more else ''}"


def _words(event: Evidence) -> str:
    return ", ".join(f"{word} {weight:.3f}" for word, weight in event.shared)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items() if name != "features"}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, datetime) else value
