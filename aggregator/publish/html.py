"""Pages for people: rivers, a page a story and a source, and what was searched. They need no script.

Links within the site are relative, so that the folder works under any address, and from a disk.
"""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import groupby
from typing import Any

from jinja2 import (
    ChoiceLoader,
    DictLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from aggregator.errors import OutputError
from aggregator.model import Edition, Item, SourceNote, SourcePage
from aggregator.publish.content import (
    ALSO_IN,
    EARLIER,
    MORE_RECENT,
    attribution_html,
    body_html,
    edition_url,
    long_date,
    rfc3339,
)
from aggregator.publish.health import became
from aggregator.publish.history import history_of
from aggregator.publish.kept import kept
from aggregator.publish.standing import standing_of
from aggregator.publish.timeline import timeline_of
from aggregator.settings import Site
from aggregator.text import is_right_to_left, slug

STYLE = "style.css"
ICON = "icon.svg"
LONGEST_QUERY = 200  # characters
MOST_KEPT_LINES = 20_000  # of sources, as they were rendered, 400 bytes each
MOST_LISTED = 60  # sources beside the river; of more only those in trouble

_FEEDS = (  # format, what people call it, media type, file
    ("atom", "Atom", "application/atom+xml", "atom.xml"),
    ("rss", "RSS", "application/rss+xml", "rss.xml"),
    ("json", "JSON Feed", "application/feed+json", "feed.json"),
)
_WORDS = {"more_recent": MORE_RECENT, "earlier": EARLIER, "also_in": ALSO_IN}
_WEEKDAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())


def render_river(edition: Edition, site: Site) -> bytes:
    """Render an edition as a page: local articles first, then the river, day by day."""
    return _render(
        "river.html",
        edition,
        site,
        articles=[item for item in edition.items if item.entry.is_article],
        days=_days(item for item in edition.items if not item.entry.is_article),
        **_told_apart(edition),
    )


def render_story(edition: Edition, site: Site) -> bytes:
    """Render the page of the one story that an edition holds first."""
    item = edition.items[0]
    return _render("story.html", edition, site, item=item, timeline=timeline_of(item))


def render_sources(edition: Edition, site: Site) -> bytes:
    """Render the list of an edition's sources with the state of each."""
    return _render("sources.html", edition, site, **_told_apart(edition))


def render_source(edition: Edition, site: Site, *, page: SourcePage) -> bytes:
    """Render the page of a source; the edition holds its newest entries."""
    return _render("source.html", edition, site, page=page, history=history_of(dict(page.days)))


def render_search(edition: Edition, site: Site, *, query: str, advice: str = "") -> bytes:
    """Render what was found, with the form that asked for it, and advice where nothing was."""
    return _render("search.html", edition, site, query=query, advice=advice)


def looks_of(site: Site) -> str:
    """Return a digest of all templates: pages made with others are stale."""
    environment = _environment_of(site.templates)
    loader = environment.loader
    names = loader.list_templates() if loader else []
    sources = (loader.get_source(environment, name)[0] for name in names if loader)
    return blake2b("\0".join(sources).encode(), digest_size=8).hexdigest()


def render_style(site: Site) -> bytes:
    """Return the one style sheet."""
    return _alone(STYLE, site)


def render_icon(site: Site) -> bytes:
    """Return the picture by which browsers tell the site from others."""
    return _alone(ICON, site)


def _alone(name: str, site: Site) -> bytes:
    try:
        return _environment_of(site.templates).get_template(name).render().encode()
    except TemplateError as error:
        raise _fault(name, error) from error


@kept
def _card(item: Item, environment: Environment, root: str, is_dated: bool) -> str:  # noqa: FBT001
    """Render what a list shows of an item."""
    return str(_macros_of(environment).card(item, root, _WORDS, show_date=is_dated))


@lru_cache(MOST_KEPT_LINES)
def _line(source: SourceNote, environment: Environment, root: str) -> str:
    """Render what a list says of a source."""
    return str(_macros_of(environment).in_list(source, root))


@cache
def _macros_of(environment: Environment) -> Any:
    return environment.get_template("parts.html").module


def _render(template: str, edition: Edition, site: Site, **values: Any) -> bytes:
    try:
        environment, root = _environment_of(site.templates), "../" * edition.folder.count("/")
        page = environment.get_template(template).render(
            edition=edition,
            site=site,
            root=root,
            address=lambda file: edition_url(edition, site, file),
            feeds=_FEEDS,
            words=_WORDS,
            listed=lambda item, is_dated=False: _html(_card(item, environment, root, is_dated)),
            told=lambda source: _html(_line(source, environment, root)),
            **values,
        )
    except TemplateError as error:
        raise _fault(template, error) from error
    return page.encode()


def _fault(template: str, error: TemplateError) -> OutputError:
    """Say which template is wrong, and where: a theme is somebody's work in progress."""
    place = (
        f"{error.name or template}, line {error.lineno}"
        if isinstance(error, TemplateSyntaxError)
        else template
    )
    return OutputError(f"template {place}: {error.message}")


def _told_apart(edition: Edition) -> dict[str, list[SourceNote]]:
    """Return the sources in trouble, and the others."""
    return {
        "ailing": [source for source in edition.sources if source.is_ailing],
        "well": [source for source in edition.sources if not source.is_ailing],
    }


def _days(items: Iterable[Item]) -> list[tuple[date, list[Item]]]:
    return [(day, list(group)) for day, group in groupby(items, key=lambda item: item.date.date())]


def _weekday(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]}, {long_date(datetime(day.year, day.month, day.day))}"  # noqa: DTZ001


def _html(html: str) -> Markup:
    """Let HTML through: only what `sanitize` or `content` made."""
    return Markup(html)  # noqa: S704


@cache
def _environment_of(templates: tuple[tuple[str, str], ...]) -> Environment:
    """Return where templates are found: those of a theme, then ours, also as `default/NAME`."""
    ours = PackageLoader("aggregator.publish")
    kind = SandboxedEnvironment if templates else Environment  # its fence costs a third, and ours need none
    environment = kind(
        loader=ChoiceLoader([DictLoader(dict(templates)), ours, PrefixLoader({"default": ours})]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "weekday": _weekday,
        "long_date": long_date,
        "stamp": rfc3339,
        "slug": slug,
        "standing": standing_of,
        "became": became,
        "body": lambda item: _html(body_html(item)),
        "attribution": lambda item: _html(attribution_html(item)),
    }
    environment.tests["rtl"] = is_right_to_left
    environment.globals |= {"most_listed": MOST_LISTED, "longest_query": LONGEST_QUERY}
    return environment
