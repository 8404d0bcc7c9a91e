"""MedicationAdministration: what was given."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.clinical import Administration, Outcome
from schemas.dosage import Rate
from schemas.quantities import Quantity, UnconvertibleUnit, UnknownUnit
from services.intake.fhir import dosage_text
from services.intake.fhir.amounts import rate_of
from services.intake.fhir.codes import short
from services.intake.fhir.dosage import route_of
from services.intake.fhir.elements import quantity
from services.intake.fhir.header import Context, first_moment, stamps, stored_at
from services.intake.fhir.medications import medication_of
from services.intake.fhir.references import entity_of, patient_of
from services.intake.reading import Unreadable

_OUTCOMES = {
    "completed": Outcome.GIVEN,
    "stopped": Outcome.GIVEN,
    "in-progress": Outcome.IN_PROGRESS,
    "on-hold": Outcome.PAUSED,
    "not-done": Outcome.NOT_DONE,
    "entered-in-error": Outcome.NOT_DONE,
}
_FARTHEST_OFF = Decimal("0.2")
"""How far rate times duration may lie from the dose, as a part of it, before neither is believed."""


def administration(resource: dict[str, Any], context: Context) -> Administration:
    """A MedicationAdministration. Raises `Unreadable`; a time without hour is too coarse for a dose."""
    status = str(resource.get("status"))
    if status not in _OUTCOMES:
        raise Unreadable(
            "unknown-status", "the status of the administration says not whether it was given", "status"
        )
    patient = patient_of(resource, context.known)
    start = first_moment(resource, context.door, "effectiveDateTime", "effectivePeriod.start")
    end = first_moment(resource, context.door, "effectivePeriod.end")
    voided = status == "entered-in-error"
    if start is not None and start.precision != "time" and not voided:
        raise Unreadable("imprecise-time", "the time of the dose names no hour", "effective")
    if start is None and not voided:
        raise Unreadable("missing-time", "nothing says when the dose was given", "effective")
    charted = first_moment(resource, context.door, "recorded")
    fields = stamps(resource, context, patient, start, charted, voided=voided)
    if end is not None and end.precision != "time" and not voided:
        raise Unreadable(
            "imprecise-time", "the end of the administration names no hour", "effectivePeriod.end"
        )
    ended_at = None if end is None or voided else end.at
    if ended_at is not None and ended_at < fields["effective_at"]:
        raise Unreadable("end-before-start", "the administration ends before it starts", "effective")
    if ended_at is None and status == "stopped":
        stopped = stored_at(resource, context.door)
        ended_at = (
            max(stopped, fields["effective_at"]) if stopped and rate_of(_dosage(resource), "dosage") else None
        )
    dose, rate = (None, None) if voided else amounts(_dosage(resource), fields["effective_at"], ended_at)
    return Administration(
        **fields,
        medication=medication_of(resource, context.known),
        outcome=_OUTCOMES[status],
        order=entity_of(resource.get("request"), "MedicationRequest", context.known),
        route=route_of(_dosage(resource).get("route")),
        dose=dose,
        rate=rate,
        ended_at=ended_at,
        dose_text=short(_dosage(resource).get("text")),
    )


def _dosage(resource: dict[str, Any]) -> dict[str, Any]:
    dosage = resource.get("dosage")
    if dosage is not None and not isinstance(dosage, dict):
        raise Unreadable("wrong-schema", "the dosage is no object", "dosage")
    return dosage or {}


def amounts(
    dosage: dict[str, Any], start: datetime, end: datetime | None
) -> tuple[Quantity | None, Rate | None]:
    """The dose and the rate; neither where they contradict each other, the period or the words.

    What was wasted is no part of the amount administered, and contradicts none.
    """
    dose, rate = quantity(dosage.get("dose"), "dosage.dose"), rate_of(dosage, "dosage")
    text = dosage_text.without_waste(short(dosage.get("text")))
    lasts = end - start if end is not None else None
    worded = dosage_text.infusion_seconds(text)
    if dosage_text.amount_contradicts(text, (dose,) if dose is not None else ()):
        return None, None
    if rate is not None and dosage_text.amount_contradicts(text, _spoken(rate)):
        return None, None
    if lasts and worded is not None and abs(Decimal(lasts.total_seconds()) - worded) > worded * _FARTHEST_OFF:
        return None, None
    if dose is not None and rate is not None and lasts and _far_off(dose, rate, lasts):
        return None, None
    return dose, rate


def _spoken(rate: Rate) -> tuple[Quantity, ...]:
    """The rate in the ways words may give it, per minute or per hour, whichever it was structured in."""
    for span, name in ((60, "min"), (3_600, "h")):
        if rate.per_seconds == span:
            return (Quantity(value=rate.amount.value, unit=f"{rate.amount.unit}/{name}"),)
    return ()


def _far_off(dose: Quantity, rate: Rate, lasts: timedelta) -> bool:
    try:
        amount = rate.amount.to(dose.unit)
    except (UnknownUnit, UnconvertibleUnit):
        return False
    delivered = amount * Decimal(lasts.total_seconds()) / rate.per_seconds
    return abs(delivered - dose.value) > dose.value * _FARTHEST_OFF
