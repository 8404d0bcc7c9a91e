"""What references point to: patients by their own id, medications within the same input."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.intake.door import Door
from services.intake.fhir.codes import inner, listed
from services.intake.fhir.elements import moment
from services.intake.fhir.naming import entity
from services.intake.fhir.r5 import as_r4
from services.intake.reading import Unreadable

Resource = dict[str, Any]
_LONGEST_ID = 500
_CHOICE = re.compile(
    r"\b(abatement|asNeeded|bounds|deceased|dose|effective|medication|occur+ence|onset|rate|value)"
    r"(?:Boolean|CodeableConcept|DateTime|Duration|Instant|Integer|Period|Quantity|Range|Ratio|Reference)\b"
)
"""Elements whose JSON names tell their type."""


@dataclass(slots=True)
class Known:
    """Resources of one input by the names under which others may refer to them: `Type/id`, full URLs.

    `names` lead from a full URL (urn:uuid:...) to the entity; `nameless` are full URLs of patients without
    id, `several` those that stand for more than one resource: they lead nowhere.
    """

    medications: dict[str, Resource] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    nameless: set[str] = field(default_factory=set)
    several: set[str] = field(default_factory=set)

    def note(self, resource: Resource, full_url: object, *, aside: bool = False) -> None:
        """Remember a resource of the input; `aside`: it is a version that is not read."""
        kind, own = resource.get("resourceType"), resource.get("id")
        if isinstance(full_url, str) and full_url.startswith("urn:"):
            name = entity(resource if own else as_r4(resource))
            if self.names.setdefault(full_url, name) != name:
                self.several.add(full_url)
        if kind == "Patient" and isinstance(full_url, str) and not (isinstance(own, str) and own):
            self.nameless.add(full_url)
        if kind == "Medication" and not aside:
            if isinstance(own, str):
                self._keep(f"Medication/{own}", resource)
            if isinstance(full_url, str):
                self._keep(full_url, resource)

    def _keep(self, name: str, resource: Resource) -> None:
        """Of two versions of a product the one that was stored later, else the one that comes later."""
        held = self.medications.get(name)
        if held is not None:
            before, after = _stored(held), _stored(resource)
            if before is not None and after is not None and after < before:
                return
        self.medications[name] = resource


def _stored(resource: Resource) -> datetime | None:
    try:
        found = moment(inner(resource, "meta").get("lastUpdated"), Door(), "meta.lastUpdated")
    except Unreadable:
        return None
    return found.at if found is not None else None


def fhirpath(path: str) -> str:
    """A path of JSON names as FHIRPath has it: `effectivePeriod.start` is `effective.start` there."""
    return _CHOICE.sub(r"\1", path)


def local(reference: str) -> str:
    """`Type/id` of a literal reference, without server address and version."""
    parts = reference.split("/_history/")[0].rstrip("/").split("/")
    return "/".join(parts[-2:])


def entity_of(element: object, kind: str, known: Known) -> str | None:
    """The entity a reference names, `kind/id`; None where it names none of that kind."""
    reference = element.get("reference") if isinstance(element, Mapping) else None
    if not isinstance(reference, str) or not reference or len(reference) > _LONGEST_ID:
        return None
    if reference in known.several:
        return None
    name = known.names.get(reference)
    if name is not None:
        return name if name.startswith((f"{kind}/", f"{kind}?", f"{kind}#")) else None
    if "?" in reference:  # a search, whose words may look like an id
        return None
    guessed = reference.startswith("urn:uuid:")
    name = f"{kind}/{reference.removeprefix('urn:uuid:')}" if guessed else local(reference)
    return name if name.startswith(f"{kind}/") else None


def patient_of(resource: Resource, known: Known) -> str:
    """The patient's own id in its source. Raises `Unreadable`: missing-patient, not-a-patient."""
    place = (
        "patient"
        if "patient" in resource or resource.get("resourceType") == "AllergyIntolerance"
        else "subject"
    )
    element = resource.get(place)
    if not isinstance(element, dict):
        raise Unreadable("missing-patient", "no patient is named", place)
    kind = element.get("type")
    if isinstance(kind, str) and kind and local(kind).rpartition("/")[2] != "Patient":
        raise Unreadable("not-a-patient", "the subject is not a patient", place)
    reference = element.get("reference")
    if isinstance(reference, str) and reference in known.nameless:
        raise Unreadable("missing-patient", "the patient of the same Bundle has no id of its own", place)
    if isinstance(reference, str) and reference.startswith("urn:"):
        if reference in known.several:
            raise Unreadable("missing-patient", "its reference stands for several resources", place)
        if reference not in known.names:
            raise Unreadable("missing-patient", "its reference leads to nothing that came with it", place)
    entity = entity_of(element, "Patient", known)
    if entity is not None and entity != "Patient/":
        return entity.removeprefix("Patient/")
    if isinstance(reference, str) and reference:
        if "?" in reference:
            raise Unreadable(
                "missing-patient", "the patient is to be searched for, which is not done here", place
            )
        if reference.startswith("#"):
            raise Unreadable("missing-patient", "the patient is contained and has no id of its own", place)
        raise Unreadable("not-a-patient", "the subject is not a patient", place)
    identifier = element.get("identifier")
    value = identifier.get("value") if isinstance(identifier, dict) else None
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        raise Unreadable("missing-patient", "no patient is named", place)
    return (
        f"{identifier.get('system') or ''}|{value}"[:_LONGEST_ID] if isinstance(identifier, dict) else value
    )


def contained(resource: Resource, reference: str) -> Resource | None:
    """The contained resource behind `#id`; None where two of them have that id."""
    found = [item for item in listed(resource, "contained") if f"#{item.get('id')}" == reference]
    return found[0] if len(found) == 1 else None
