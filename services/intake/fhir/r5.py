"""FHIR R5 read as R4: the elements that were renamed or reshaped go back to their R4 places.

Which release a resource is written in is seen from the resource itself: every difference that matters here
has a name or a shape of its own, so a feed may mix both. What is R4 already comes back as it is.
"""

from collections.abc import Callable
from typing import Any

from services.intake.fhir.codes import code_of, inner, listed

Resource = dict[str, Any]

_TOOK = {
    "taking": "active",
    "taking-as-directed": "active",
    "taking-not-as-directed": "active",
    "on-hold": "on-hold",
    "on-hold-as-directed": "on-hold",
    "on-hold-not-as-directed": "on-hold",
    "stopped": "stopped",
    "stopped-as-directed": "stopped",
    "stopped-not-as-directed": "stopped",
    "not-taking": "not-taken",
}
"""R5 adherence codes as statuses of R4."""
_STAYS = {
    "on-hold": "onleave",
    "discharged": "finished",
    "completed": "finished",
    "discontinued": "finished",
}
_CONCEPT_OR_REFERENCE = {"concept": "CodeableConcept", "reference": "Reference"}


def as_r4(resource: Resource) -> Resource:
    """The resource with the elements that R4 has. The original is never changed."""
    adapt = _ADAPTERS.get(str(resource.get("resourceType")))
    return adapt(resource) if adapt is not None else resource


def _split(element: Resource, old: str, new: str) -> Resource:
    """A CodeableReference `old` as R4's `newCodeableConcept` or `newReference`."""
    found = element.get(old)
    if not isinstance(found, dict):
        return element
    parts = {f"{new}{kind}": found[name] for name, kind in _CONCEPT_OR_REFERENCE.items() if name in found}
    return {name: value for name, value in element.items() if name != old} | parts


def _request(resource: Resource) -> Resource:
    if not isinstance(resource.get("medication"), dict):
        return resource
    adapted = _split(resource, "medication", "medication")
    if adapted.get("status") == "ended":
        adapted["status"] = "completed"
    if isinstance(adapted.get("reported"), bool):
        adapted["reportedBoolean"] = adapted["reported"]
    return _dosed(adapted, "dosageInstruction")


def _administration(resource: Resource) -> Resource:
    adapted = _split(resource, "medication", "medication")
    moved = {
        name.replace("occurence", "effective", 1): value
        for name, value in adapted.items()
        if name.startswith("occurence")
    }
    return {**adapted, **moved} if moved else adapted


def _statement(resource: Resource) -> Resource:
    """R5 tells in `status` only whether the record holds; `adherence` tells whether the drug is taken."""
    if not isinstance(resource.get("medication"), dict):
        return resource
    adapted = _split(resource, "medication", "medication") | {"resourceType": "MedicationStatement"}
    if adapted.get("status") == "recorded":
        said = inner(adapted, "adherence").get("code")
        adapted["status"] = _TOOK.get(code_of(said), "unknown") if said is not None else "active"
    return _dosed(adapted, "dosage")


def _dosed(resource: Resource, name: str) -> Resource:
    """The dosages with R4's `asNeeded[x]`; where only the rendered text exists, that text."""
    found = [_instruction(item) for item in listed(resource, name)]
    rendered = resource.get("renderedDosageInstruction")
    if not found and isinstance(rendered, str):
        found = [{"text": rendered}]
    return resource | {name: found} if found else resource


def _instruction(item: Resource) -> Resource:
    stated, reasons = item.get("asNeeded"), listed(item, "asNeededFor")
    if reasons and stated is not False:
        return item | {"asNeededCodeableConcept": reasons[0]}
    return item | {"asNeededBoolean": stated} if isinstance(stated, bool) else item


def _stay(resource: Resource) -> Resource:
    if not (isinstance(resource.get("class"), list) or "actualPeriod" in resource):
        return resource
    status = resource.get("status")
    kinds = [coding for item in listed(resource, "class") for coding in listed(item, "coding")]
    adapted = resource | {
        "class": kinds[0] if len(kinds) == 1 else kinds,
        "period": resource.get("actualPeriod"),
        "status": _STAYS.get(status, status) if isinstance(status, str) else status,
    }
    if status == "in-progress" and code_of(resource.get("subjectStatus")) == "on-leave":
        adapted["status"] = "onleave"
    places = listed(resource, "location")
    return adapted | {"location": [item | {"physicalType": item.get("form")} for item in places]}


def _drug(resource: Resource) -> Resource:
    parts = listed(resource, "ingredient")
    if not any("item" in part for part in parts):
        return resource
    return resource | {"ingredient": [_ingredient(part) for part in parts]}


def _ingredient(part: Resource) -> Resource:
    adapted = _split(part, "item", "item")
    ratio = adapted.get("strengthRatio")
    return adapted | {"strength": ratio} if isinstance(ratio, dict) else adapted


def _allergy(resource: Resource) -> Resource:
    kind = resource.get("type")
    return resource | {"type": code_of(kind)} if isinstance(kind, dict) else resource


_ADAPTERS: dict[str, Callable[[Resource], Resource]] = {
    "AllergyIntolerance": _allergy,
    "Encounter": _stay,
    "Medication": _drug,
    "MedicationAdministration": _administration,
    "MedicationRequest": _request,
    "MedicationStatement": _statement,
    "MedicationUsage": _statement,
}
