"""The house stands: floors, doors, purity and the clock, read from the code itself.

Fails by name when a room imports upwards or sideways, a library is imported outside its door, a core room
touches the world, or anyone but `cli` and `daemon` reads the clock.
"""

import ast
from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path

import pytest

import aggregator

HOUSE = Path(aggregator.__file__).parent

# The staircase: a room may import rooms on strictly lower floors, and modules of its own wing.
FLOORS = {
    "errors": 0, "text": 0, "urls": 0, "addresses": 0, "sanitize": 0, "dates": 0, "ids": 0, "log": 0,
    "yamls": 0, "namespaces": 0, "patterns": 0, "packing": 0,
    "model": 1, "settings": 1,
    "parse": 2, "lists": 2, "normalize": 2, "policy": 2, "stories": 2, "publish": 2,
    "config": 2, "fetch": 2, "engine": 2, "store": 2, "output": 2, "instance": 2, "embed": 2,
    "notify": 2, "vitals": 2, "websub": 2, "reading": 2, "listen": 2, "behind": 2,
    "harvest": 3,
    "pipeline": 4, "serve": 4,
    "daemon": 5, "library": 5,
    "cli": 6,
    "__main__": 7,
}  # fmt: skip

# The ground floor is not quite flat: these few stand on others of it.
STEPS = {
    "sanitize": {"addresses", "text", "urls"},
    "log": {"text"},
    "patterns": {"text"},
    "yamls": {"errors"},
    "ids": {"urls"},
}

# Core rooms are functions from data to data.
CORE = {
    "errors", "text", "urls", "addresses", "sanitize", "dates", "ids", "yamls", "namespaces",
    "patterns", "packing", "model", "settings", "parse", "lists", "normalize", "policy", "stories", "publish",
    "vitals",
}  # fmt: skip
WORLDLY = {
    "asyncio", "glob", "http", "logging", "multiprocessing", "os", "pathlib", "queue", "random", "secrets",
    "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time",
}  # fmt: skip

HARMLESS = {"from sys import intern"}

FORBIDDEN_CALLS = {"open", "print", "input"}

# A library has one door.
DOORS = {
    "aiohttp": {"fetch", "serve"},
    "apscheduler": {"daemon"},
    "brotli": {"fetch.unpack", "packing"},  # in and out
    "click": {"cli"},
    "dask": {"engine.dask"},
    "distributed": {"engine.dask"},
    "feedgen": {"publish.extensions"},
    "feedparser": {"parse.lenient"},
    "jinja2": {"publish.html"},
    "lxml": {"publish.extensions"},
    "markdown_it": {"parse.article"},
    "markupsafe": {"publish.html"},
    "multidict": {"serve"},
    "nh3": {"sanitize"},
    "numpy": {"embed"},
    "onnxruntime": {"embed.encoder"},
    "pebble": {"engine.workshop"},
    "pydantic": {"config"},
    "readability": {"reading"},
    "re2": {"patterns"},
    "rich": {"cli"},
    "sqlite3": {"store"},
    "sqlite_utils": {"store"},
    "tokenizers": {"embed.encoder"},
    "yaml": {"yamls"},
    "yarl": {"urls", "ids", "fetch"},
}

CLIENTS = (
    "urllib.request",
    "http.client",
    "ftplib",
    "smtplib",
    "xmlrpc",
    "requests",
    "httpx",
    "urllib3",
    "pycurl",
)
DELAYING = {"cli", "daemon", "embed", "engine", "reading", "harvest"}
CLOCK_READERS = {"cli", "daemon", "library"}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")} | {
    ("time", name)
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "process_time")
}


Check = Callable[[str, ast.Module], list[str]]


@cache
def modules() -> dict[str, ast.Module]:
    return {
        ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
            path.read_text(), filename=str(path)
        )
        for path in sorted(HOUSE.rglob("*.py"))
    }


def room_of(module: str) -> str:
    return module.partition(".")[0]


