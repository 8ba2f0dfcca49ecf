"""What a configuration names, seen to with it: logins and templates are read, the rest is looked for."""

import base64
import dataclasses
import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from aggregator import yamls
from aggregator.errors import ExtraError, Fault
from aggregator.settings import Cluster, Settings

MOST_LOGIN = 4096  # bytes

_LOGIN_FORM = re.compile(r"(?:Basic|Bearer|Token) [\x21-\x7e]+")

T = TypeVar("T")


def with_files(settings: Settings, folder: Path, loaded: yamls.Loaded) -> tuple[Settings, tuple[Fault, ...]]:
    """Read what a configuration names; what a login says is in no message."""
    sources = []
    faults: list[Fault] = []
    for number, source in enumerate(settings.sources):
        login, fault = _tried(_login, source.login_file, folder, ("sources", number, "login_file"), loaded)
        sources.append(dataclasses.replace(source, authorization=login or ""))
        faults += fault
    templates, fault = _tried(_theme, settings.site.theme, folder, ("site", "theme"), loaded)
    faults += fault
    faults += _without_extra(settings, loaded)
    model, fault = _tried(_model, settings.stories.model, folder, ("stories", "model"), loaded)
    faults += fault
    cluster, fault = _cluster(settings, folder, loaded)
    faults += fault
    read = dataclasses.replace(
        settings,
        cluster=cluster,
        site=dataclasses.replace(settings.site, templates=templates or ()),
        sources=tuple(sources),
        stories=dataclasses.replace(settings.stories, model=model or ""),
    )
    return read, tuple(faults)


def _without_extra(settings: Settings, loaded: yamls.Loaded) -> Iterator[Fault]:
    """Yield the sources that want what an extra does that is not installed."""
    if settings.engine == "dask" and not find_spec("distributed"):
        yield Fault(loaded.line(("engine",)), "engine", str(ExtraError("cluster")))
    if find_spec("readability"):
        return
    for number, source in enumerate(settings.sources):
        if source.fetch_pages:
            path = ("sources", number, "fetch_pages")
            yield Fault(loaded.line(path), yamls.spell(path), str(ExtraError("fulltext")))


def _tried(
    read: Callable[[Path], T], name: str, folder: Path, path: tuple[str | int, ...], loaded: yamls.Loaded
) -> tuple[T | None, tuple[Fault, ...]]:
    """Read a file that a key names; a failure is a fault of that line."""
    try:
        return (read(folder / Path(name).expanduser()) if name else None), ()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return None, (Fault(loaded.line(path), yamls.spell(path), f"{name!r}: {reason}"),)


def _login(path: Path) -> str:
    """Return the Authorization header that a file means: RFC 7617 for a name and password.

    Raises: OSError when it cannot be read; ValueError when others could, or it holds something else.
    """
    _refuse_open(path)
    text = path.read_bytes()[:MOST_LOGIN].decode("utf-8", "replace").strip()
    if _LOGIN_FORM.fullmatch(text):
        return text
    if ":" not in text or not text.isprintable():
        raise ValueError("expected one line, `user:password` or `Bearer` and a token")
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def _cluster(settings: Settings, folder: Path, loaded: yamls.Loaded) -> tuple[Cluster, tuple[Fault, ...]]:
    """Find the files with which this machine shows the others who it is."""
    cluster = settings.cluster
    if settings.engine != "dask" or not cluster.scheduler.startswith("tls:"):
        return cluster, ()
    faults: list[Fault] = []
    found = {}
    for name, look in (("ca", _file), ("certificate", _file), ("key", _secret)):
        path = ("cluster", name)
        named = getattr(cluster, name)
        if not named:
            faults.append(Fault(loaded.line(path), yamls.spell(path), "`tls://` needs the name of this file"))
        place, fault = _tried(look, named, folder, path, loaded)
        faults += fault
        found[name] = place or ""
    return dataclasses.replace(cluster, **found), tuple(faults)


def _file(path: Path) -> str:
    """Return the place of a file. Raises: OSError when it cannot be read."""
    with path.open("rb"):
        return str(path.resolve())


def _secret(path: Path) -> str:
    """Return the place of a file. Raises: OSError when it cannot be read; ValueError when others can."""
    _refuse_open(path)
    return _file(path)


def _refuse_open(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise ValueError("expected a file that only you can read; `chmod 600` makes it one")


def _theme(folder: Path) -> tuple[tuple[str, str], ...]:
    """Return the templates of a theme: name and text.

    Raises: OSError when one cannot be read; ValueError when there is none, or one is not UTF-8.
    """
    found = sorted(
        file for file in folder.glob("*") if file.suffix in (".html", ".css", ".svg") and file.is_file()
    )
    if not found:
        raise ValueError("holds no templates (.html), no style (.css) and no icon (.svg)")
    return tuple((file.name, file.read_text(encoding="utf-8")) for file in found)


def _model(folder: Path) -> str:
    """Return the place of an embedding model.

    Raises: ValueError when its files are not there.
    """
    if not (folder / "tokenizer.json").is_file() or not any(folder.glob("**/model.onnx")):
        raise ValueError("expected a folder with `tokenizer.json` and `model.onnx`")
    return str(folder.resolve())
