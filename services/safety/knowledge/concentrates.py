"""Products so concentrated that a mistake is deadly, told apart from the drug that they are of.

"Insulin, regular, human 500 UNT/ML" is `insulin u-500`, whatever code or name says no more than "insulin".
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from schemas.quantities import Quantity, UnknownUnit, base
from services.safety.knowledge.code_maps import Contents
from services.safety.knowledge.lexicon import tidy
from services.safety.knowledge.models import Concentrate, Drug
from services.safety.knowledge.products import Contained

_Strength = tuple[Decimal, str, str]


class Concentrates:
    """The drugs of a base that are concentrates of others."""

    def __init__(self, drugs: Iterable[Drug]) -> None:
        self._all = tuple(
            (drug.drug, drug.concentrate, frozenset(_strength(each, drug.concentrate.per) for each in found))
            for drug in drugs
            if drug.concentrate is not None and (found := drug.concentrate.strengths)
        )

    def told_apart(self, readings: Sequence[Contents], names: Sequence[str]) -> list[Contents]:
        """The readings of one product, with the concentrate where any of them or any name tells of it.

        A concentrate has its strength by definition; one that is stated stays, for the readings to agree.
        """
        found = list(readings)
        for drug, row, strengths in self._all:
            if _marked(row, names) or any(
                one.ingredient == drug or (one.ingredient == row.of and _of(one) in strengths)
                for reading in found
                for one in reading
            ):
                found = [tuple(_renamed(one, drug, row) for one in reading) for reading in found]
        return found

    def marked(self, names: Sequence[str]) -> Contents:
        """What a mark in a name alone tells, where nothing else of it is known."""
        return tuple(Contained(drug) for drug, row, _ in self._all if _marked(row, names))


def _marked(row: Concentrate, names: Sequence[str]) -> bool:
    return any(mark in tidy(name) for name in names for mark in row.marks)


def _renamed(one: Contained, drug: str, row: Concentrate) -> Contained:
    if one.ingredient not in (row.of, drug):
        return one
    if one.strength is None or one.per is None:
        return Contained(drug, row.strengths[0], row.per)
    return Contained(drug, one.strength, one.per)


def _of(one: Contained) -> _Strength | None:
    if one.strength is None or one.per is None:
        return None
    try:
        return _strength(one.strength, one.per)
    except UnknownUnit:
        return None


def _strength(strength: Quantity, per: Quantity) -> _Strength | None:
    """How much is in one base unit of the volume. Raises `UnknownUnit`."""
    value, dimension = base(strength.value, strength.unit)
    volume, of = base(per.value, per.unit)
    return (value / volume, dimension, of) if volume else None
