"""Whether a document has its shape: the contract that it is, or each thing that does not fit, by its line."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import orjson
from pydantic import ValidationError

from schemas.base import Contract
from services.safety.knowledge.documents import Document, Path
from services.safety.knowledge.problems import Problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Shape = TypeVar("Shape", bound=Contract)


def fitted(
    document: Document, shape: type[Shape], cures: Mapping[str, str]
) -> tuple[Shape | None, tuple[Problem, ...]]:
    """The document as `shape`, or what is wrong with it; `cures` by the name of the field."""
    if document.problems:
        return None, document.problems
    try:
        return shape.model_validate_json(orjson.dumps(document.data)), ()
    except ValidationError as error:
        found = error.errors(include_url=False)
        told = (_told(document, details, cures) for details in found if not _echo(details, found))
        return None, tuple(told)


def _echo(details: "ErrorDetails", found: "list[ErrorDetails]") -> bool:
    """Whether a list is called too short only because what stands in it is wrong, which is told already."""
    path = details["loc"]
    inside = (other["loc"] for other in found if len(other["loc"]) > len(path))
    return details["type"] == "too_short" and any(other[: len(path)] == path for other in inside)


def _told(document: Document, details: "ErrorDetails", cures: Mapping[str, str]) -> Problem:
    path = details["loc"]
    kind = details["type"]
    name = str(path[-1]) if path else "file"
    what = f"{_place(path)}: {details['msg'].removeprefix('Value error, ')}"
    cure = f"correct {details.get('input')!r}"
    if kind == "missing":
        what, cure = f"{_place(path)} is missing", cures.get(name, "add it")
    elif kind == "extra_forbidden":
        what, cure = f"unknown field {name!r}", "correct its name or remove it"
    elif kind == "string_type":
        what, cure = f"{_place(path)} is no text", "put it in quotes"
    elif kind == "value_error" and "; " in what:
        what, _, cure = what.partition("; ")
    elif name in cures:
        cure = cures[name]
    return Problem(document.shown, document.line(path), what, cure)


def _place(path: Path) -> str:
    return ".".join(str(part) for part in path) or "the file"
