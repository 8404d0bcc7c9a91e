"""Strict reading of one YAML text: a key given twice is an error, and every value knows its line.

Only what knowledge files need is understood: mappings, lists, texts, whole numbers, true and false. A number
with a point stays text, so that it reaches `Decimal` exactly; a date stays text; `no` and `on` are words.
"""

import re
from collections.abc import Hashable
from dataclasses import dataclass, field

import yaml

from services.safety.knowledge.problems import Problem

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The plain data of one file, where each part of it stands, and what is wrong with it already.

    `file` is relative to its knowledge directory and tells the shape; `shown` is how people find it.
    """

    file: str
    shown: str
    data: object
    lines: dict[Path, int]
    problems: tuple[Problem, ...] = ()

    def line(self, path: Path) -> int:
        """The line of the value at `path`, or of the nearest part around it that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


try:
    from yaml import CSafeLoader as _Parser
except ImportError:  # a PyYAML built without libyaml reads the same, ten times slower
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]


class _Loader(_Parser):
    """Resolves fewer kinds of plain values than YAML 1.1 does."""


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^(?:0|[1-9][0-9]*)$"), list("0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])

_DEEPEST = 12


def unreadable(file: str, shown: str, problem: Problem) -> Document:
    """A document of which nothing but a problem is known."""
    return Document(file, shown, None, {}, (problem,))


def read(file: str, shown: str, text: str) -> Document:
    """The document in `text`. What is wrong is in its `problems`; nothing is raised."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        what = f"this is not YAML: {error.problem or error.context}"
        cure = "check the indentation, and put quotes around texts that hold a colon or a brace"
        return unreadable(file, shown, Problem(shown, line, what, cure))
    except yaml.YAMLError as error:
        return unreadable(file, shown, Problem(shown, 1, f"this is not YAML: {error}", "mend the text"))
    if node is None:
        return unreadable(file, shown, Problem(shown, 1, "the file is empty", "fill it or remove it"))
    reader = _Reader(shown)
    data = reader.value(node, ())
    return Document(file, shown, data, reader.lines, tuple(reader.problems))


@dataclass(slots=True)
class _Reader:
    file: str
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    constructor: yaml.constructor.SafeConstructor = field(default_factory=yaml.constructor.SafeConstructor)

    def value(self, node: yaml.Node, path: Path) -> object:
        """The plain value of a node; remembers where it stands."""
        self.lines[path] = node.start_mark.line + 1
        if len(path) > _DEEPEST:
            what = "values are nested deeper than any knowledge file needs"
            self.problems.append(Problem(self.file, self.lines[path], what, "look for an alias of itself"))
            return None
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        value: Hashable = self.constructor.construct_object(node)
        return value

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        """A mapping with unique keys."""
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = str(key_node.value)
            if key in found:
                cure = f"keep one of them (the first stands in line {self.lines[(*path, key)]})"
                self.problems.append(Problem(self.file, line, f"the key {key!r} is given twice", cure))
                continue
            found[key] = self.value(value_node, (*path, key))
            self.lines[(*path, key)] = line
        return found
