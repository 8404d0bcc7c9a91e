"""How products are named, as data: salts and forms to see through, and codes of other systems."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Contract
from services.safety.knowledge.models import Name, Source
from services.safety.knowledge.notation import Amount
from services.safety.knowledge.products import FormRelease

Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9 -]*$")]


class DoseForm(Contract):
    """A form as structured names write it; `counted` is the unit in which it is counted, if it is.

    `release` where the form itself says how its drugs are let go. `percent_of`: so much of it holds as many
    grams as the per cent of a strength say.
    """

    name: Word
    counted: Amount | None = None
    percent_of: Amount | None = None
    release: FormRelease | None = None


class Naming(Contract):
    """Words that are no part of an ingredient's name.

    `salts` may follow an ingredient; `forms` end a structured name; `loose` are words (routes, release,
    packing) that hospital lists add to a name.
    """

    source: Source
    salts: tuple[Word, ...]
    forms: tuple[DoseForm, ...]
    loose: tuple[Word, ...]


class MappedContent(Contract):
    """One ingredient of a mapped product, with `strength` per one `per` where the list itself says so."""

    ingredient: Name
    strength: Amount | None = None
    per: Amount | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.strength is None) != (self.per is None):
            raise ValueError("strength and per belong together; give both or neither")
        return self


class MappedProduct(Contract):
    """Codes of one list (or their displays, `*` for any text, letter case ignored) and what they hold.

    `release` where the list itself says that the drugs are let go at once, or slowly.
    """

    codes: tuple[str, ...] = ()
    displays: tuple[str, ...] = ()
    contents: Annotated[tuple[MappedContent, ...], Field(min_length=1)]
    release: FormRelease | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not self.codes and not self.displays:
            raise ValueError("nothing leads to this product; give codes or displays")
        return self


class CodeMap(Contract):
    """What the codes of one system mean. A code with no entry stays unmapped and is shown as such."""

    system: Annotated[str, Field(min_length=1)]
    source: Source
    products: tuple[MappedProduct, ...]
