"""MedicationRequest: what was prescribed."""

from datetime import datetime
from typing import Any, cast

from schemas.clinical import Intent, Order, OrderState
from services.intake.fhir.codes import codings, flag, listed
from services.intake.fhir.dosage import dosages
from services.intake.fhir.elements import Moment
from services.intake.fhir.header import Context, first_moment, stamps, stored_at
from services.intake.fhir.medications import medication_of
from services.intake.fhir.references import entity_of, patient_of
from services.intake.reading import Unreadable

_STATES = {
    "draft": OrderState.DRAFT,
    "active": OrderState.ACTIVE,
    "on-hold": OrderState.ON_HOLD,
    "completed": OrderState.COMPLETED,
    "stopped": OrderState.STOPPED,
    "cancelled": OrderState.STOPPED,
    "entered-in-error": OrderState.STOPPED,
}
_CHANGED = "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationRequest.statusChanged"
_AT_HOME = frozenset({"community", "outpatient", "discharge"})


def order(resource: dict[str, Any], context: Context) -> Order:
    """A MedicationRequest as an order. Raises `Unreadable`.

    It starts when the earliest of its dosages does if all are dated, else when it was authored. It stops
    when its status changed, else when this version was stored; one cancelled was never active.
    """
    status = str(resource.get("status"))
    if status not in _STATES:
        raise Unreadable(
            "unknown-status", "the status of the request says not whether it is in force", "status"
        )
    patient = patient_of(resource, context.known)
    authored = first_moment(resource, context.door, "authoredOn")
    voided = status == "entered-in-error"
    found = () if voided else dosages(resource, context, authored.at if authored else None)
    starts = [item.starts_at for item in found if item.starts_at is not None]
    ends = [item.ends_at for item in found if item.ends_at is not None]
    happened = authored
    if starts and len(starts) == len(found):
        happened = Moment(min(starts), "time", bool(authored and authored.assumed_tz))
    fields = stamps(resource, context, patient, happened, authored, voided=voided)
    if context.door.clock is None:
        fields["received_at"] = stored_at(resource, context.door) or (authored or happened or _none()).at
    ends_at = max(ends) if ends and len(ends) == len(found) else None
    if ends_at is not None and ends_at < fields["effective_at"]:
        raise Unreadable("end-before-start", "the request ends before it starts", "dosageInstruction")
    return Order(
        **fields,
        medication=medication_of(resource, context.known),
        state=_STATES[status],
        intent=_intent(resource),
        do_not_perform=flag(resource, "doNotPerform") is True,
        dosages=found,
        ends_at=ends_at,
        stopped_at=_stopped_at(resource, status, context, fields),
        replaces=entity_of(resource.get("priorPrescription"), "MedicationRequest", context.known),
        based_on=tuple(
            name
            for item in listed(resource, "basedOn")
            if (name := entity_of(item, "MedicationRequest", context.known)) is not None
        ),
        community=_at_home(resource),
    )


def _none() -> Moment:
    raise Unreadable("missing-time", "nothing says when it was ordered", "authoredOn")


def _intent(resource: dict[str, Any]) -> Intent:
    try:
        return Intent(str(resource.get("intent")))
    except ValueError as error:
        raise Unreadable(
            "unknown-intent", "the intent of the request is none of FHIR R4's", "intent"
        ) from error


def _stopped_at(
    resource: dict[str, Any], status: str, context: Context, fields: dict[str, Any]
) -> datetime | None:
    """When it stopped; no later than that was stored, or told: who says that it has stopped means it."""
    if status == "cancelled":
        return cast(datetime, fields["effective_at"])
    if status not in ("stopped", "completed"):
        return None
    changed = {
        "statusChanged": resource.get("statusChanged")
        or next(
            (
                item.get("valueDateTime")
                for item in listed(resource, "extension")
                if item.get("url") == _CHANGED
            ),
            None,
        )
    }
    found, stored = first_moment(changed, context.door, "statusChanged"), stored_at(resource, context.door)
    if found is None:
        return stored
    told: datetime = stored or (fields["received_at"] if context.door.is_told_now else found.at)
    begun: datetime = fields["effective_at"]
    return min(found.at, max(told, begun))


def _at_home(resource: dict[str, Any]) -> bool:
    if resource.get("reportedBoolean") is True or isinstance(resource.get("reportedReference"), dict):
        return True
    return any(coding.code in _AT_HOME for item in listed(resource, "category") for coding in codings(item))
