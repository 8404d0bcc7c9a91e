"""What drug is meant: a give code, its other codes, its strength, and what a mixture is made of."""

from collections.abc import Sequence
from decimal import Decimal

from schemas.medications import Medication, StatedIngredient
from schemas.quantities import Quantity, UnknownUnit, dimension, ucum
from services.intake.fhir.elements import quantity
from services.intake.hl7v2.amounts import Element, element
from services.intake.hl7v2.codes import coded
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.message import Segment

_ADDITIVE, _BASE = "A", "B"


def medication(
    segment: Segment, code_at: int, more_codes_at: int | None,
    strength: tuple[Element | None, Quantity | None], components: Sequence[Segment] = (),
) -> Medication:  # fmt: skip
    """The drug of a give code. Raises `Misread` where none is named.

    A strength is that of a single drug; components of a mixture are named without one, because nothing says
    how much of them one dose holds. A base is a diluent wherever there is something to dilute.
    """
    others = segment.repetitions(more_codes_at) if more_codes_at is not None else ()
    codings, text = coded(segment.field(code_at), *others)
    if not codings and not text:
        raise Misread("missing-drug", "names no drug", segment, code_at)
    parts = _parts(components)
    amount = quantity(strength[0], "") if strength[0] is not None else None
    if len(parts) < 2 and amount is not None and strength[1] is not None and _known(amount):
        parts = (StatedIngredient(name=text, codings=codings, strength=amount, per=strength[1]),)
    return Medication(text=text, codings=codings, ingredients=parts)


def _parts(components: Sequence[Segment]) -> tuple[StatedIngredient, ...]:
    of_kind = {kind: [item for item in components if item.text(1).upper() == kind] for kind in "AB"}
    found = []
    for item in of_kind[_ADDITIVE] or of_kind[_BASE]:
        codings, text = coded(item.field(2))
        if codings or text:
            found.append(StatedIngredient(name=text, codings=codings))
    return tuple(found)


def strength_of(
    segment: Segment, value_at: int, volume_at: int, dose: Element | None
) -> tuple[Element | None, Quantity | None]:
    """The strength in `value_at` and its unit behind it, and what it is in: a stated volume, else the volume
    within the unit ("mg/mL"), else the piece that the dose counts. Raises `Misread`.
    """
    stated = element(segment, value_at, value_at + 1)
    if stated is None:
        return None, None
    volume = quantity(element(segment, volume_at, volume_at + 1), "")
    if volume is not None and volume.value > 0:
        return stated, volume
    amount = quantity(stated, "")
    head, slash, tail = (amount.unit if amount is not None else "").partition("/")
    if slash:
        per = Quantity(value=Decimal(1), unit=tail) if tail in ("mL", "ml", "ML") else None
        return (stated | {"code": head, "unit": head, "system": ""}) if per is not None else None, per
    counted = quantity(dose, "")
    if counted is None or not _known(counted) or dimension(counted.unit) != "count":
        return None, None
    return stated, Quantity(value=Decimal(1), unit=ucum(counted.unit))


def _known(amount: Quantity) -> bool:
    try:
        return bool(ucum(amount.unit))
    except UnknownUnit:
        return False
