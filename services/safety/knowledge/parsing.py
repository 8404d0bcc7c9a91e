"""From documents to rows: each file has one shape, told by its name; what does not fit is a problem with a line."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson
from pydantic import ValidationError

from schemas.base import Contract
from services.safety.knowledge.documents import Document, Path
from services.safety.knowledge.models import (
    AlcoholEvidence,
    AlcoholRule,
    Approval,
    CnsLoad,
    Drug,
    DrugClass,
    Interaction,
    Policy,
    RowId,
)
from services.safety.knowledge.naming import CodeMap, Naming
from services.safety.knowledge.problems import Problem

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
        return Problem(self.document.file, self.document.line((*self.path, *path)), what, cure)


def shape(file: str) -> type[Contract] | None:
    """The shape of a file by its name within a knowledge directory."""
    folder, _, name = file.rpartition("/")
    if not folder:
        return FILES.get(name)
    return FOLDERS.get(folder)


def parse(document: Document) -> tuple[Placed[Contract] | None, tuple[Problem, ...]]:
    """The document as its shape, or what is wrong with it."""
    expected = shape(document.file)
    if expected is None:
        known = ", ".join([*FILES, *(f"{folder}/*.yaml" for folder in FOLDERS)])
        return None, (Problem(document.file, 1, "no file of this name is known here", f"use one of {known}"),)
    if document.problems:
        return None, document.problems
    try:
        value = expected.model_validate_json(orjson.dumps(document.data))
    except ValidationError as error:
        return None, tuple(_told(document, details) for details in error.errors(include_url=False))
    return Placed(value, document), ()


def _told(document: Document, details: object) -> Problem:
    assert isinstance(details, dict)
    path: Path = details["loc"]
    kind: str = details["type"]
    line = document.line(path)
    name = path[-1] if path else "file"
    if kind == "missing":
        return Problem(document.file, line, f"{_place(path)} is missing", _CURES.get(str(name), "add it"))
    if kind == "extra_forbidden":
        return Problem(document.file, line, f"unknown field {str(name)!r}", "correct its name or remove it")
    message: str = details["msg"].removeprefix("Value error, ")
    if kind == "value_error" and "; " in message:
        what, _, cure = message.partition("; ")
        return Problem(document.file, line, f"{_place(path)}: {what}", cure)
    return Problem(document.file, line, f"{_place(path)}: {message}", f"correct {details.get('input')!r}")


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
