"""NutritionOrder: whether a patient is to get nothing by mouth. Nothing else of a diet is judged."""

from typing import Any

from schemas.clinical import Condition
from schemas.nothing_by_mouth import NOTHING_BY_MOUTH
from services.intake.diets import nothing_by_mouth
from services.intake.fhir.codes import codings, inner, listed, short, wording
from services.intake.fhir.elements import Moment, ending, moment
from services.intake.fhir.header import Context, first_moment, stamps
from services.intake.fhir.references import patient_of
from services.intake.reading import Unreadable

_IN_FORCE = "active"
_STATES = frozenset({"draft", _IN_FORCE, "on-hold", "revoked", "completed", "entered-in-error"})
_NO_ORDERS = frozenset({"proposal", "plan", "option"})


def diet(resource: dict[str, Any], context: Context) -> Condition:
    """A NutritionOrder as the statement that its patient gets nothing by mouth, or does not by this order.

    It begins and ends with the schedule of its oral diet, else when it was ordered and not by itself. Raises
    `Unreadable`.
    """
    status = str(resource.get("status"))
    if status not in _STATES:
        raise Unreadable(
            "unknown-status", "the status of the order says not whether it is in force", "status"
        )
    patient = patient_of(resource, context.known)
    ordered = first_moment(resource, context.door, "dateTime")
    oral = inner(resource, "oralDiet")
    starts, ends = _bounds(oral, context)
    begins = min(starts, key=lambda each: each.at) if starts else ordered
    fields = stamps(resource, context, patient, begins, ordered, voided=status == "entered-in-error")
    over = max((each.end for each in ends), default=None)
    if over is not None and over < fields["effective_at"]:
        raise Unreadable("end-before-start", "the diet ends before it starts", "oralDiet.schedule")
    types = [(codings(item), wording(item)) for item in listed(oral, "type")]
    words = [short(oral.get("instruction")), *(short(note.get("text")) for note in listed(resource, "note"))]
    in_force = status == _IN_FORCE and str(resource.get("intent")) not in _NO_ORDERS
    return Condition(
        **fields,
        codings=(NOTHING_BY_MOUTH,),
        text=next((text for _, text in types if text), ""),
        active=in_force and nothing_by_mouth(types, words),
        abated_at=over,
    )


def _bounds(oral: dict[str, Any], context: Context) -> tuple[list[Moment], list[Moment]]:
    """When its schedules begin and end; no end where one of them has none."""
    periods = [inner(inner(item, "repeat"), "boundsPeriod") for item in listed(oral, "schedule")]
    name = "oralDiet.schedule.repeat.boundsPeriod"
    starts = [moment(each.get("start"), context.door, name) for each in periods]
    ends = [ending(each.get("end"), context.door, name) for each in periods]
    return [each for each in starts if each is not None], (
        [each for each in ends if each is not None] if None not in ends else []
    )
