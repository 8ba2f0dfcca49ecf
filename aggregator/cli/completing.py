"""What the shell offers for an argument: read from the configuration as it stands, right or wrong.

Somebody waits for it at each press of a key: no room that checks settings, and no store, is loaded.
"""

from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem


def source_ids(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer the ids of sources."""
    return _fitting(_ids_of(_configured(ctx)), incomplete)


def page_names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer what has a page: outputs and sources."""
    from aggregator.text import slug

    config = _configured(ctx)
    tags = {tag for source in _dicts(config, "sources") for tag in source.get("tags") or () if tag}
    names = {str(output["name"]): "" for output in _dicts(config, "outputs") if output.get("name")}
    names |= {f"tag/{slug(str(tag))}": "" for tag in sorted(map(str, tags))}
    return _fitting({"all": "", **names, **_ids_of(config)}, incomplete)


def files(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer files, where an address may stand as well."""
    return [CompletionItem(incomplete, type="file")]


def _configured(ctx: click.Context) -> dict[str, Any]:
    from aggregator import yamls

    path = ctx.find_root().params.get("config") or Path("feeds.yaml")
    try:
        value = yamls.load(path.read_text(encoding="utf-8-sig")).value
    except (OSError, UnicodeDecodeError):
        return {}  # the command itself says what is wrong
    return value if isinstance(value, dict) else {}


def _dicts(config: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = config.get(key)
    listed = value if isinstance(value, list) else []
    long = ({"url": given} if isinstance(given, str) else given for given in listed)
    return [given for given in long if isinstance(given, dict)]


def _ids_of(config: dict[str, Any]) -> dict[str, str]:
    """Return the ids of sources, as they are given or made, with what each is called."""
    from aggregator.ids import short_name

    sources = _dicts(config, "sources")
    return {
        str(given.get("id") or short_name(_place(given), is_path=bool(given.get("path")))): str(
            given.get("name") or _place(given)
        )
        for given in sources
    }


def _place(given: dict[str, Any]) -> str:
    return next((str(given[key]) for key in ("url", "path", "opml") if given.get(key)), "")


def _fitting(names: dict[str, str], incomplete: str) -> list[CompletionItem[str]]:
    return [CompletionItem(name, help=told) for name, told in names.items() if name.startswith(incomplete)]
