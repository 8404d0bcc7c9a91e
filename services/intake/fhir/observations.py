"""Observation: what was measured or reported; each component is an observation of its own."""

from decimal import Decimal
from typing import Any

from schemas.clinical import FactStatus, Observation
from schemas.quantities import Quantity
from services.intake.fhir.codes import codings, inner, listed, several, short, wording
from services.intake.fhir.elements import decimal, quantity, unit_of
from services.intake.fhir.header import Context, first_moment, stamps
from services.intake.fhir.references import patient_of
from services.intake.reading import Unreadable

_VOID = frozenset({"entered-in-error", "cancelled"})
_STATED = frozenset({"registered", "preliminary", "final", "amended", "corrected"})
_RESULTS = frozenset({"POS", "NEG", "DET", "ND", "IND", "E", "RR", "WR", "NR"})
"""Codes of v3-ObservationInterpretation that are results by themselves: positive, not detected, reactive."""
_PAIRS = (("valueRange", "low", "high", " to "), ("valueRatio", "numerator", "denominator", " : "))
_MOST_COMPONENTS = 500
_WITHOUT_UNIT = "1"
"""Scores and ratios have no unit; such a value converts to nothing else."""


def observations(resource: dict[str, Any], context: Context) -> tuple[Observation, ...]:
    """The components of an observation and then itself, which takes back those that it has no longer. Raises
    `Unreadable`.

    One without a value that says why it has none is taken back: nothing was measured.
    """
    status = str(resource.get("status"))
    if status not in _VOID | _STATED:
        raise Unreadable(
            "unknown-status", "the status of the observation says not whether it holds", "status"
        )
    patient = patient_of(resource, context.known)
    happened = first_moment(
        resource, context.door, "effectiveDateTime", "effectiveInstant", "effectivePeriod.start", "issued"
    )
    charted = first_moment(resource, context.door, "issued")
    fields = stamps(resource, context, patient, happened, charted, voided=status in _VOID)
    if status in _STATED and not codings(resource.get("code")) and not wording(resource.get("code")):
        raise Unreadable("missing-code", "nothing says what was measured", "code")
    whole = _observation(fields, resource)
    found: list[Observation] = []
    components = several(resource, "component")
    if len(components) > _MOST_COMPONENTS:
        raise Unreadable(
            "too-large", f"an observation may have at most {_MOST_COMPONENTS} components", "component"
        )
    for number, component in enumerate(components, 1):
        part = {
            **fields,
            "entity": f"{fields['entity']}#{number}",
            "event_id": f"{fields['event_id']}#{number}",
            "component_of": fields["entity"],
        }
        try:
            found.append(_observation(part, component))
        except Unreadable as error:
            raise error.within(f"component[{number - 1}]") from error
    return (*found, whole)


def _observation(fields: dict[str, Any], element: dict[str, Any]) -> Observation:
    value, text = _value(element)
    absent = isinstance(element.get("dataAbsentReason"), dict)
    nothing = value is None and not text
    if absent and not nothing and fields["status"] is FactStatus.STATED:
        raise Unreadable(
            "contradiction", "it has a value and says that there is none (obs-6)", "dataAbsentReason"
        )
    if nothing and absent:
        fields = fields | {"status": FactStatus.ENTERED_IN_ERROR}
    elif nothing:
        text = _interpreted(element)
    return Observation(**fields, codings=codings(element.get("code")), value=value, text=text)


def _interpreted(element: dict[str, Any]) -> str:
    """A result told by its interpretation alone ("Positive"); "high" or "abnormal" is none."""
    for item in listed(element, "interpretation"):
        result = next((coding.code for coding in codings(item) if coding.code in _RESULTS), "")
        if result:
            return wording(item) or result
    return ""


def _value(element: dict[str, Any]) -> tuple[Quantity | None, str]:
    """A number only where it is one: a value with a comparator ("< 10") or below zero stays text."""
    stated = element.get("valueQuantity")
    if isinstance(stated, dict):
        number = decimal(stated.get("value"), "valueQuantity")
        comparator = short(stated.get("comparator"))
        if number is not None and (comparator or number < 0):
            return None, short(f"{comparator}{number} {unit_of(stated)}")
        return quantity(stated, "valueQuantity", without_unit=_WITHOUT_UNIT), ""
    whole = element.get("valueInteger")
    if isinstance(whole, int) and not isinstance(whole, bool):
        below = whole < 0
        return (None, str(whole)) if below else (Quantity(value=Decimal(whole), unit=_WITHOUT_UNIT), "")
    if isinstance(element.get("valueBoolean"), bool):
        return None, str(element["valueBoolean"]).lower()
    for name in ("valueString", "valueDateTime", "valueTime"):
        if text := short(element.get(name)):
            return None, text
    return None, wording(element.get("valueCodeableConcept")) or _span(element)


def _span(element: dict[str, Any]) -> str:
    """A range or a ratio, as people write it: nobody may calculate with one of its ends."""
    for name, first, second, between in _PAIRS:
        pair = inner(element, name)
        ends = [
            quantity(inner(pair, end), f"{name}.{end}", without_unit=_WITHOUT_UNIT) for end in (first, second)
        ]
        if any(ends):
            return between.join("" if end is None else str(end).removesuffix(" 1") for end in ends)
    return ""
