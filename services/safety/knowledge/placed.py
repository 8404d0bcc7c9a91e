"""A value out of a file, and where it stands there."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from schemas.base import Contract
from services.safety.knowledge.documents import Document, Path
from services.safety.knowledge.problems import Problem

Value = TypeVar("Value")
Model = TypeVar("Model", bound=Contract)


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