def imports(tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Yield each imported module; of `from aggregator import room`, the room."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import has no address"
            yield from (
                (f"{node.module}.{alias.name}" if node.module == "aggregator" else str(node.module), node)
                for alias in node.names
            )


def house_imports(tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    for target, node in imports(tree):
        top, _, rest = target.partition(".")
        if top == "aggregator" and rest and room_of(rest) in FLOORS:
            yield rest, node


def wrong_steps(name: str, tree: ast.AST) -> list[str]:
    room = room_of(name)
    return [
        f"line {node.lineno}: {name} on floor {FLOORS[room]} imports {target}"
        for target, node in house_imports(tree)
        if room_of(target) != room
        and FLOORS[room_of(target)] >= FLOORS[room]
        and room_of(target) not in STEPS.get(room, set())
    ]


def wrong_doors(name: str, tree: ast.AST) -> list[str]:
    found = []
    for target, node in imports(tree):
        doors = DOORS.get(target.partition(".")[0])
        if doors is not None and not any(name == door or name.startswith(f"{door}.") for door in doors):
            found.append(
                f"line {node.lineno}: {name} imports {target}, whose door is {' or '.join(sorted(doors))}"
            )
    return found


def worldly_acts(name: str, tree: ast.AST) -> list[str]:
    found = [
        f"line {node.lineno}: {name} imports {target}"
        for target, node in imports(tree)
        if target.partition(".")[0] in WORLDLY and ast.unparse(node) not in HARMLESS
    ]
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("open", "print", "input")
        ):
            found.append(f"line {node.lineno}: {name} calls {node.func.id}()")
    return found


def clock_readings(name: str, tree: ast.AST) -> list[str]:
    return [
        f"line {node.lineno}: {name} reads the clock by {node.func.value.id}.{node.func.attr}()"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in CLOCKS
    ]


def hidden_imports(name: str, tree: ast.AST) -> list[str]:
    """Return imports inside functions, and those for types only.

    Commands may delay a heavy one, `embed`, `engine` and `reading` what is an extra, `harvest` what only its
    fetching half needs, `daemon` what subscribers need not wait for.
    """
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and room_of(name) not in DELAYING:
            found += [f"line {inner.lineno}: {name} imports {t} in a function" for t, inner in imports(node)]
        if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING":
            found.append(f"line {node.lineno}: {name} imports for types only")
    return found


def strange_clients(name: str, tree: ast.AST) -> list[str]:
    """Return what asks the network and is not the one client whose every connection the guard has seen."""
    found = [f"{name} imports {target}" for target, _ in imports(tree) if target.startswith(CLIENTS)]
    if room_of(name) != "fetch" and "ClientSession" in ast.dump(tree):
        found.append(f"{name} opens a session of its own")
    return found


def everywhere(check: Check, *, but: Collection[str] = ()) -> list[str]:
    """Return what a check finds in all modules but those of some rooms."""
    return [
        found for name, tree in modules().items() if room_of(name) not in but for found in check(name, tree)
    ]


def test_every_room_has_a_floor() -> None:
    assert {room_of(name) for name in modules() if name != "__init__"} == set(FLOORS)


def test_imports_go_down_the_staircase() -> None:
    assert not list(house_imports(modules()["__init__"]))
    assert not everywhere(wrong_steps, but={"__init__"})


def test_a_library_has_one_door() -> None:
    assert not everywhere(wrong_doors)


def test_there_is_one_client_and_it_is_vetted() -> None:
    assert not everywhere(strange_clients)


def test_core_rooms_do_not_touch_the_world() -> None:
    assert not everywhere(worldly_acts, but=set(FLOORS) - CORE | {"__init__"})


def test_only_the_shell_reads_the_clock() -> None:
    assert not everywhere(clock_readings, but=CLOCK_READERS)


def test_imports_stand_at_the_top() -> None:
    assert not everywhere(hidden_imports)


def test_wings_have_no_cycles() -> None:
    """Within a wing, and so in the whole house, no module imports itself by way of others."""
    graph = {
        name: {t for t, _ in house_imports(tree) if t in modules() and t != name}
        | {room_of(t) for t, _ in house_imports(tree) if room_of(t) != room_of(name)}
        for name, tree in modules().items()
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join((*path, name))
        if name not in done:
            for target in sorted(graph.get(name, ())):
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize(
    ("check", "name", "code"),
    [
        pytest.param(wrong_steps, "model", "from aggregator.store import open_store", id="upwards"),
        pytest.param(wrong_steps, "fetch.http", "from aggregator.parse import parse", id="sideways"),
        pytest.param(wrong_steps, "store", "from aggregator import pipeline", id="upwards by the package"),
        pytest.param(wrong_doors, "pipeline", "import sqlite_utils", id="another's door"),
        pytest.param(
            wrong_doors, "publish.atom", "from feedgen.feed import FeedGenerator", id="another's door"
        ),
        pytest.param(worldly_acts, "policy", "import time", id="core and the clock"),
        pytest.param(worldly_acts, "stories", "open('x')", id="core and the disk"),
        pytest.param(clock_readings, "pipeline", "datetime.now(UTC)", id="the clock elsewhere"),
        pytest.param(hidden_imports, "store", "def f():\n    import json", id="in a function"),
        pytest.param(strange_clients, "store", "import urllib.request", id="another client"),
        pytest.param(hidden_imports, "store", "if TYPE_CHECKING:\n    import json", id="for types"),
    ],
)
def test_the_guard_can_bark(check: object, name: str, code: str) -> None:
    assert check(name, ast.parse(code))  # type: ignore[operator]
