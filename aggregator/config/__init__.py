"""feeds.yaml to `Settings`, or all that is wrong with it at once, with line numbers.

The shape of the file is the shape of the dataclasses in `settings`: a pydantic model is derived from each,
so that a knob is declared once. What a type cannot say (one of two keys, no two alike) is checked here.
"""

import codecs
import dataclasses
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from aggregator import yamls
from aggregator.config.beside import with_files
from aggregator.config.doubts import doubts_about
from aggregator.config.faults import faults_of
from aggregator.config.shape import PLACES, build, model_of, parse_span, short_form, spell_span
from aggregator.config.writing import replace_text
from aggregator.errors import ConfigError, Fault
from aggregator.ids import short_name
from aggregator.settings import Settings, Site, Source
from aggregator.text import one_line, slug

__all__ = [
    "MOST_BYTES",
    "doubts_about",
    "load_settings",
    "parse_settings",
    "parse_span",
    "read_text",
    "save_text",
    "source_id",
    "spell_span",
]

MOST_BYTES = 4_000_000


def load_settings(path: Path) -> Settings:
    """Read and check a configuration file.

    Raises: ConfigError with every fault found, when the file cannot be read or is wrong.
    """
    return parse_settings(read_text(path), path=path)


def read_text(path: Path) -> str:
    """Read a configuration file as text, its ends of lines as they are.

    Raises: ConfigError when it cannot be read, is too large or no text.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except FileNotFoundError as error:
        advice = "there is no such file; `aggregator init` makes one, `--config` names another"
        raise ConfigError(str(path), (Fault(0, "", advice),)) from error
    except OSError as error:
        raise ConfigError(str(path), (Fault(0, "", f"cannot be read: {error.strerror}"),)) from error
    except UnicodeDecodeError as error:
        mark = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0  # the error does not count it
        line = raw[: error.start + mark].count(b"\n") + 1
        raise ConfigError(str(path), (Fault(line, "", "is not UTF-8 text"),)) from error
    if len(raw) > MOST_BYTES:
        raise ConfigError(str(path), (Fault(0, "", f"is larger than {MOST_BYTES:,} bytes"),))
    return text


def save_text(path: Path, text: str, *, was: str) -> Settings:
    """Put another text in the place of a configuration, if it is sound as a whole; return what it says.

    Raises: ConfigError when it is wrong, EditError when the file is another by now or cannot be written.
    """
    settings = parse_settings(text, path=path)
    replace_text(path, text, was=was)
    return settings


def parse_settings(text: str, *, path: Path) -> Settings:
    """Check the text of a configuration file; `path` names it, and relative paths start in its folder."""
    loaded = yamls.load(text)
    faults, settings = list(loaded.faults), None
    value = {} if loaded.value is None else loaded.value
    if isinstance(value, dict):
        try:
            settings = build(Settings, model_of(Settings).model_validate(value))
        except ValidationError as error:
            faults.extend(faults_of(error, loaded))
        faults.extend(_alike(value.get("sources"), loaded))
        if settings:
            settings, missing = with_files(settings, path.resolve().parent, loaded)
            faults.extend(missing)
        faults.extend(_alike_outputs(value.get("outputs"), loaded))
        # What could not be read as data is not also of the wrong kind.
        told = {(fault.line, fault.key) for fault in loaded.faults}
        faults = [f for f in faults if f in loaded.faults or (f.line, f.key) not in told]
    else:
        faults.append(Fault(1, "", "expected keys such as `site:` and `sources:`"))
    if faults or settings is None:
        raise ConfigError(str(path), tuple(sorted(faults)))
    return _complete(settings, path)


def _complete(settings: Settings, path: Path) -> Settings:
    folder = path.resolve().parent
    site = dataclasses.replace(
        settings.site,
        url=f"{settings.site.url.rstrip('/')}/" if settings.site.url else settings.server.url,
        title=one_line(settings.site.title) or Site().title,
        subtitle=one_line(settings.site.subtitle),
        author=one_line(settings.site.author),
    )
    spelt: dict[str, str] = {}  # tags that differ only in case and the like are one, spelt as at first
    sources = tuple(
        dataclasses.replace(
            source,
            id=source.id or source_id(source),
            name=one_line(source.name),
            tags=tuple(dict.fromkeys(spelt.setdefault(slug(tag), tag) for tag in source.tags)),
        )
        for source in settings.sources
    )
    named = settings.storage.backup_folder
    backups = str(folder / Path(named).expanduser()) if named else ""
    return dataclasses.replace(
        settings,
        site=site,
        sources=sources,
        storage=dataclasses.replace(settings.storage, backup_folder=backups),
        data=str(folder / Path(settings.data).expanduser()),
        folder=str(folder),
    )


def source_id(source: Source) -> str:
    """Make the id of a source that has none."""
    return short_name(source.place, is_path=bool(source.path))


def _alike(sources: object, loaded: yamls.Loaded) -> Iterator[Fault]:
    """Name every source whose address or id an earlier one has; reads what was written, right or wrong."""
    seen: dict[str, int] = {}
    for number, given in enumerate(sources if isinstance(sources, list) else ()):
        source = short_form(given)
        if not isinstance(source, dict):
            continue
        place = {key: source[key] for key in PLACES if isinstance(source.get(key), str)}
        name = source.get("id") or (source_id(Source(**place)) if place else None)
        for key, value in (*place.items(), ("id", name)):
            if value and (first := seen.setdefault(f"{key} {value}", number)) != number:
                path = ("sources", number, *((key,) if key in source else ()))
                message = f"{key} {value!r} is already on line {loaded.line(('sources', first))}"
                yield Fault(loaded.line(path), yamls.spell(path), message)
                break


def _alike_outputs(outputs: object, loaded: yamls.Loaded) -> Iterator[Fault]:
    """Name every output whose name an earlier one has, or that has none, or whose keys do not go together."""
    seen: dict[str, int] = {}
    for number, output in enumerate(outputs if isinstance(outputs, list) else ()):
        path = ("outputs", number)
        name = output.get("name") if isinstance(output, dict) else None
        if isinstance(output, dict) and not name:
            yield Fault(loaded.line(path), yamls.spell(path), "expected a `name`")
        elif name == "all" and output.get("token"):
            yield Fault(loaded.line((*path, "token")), yamls.spell(path), "the combined one is not private")
        elif name and output.get("update") == "followup" and output.get("collapse") == "entries":
            message = "expected `silent`: with `collapse: entries` all coverage goes out as entries anyway"
            yield Fault(loaded.line((*path, "update")), yamls.spell((*path, "update")), message)
        elif isinstance(name, str) and (first := seen.setdefault(name, number)) != number:
            message = f"name {name!r} is already on line {loaded.line(('outputs', first))}"
            yield Fault(loaded.line(path), yamls.spell(path), message)
