"""One resource to readings: which types are read, and what becomes of those that are not or cannot be."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.base import TimeDomain
from schemas.clinical import PatientFact
from schemas.rejections import Origin
from services.intake.allowing import refuse_facility, refuse_kind, refuse_patients
from services.intake.fhir import problems
from services.intake.fhir.administrations import administration
from services.intake.fhir.diets import diet
from services.intake.fhir.facilities import facilities_of
from services.intake.fhir.header import UNTIMED, Context, first_moment, stored_at
from services.intake.fhir.merging import merges
from services.intake.fhir.modifiers import may_modify, refuse_modifiers, refuse_part
from services.intake.fhir.naming import entity
from services.intake.fhir.observations import observations
from services.intake.fhir.people import encounter, patient
from services.intake.fhir.r5 import as_r4
from services.intake.fhir.references import fhirpath, patient_of
from services.intake.fhir.requests import order
from services.intake.fhir.statements import home_medication
from services.intake.lines import LARGEST_MESSAGE
from services.intake.plausible import refuse_times
from services.intake.reading import Accepted, Reading, Rejected, Skipped, Unreadable
from services.intake.rejecting import reason_of, rejection

Mapping = Callable[[dict[str, Any], Context], tuple[PatientFact, ...]]

MAPPINGS: dict[str, Mapping] = {
    "Patient": lambda resource, context: (patient(resource, context), *merges(resource, context)),
    "Encounter": lambda resource, context: (encounter(resource, context),),
    "MedicationRequest": lambda resource, context: (order(resource, context),),
    "MedicationAdministration": lambda resource, context: (administration(resource, context),),
    "MedicationStatement": lambda resource, context: (home_medication(resource, context),),
    "Observation": observations,
    "Condition": lambda resource, context: (problems.condition(resource, context),),
    "AllergyIntolerance": lambda resource, context: (problems.allergy(resource, context),),
    "NutritionOrder": lambda resource, context: (diet(resource, context),),
}
_OF_NO_CONCERN = {
    "Medication": "medication-of-others",
    "MedicationDispense": "dispensed-is-neither-ordered-nor-given",
}
_TIMES = (
    "authoredOn",
    "dateAsserted",
    "dateTime",
    "effectiveDateTime",
    "effectivePeriod.start",
    "issued",
    "period.start",
    "recordedDate",
)


def read_resource(
    resource: object,
    origin: Origin,
    context: Context,
    original: bytes = b"",
    fault: Unreadable | None = None,
) -> Iterator[Reading]:
    """The readings of one resource that is no Bundle; `original` where it came alone, as it was written.

    `fault` is what is wrong beside the resource, for which it is rejected.
    """
    content = original or _written(resource)
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(resource, dict) or not isinstance(kind, str):
        error = Unreadable("wrong-schema", "no FHIR resource: `resourceType` is missing")
        yield Rejected(rejection(origin, content, error), context.source)
        return
    resource = as_r4(resource)
    mapping = MAPPINGS.get(str(resource["resourceType"]))
    if mapping is None:
        named = kind if kind.isalpha() and len(kind) < 40 else "unknown"
        yield Skipped(_OF_NO_CONCERN.get(kind, f"resource-type-not-read:{named}"), origin)
        return
    try:
        refuse_facility(context.door, facilities_of(resource))
    except Unreadable as error:
        yield Rejected(rejection(origin, content, error), context.source)
        return
    try:
        if len(content) > LARGEST_MESSAGE:
            raise Unreadable("too-large", f"a resource may have at most {LARGEST_MESSAGE} bytes")
        if fault is not None:
            raise fault
        if may_modify(content):
            refuse_part(resource)
            refuse_modifiers(resource)
        facts = _mapped(mapping, resource, context)
        for fact in facts:
            refuse_patients(context.door, fact)
            refuse_kind(context.door, fact)
            refuse_times(context.door, fact)
    except Unreadable as error:
        yield _rejected(resource, origin, content, error, context)
        return
    simulated = context.door.time_domain is TimeDomain.SIMULATED
    for fact in facts:
        yield Accepted(fact, origin, untimed=simulated and fact.effective_at == UNTIMED)


def _written(resource: object) -> bytes:
    """The JSON of a resource that came within a Bundle; a number may be longer than 64 bits."""
    try:
        return orjson.dumps(resource, default=float)
    except TypeError:
        return json.dumps(resource, default=float, separators=(",", ":")).encode()


def _mapped(mapping: Mapping, resource: dict[str, Any], context: Context) -> tuple[PatientFact, ...]:
    try:
        return mapping(resource, context)
    except ValidationError as error:
        raise reason_of(error) from error
    except (TypeError, AttributeError, LookupError, ValueError, ArithmeticError) as error:
        # Nothing read here is trusted to have FHIR's shape; what no mapping foresaw costs one resource only.
        kind = resource["resourceType"]
        sentence = f"an element of the {kind} has not the form that FHIR gives it: run a FHIR validator on it"
        raise Unreadable("wrong-schema", sentence) from error


def _rejected(
    resource: dict[str, Any], origin: Origin, content: bytes, error: Unreadable, context: Context
) -> Rejected:
    own = resource.get("id")
    named = str(own) if resource.get("resourceType") == "Patient" and isinstance(own, str) and own else None
    stored = None
    try:
        named = named or patient_of(resource, context.known)
    except Unreadable:
        named = None
    if named is not None and not context.door.speaks_of(named):
        named = None
    try:
        stored = stored_at(resource, context.door)
        if stored is None and not context.door.is_told_now:
            dated = first_moment(resource, context.door, *_TIMES)
            stored = dated.at if dated is not None else None
    except Unreadable:
        stored = None
    received = stored if context.door.clock is None else context.door.clock()
    return Rejected(
        rejection(origin, content, error),
        context.source,
        named,
        entity(resource),
        received,
        stored,
        fhirpath(error.within(str(resource["resourceType"])).path or ""),
    )
