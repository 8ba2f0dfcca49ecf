"""What `--json` prints: one document, the nouns with their own names, times as ISO 8601 in UTC.

docs/json.md tells the shape of each.
"""

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")


def print_document(told: Any) -> None:
    """Print plain data and nouns as JSON; bytes are nobody's to read and left out."""
    click.echo(json.dumps(told, ensure_ascii=False, indent=2, default=_plain))


def plain(noun: Any) -> dict[str, Any]:
    """Return the fields of a noun, without bytes and what is not to be shown."""
    parts = ((part.name, getattr(noun, part.name)) for part in fields(noun) if part.repr)
    return {name: part for name, part in parts if not isinstance(part, bytes)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return plain(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)
