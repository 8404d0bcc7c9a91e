"""MedicationStatement: what the patient takes on its own account, as an order of the community."""

from typing import Any

from schemas.clinical import Intent, Order, OrderState
from services.intake.fhir.dosage import dosages
from services.intake.fhir.header import Context, first_moment, stamps, stored_at
from services.intake.fhir.medications import medication_of
from services.intake.fhir.references import patient_of
from services.intake.reading import Unreadable

_STATES = {
    "active": OrderState.ACTIVE,
    "intended": OrderState.ACTIVE,
    "on-hold": OrderState.ON_HOLD,
    "completed": OrderState.COMPLETED,
    "stopped": OrderState.STOPPED,
    "not-taken": OrderState.STOPPED,
    "entered-in-error": OrderState.STOPPED,
}
_ENDED = frozenset({"completed", "stopped"})


def home_medication(resource: dict[str, Any], context: Context) -> Order:
    """A MedicationStatement as a community order, so that it counts as exposure and no dose of it is due.

    One completed or stopped ended with its period, else when that was asserted; one not taken was never
    active. An undated one is a standing fact. Raises `Unreadable`.
    """
    status = str(resource.get("status"))
    if status not in _STATES:
        raise Unreadable("unknown-status", "the status says not whether the drug is taken", "status")
    patient = patient_of(resource, context.known)
    start = first_moment(resource, context.door, "effectiveDateTime", "effectivePeriod.start")
    end = first_moment(resource, context.door, "effectivePeriod.end")
    asserted = first_moment(resource, context.door, "dateAsserted")
    voided = status == "entered-in-error"
    fields = stamps(resource, context, patient, start or end, asserted, voided=voided, standing=True)
    if context.door.clock is None and asserted is not None:
        fields["received_at"] = stored_at(resource, context.door) or asserted.at
    begun = fields["effective_at"]
    ends_at = None if end is None or voided else end.end
    if ends_at is not None and ends_at < begun:
        raise Unreadable("end-before-start", "the drug was taken to an instant before its start", "effective")
    stopped_at = begun if status == "not-taken" else None
    if status in _ENDED and ends_at is None:
        stopped_at = max(begun, fields["recorded_at"])
    return Order(
        **fields,
        medication=medication_of(resource, context.known),
        state=_STATES[status],
        intent=Intent.ORDER,
        dosages=() if voided else dosages(resource, context, start.at if start else None, "dosage"),
        ends_at=ends_at,
        stopped_at=stopped_at,
        community=True,
    )
