"""From documents to rows: each file has one shape, told by its name; what does not fit has a line."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import orjson
from pydantic import ValidationError

from schemas.base import Contract
from services.safety.knowledge.childbearing import Childbearing
from services.safety.knowledge.documents import Document, Path
from services.safety.knowledge.interacting import Interaction
from services.safety.knowledge.kidneys import Kidneys
from services.safety.knowledge.kinds import FILES as RULES
from services.safety.knowledge.measurements import MeasurementsFile
from services.safety.knowledge.models import (
    AlcoholEvidence,
    AlcoholRule,
    Approval,
    CnsLoad,
    Drug,
    DrugClass,
    Policy,
    RowId,
)
from services.safety.knowledge.naming import CodeMap, Naming
from services.safety.knowledge.problems import Problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Value = TypeVar("Value")
Model = TypeVar("Model", bound=Contract)


class ClassesFile(Contract):
    """classes.yaml."""

    classes: tuple[DrugClass, ...]


class AlcoholFile(Contract):
    """alcohol.yaml: the rules, and which codes are evidence."""

    rules: tuple[AlcoholRule, ...] = ()
    evidence: AlcoholEvidence | None = None


class RowApproval(Approval):
    """A site's approval of one row by its id."""

    row: RowId


class ApprovalsFile(Contract):
    """approvals.yaml, of a site only."""

    approvals: tuple[RowApproval, ...]


class SequenceFile(Contract):
    """sequence.yaml: raised by one with each change of the content that is put in use."""

    sequence: int


FILES: dict[str, type[Contract]] = {
    "classes.yaml": ClassesFile,
    "alcohol.yaml": AlcoholFile,
    "cns.yaml": CnsLoad,
    "measurements.yaml": MeasurementsFile,
    "kidneys.yaml": Kidneys,
    "pregnancy.yaml": Childbearing,
    "policy.yaml": Policy,
    "naming.yaml": Naming,
    "approvals.yaml": ApprovalsFile,
    "sequence.yaml": SequenceFile,
}
FOLDERS: dict[str, type[Contract]] = {"drugs": Drug, "interactions": Interaction, "codes": CodeMap}


@dataclass(frozen=True, slots=True)
class Placed(Generic[Value]):
    """A value and where it stands, so that what is wrong with it can be shown there."""

    value: Value
    document: Document
    path: Path = ()

    def part(self, value: Model, *path: str | int) -> "Placed[Model]":
        """A part of this value at its own place."""
        return Placed(value, self.document, (*self.path, *path))

    def problem(self, what: str, cure: str, *path: str | int) -> Problem:
        """A problem at this place, or at the part of it at `path`."""
        return Problem(self.document.shown, self.document.line((*self.path, *path)), what, cure)


def shape(file: str) -> type[Contract] | None:
    """The shape of a file by its name within a knowledge directory."""
    folder, _, name = file.rpartition("/")
    if not folder:
        return FILES.get(name)
    top, _, kind = folder.partition("/")
    if top == "rules":
        return RULES.get(kind or name.rpartition(".")[0])
    return FOLDERS.get(folder)


def parse(document: Document) -> tuple[Placed[Contract] | None, tuple[Problem, ...]]:
    """The document as its shape, or what is wrong with it."""
    expected = shape(document.file)
    if expected is None:
        known = ", ".join(
            [*FILES, *(f"{folder}/*.yaml" for folder in FOLDERS), *(f"rules/{kind}.yaml" for kind in RULES)]
        )
        return None, (
            Problem(document.shown, 1, "no file of this name is known here", f"use one of {known}"),
        )
    if document.problems:
        return None, document.problems
    try:
        value = expected.model_validate_json(orjson.dumps(document.data))
    except ValidationError as error:
        found = error.errors(include_url=False)
        return None, tuple(_told(document, details) for details in found if not _echo(details, found))
    return Placed(value, document), ()


def _echo(details: "ErrorDetails", found: "list[ErrorDetails]") -> bool:
    """Whether a list is called too short only because what stands in it is wrong, which is told already."""
    path = details["loc"]
    inside = (other["loc"] for other in found if len(other["loc"]) > len(path))
    return details["type"] == "too_short" and any(other[: len(path)] == path for other in inside)


def _told(document: Document, details: "ErrorDetails") -> Problem:
    path = details["loc"]
    kind = details["type"]
    name = str(path[-1]) if path else "file"
    what = f"{_place(path)}: {details['msg'].removeprefix('Value error, ')}"
    cure = f"correct {details.get('input')!r}"
    if kind == "missing":
        what, cure = f"{_place(path)} is missing", _CURES.get(name, "add it")
    elif kind == "extra_forbidden":
        what, cure = f"unknown field {name!r}", "correct its name or remove it"
    elif kind == "string_type":
        what, cure = f"{_place(path)} is no text", "put it in quotes"
    elif kind == "value_error" and "; " in what:
        what, _, cure = what.partition("; ")
    elif name in _CURES:
        cure = _CURES[name]
    return Problem(document.shown, document.line(path), what, cure)


def _place(path: Path) -> str:
    return ".".join(str(part) for part in path) or "the file"


_CURES = {
    "source": "say where the fact was read: title and section; a row without a source does not load",
    "section": "name the section or paragraph of the source, so that others find it",
    "routes": "list the routes the row speaks of, for example [oral, enteral]",
    "action": "say what staff should do, in a sentence",
    "status": "write draft, source-checked or site-approved",
    "certainty": "write read, known or unsure",
}
