"""What a named product holds, as far as the knowledge base can tell."""

from dataclasses import dataclass
from enum import StrEnum

from schemas.quantities import Quantity


class Basis(StrEnum):
    """How a product was recognised: names found in free text never enter a dose sum."""

    CODE = "code"
    STRUCTURED_NAME = "structured-name"
    TEXT = "text"


class FormRelease(StrEnum):
    """How a product lets its drugs go: at once, slowly over hours (extended), or over weeks (depot)."""

    IMMEDIATE = "immediate"
    EXTENDED = "extended"
    DEPOT = "depot"

    @staticmethod
    def counts(release: "FormRelease | None", asked: "AskedRelease | None") -> bool:
        """Whether a product counts where a release is asked for, or none: a depot is never meant then."""
        if asked is None:
            return release is not FormRelease.DEPOT
        if asked is AskedRelease.NOT_EXTENDED:
            return release not in (FormRelease.EXTENDED, FormRelease.DEPOT)
        return release is not None and release.value == asked.value


class AskedRelease(StrEnum):
    """The products that a row asks for; `not-extended`: all that are not known to be slow."""

    IMMEDIATE = "immediate"
    EXTENDED = "extended"
    DEPOT = "depot"
    NOT_EXTENDED = "not-extended"


@dataclass(frozen=True, slots=True)
class Contained:
    """One ingredient of a product; `strength` of it in one `per` (for example 10 mg in 1 {tablet})."""

    ingredient: str
    strength: Quantity | None = None
    per: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """The ingredients of a product; none means the product is unmapped. `release` is None where not known."""

    label: str
    contents: tuple[Contained, ...]
    basis: Basis
    exact_code: bool = True
    release: FormRelease | None = None

    @property
    def mapped(self) -> bool:
        """Whether any ingredient is known."""
        return bool(self.contents)

    @property
    def ingredients(self) -> tuple[str, ...]:
        """The ingredient names, in the product's own order."""
        return tuple(content.ingredient for content in self.contents)
