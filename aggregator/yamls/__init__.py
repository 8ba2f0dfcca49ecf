"""Strict YAML: text to plain data, with the line of every value and all faults at once.

YAML 1.1, which PyYAML speaks, reads `no` as false, `1:30` as 90, `010` as 8 and keeps the last of a doubled
key. Here scalars are read by the core schema of YAML 1.2 (section 10.3), keys are taken as they are written,
and a doubled one is a fault. Only plain data can come out, and no document is deep or large enough to hurt.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from aggregator.errors import Fault

MOST_NODES = 500_000  # aliases are expanded: a bomb of them ends here
MOST_DEPTH = 64  # the composer recurses: a tower of brackets would end the process

Path = tuple[str | int, ...]
_PLAIN = "plain"  # a scalar without quotes and without a tag: read by `_SCALARS`
_Base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALARS: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"(?:~|null|Null|NULL)?"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})"), int),
    (re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?"), float),
)


class _Loader(_Base):  # type: ignore[misc, valid-type]
    """Resolves nothing by YAML 1.1, and remembers which scalars nobody tagged."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        if kind is yaml.ScalarNode and implicit[0]:
            return _PLAIN
        return str(super().resolve(kind, value, implicit))


@dataclass(slots=True)
class Loaded:
    """What a YAML text says; `lines` gives the line, from 1, of each value by its path."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """Return the line of the value at a path, or of the nearest thing that holds it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def spell(path: Path) -> str:
    """Spell a path as people do: `sources[2].every`."""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).removeprefix(".")


def load(text: str) -> Loaded:
    """Read one document. A syntax fault ends the reading; all others are collected."""
    loaded = Loaded()
    try:
        if line := _too_deep(text):
            loaded.faults.append(Fault(line, "", f"nests deeper than {MOST_DEPTH} levels"))
            return loaded
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(part for part in (error.context, error.problem) if part)
        loaded.faults.append(Fault(mark.line + 1 if mark else 1, "", f"not YAML: {problem}"))
        return loaded
    except yaml.YAMLError as error:
        loaded.faults.append(Fault(1, "", f"not YAML: {error}"))
        return loaded
    if node is not None:
        loaded.value = _Builder(loaded).build(node, ())
    return loaded


def _too_deep(text: str) -> int:
    """Return the line at which nesting gets too deep, or 0."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                return event.start_mark.line + 1 if event.start_mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return 0


class _Builder:
    def __init__(self, loaded: Loaded) -> None:
        self.loaded, self.nodes, self.open = loaded, 0, set[int]()

    def build(self, node: yaml.Node, path: Path) -> Any:
        self.nodes += 1
        self.loaded.lines.setdefault(path, node.start_mark.line + 1)
        if self.nodes > MOST_NODES or id(node) in self.open:
            if self.nodes == MOST_NODES + 1 or id(node) in self.open:
                self.fault(node, path, "aliases expand without end")
            return None
        if node.tag not in _PLAIN_TAGS:
            self.fault(node, path, f"the tag {node.tag} is not plain data")
            return None
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.build(child, (*path, i)) for i, child in enumerate(node.value)]
            return self.mapping(node, path)
        finally:
            self.open.discard(id(node))

    def mapping(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None:
                self.fault(key_node, path, "a key must be a word")
            elif key in result:
                first = self.loaded.lines[(*path, key)]
                self.fault(key_node, (*path, key), f"given twice; the first is on line {first}")
            else:
                self.loaded.lines[(*path, key)] = key_node.start_mark.line + 1
                result[key] = self.build(value_node, (*path, key))
        return result

    def fault(self, node: yaml.Node, path: Path, message: str) -> None:
        self.loaded.faults.append(Fault(node.start_mark.line + 1, spell(path), message))


def _scalar(node: yaml.ScalarNode) -> Any:
    if node.tag != "tag:yaml.org,2002:str":
        for pattern, read in _SCALARS:
            if pattern.fullmatch(node.value):
                return read(node.value)
    return node.value


_PLAIN_TAGS = frozenset(
    [_PLAIN, *(f"tag:yaml.org,2002:{name}" for name in "null bool int float str seq map".split())]
)
