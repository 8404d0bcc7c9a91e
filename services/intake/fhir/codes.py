"""Codeable concepts: systems by their short names, displays and text."""

from typing import Any

from schemas.medications import Coding
from services.intake.reading import Unreadable

SYSTEMS = {
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "http://www.whocc.no/atc": "atc",
    "http://hl7.org/fhir/sid/ndc": "ndc",
    "http://snomed.info/sct": "snomed",
    "http://loinc.org": "loinc",
    "http://hl7.org/fhir/sid/icd-9-cm": "icd9",
    "http://hl7.org/fhir/sid/icd-9-cm/diagnosis": "icd9",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10",
}
_WITHOUT_POINT = frozenset({"icd9", "icd10"})
"""Sources write these with and without their point; the contract's codes have none."""
_LONGEST_TEXT = 2_000
_LONGEST_ID = 512


def short(text: object) -> str:
    """A text as the contract can hold it; empty where it is none."""
    return text.strip()[:_LONGEST_TEXT] if isinstance(text, str) else ""


def codings(concept: object) -> tuple[Coding, ...]:
    """The codings of a CodeableConcept that have a code, in their order."""
    found = []
    for item in listed(concept, "coding"):
        code = item.get("code")
        if isinstance(code, str) and 0 < len(code.strip()) <= _LONGEST_ID:
            system = str(item.get("system") or "unstated")[:_LONGEST_ID]
            display = short(item.get("display"))
            name = SYSTEMS.get(system, system)
            code = code.strip().replace(".", "") if name in _WITHOUT_POINT else code.strip()
            found.append(Coding(system=name, code=code, display=display))
    return tuple(found)


def wording(concept: object) -> str:
    """How a CodeableConcept reads: its text, else its first display."""
    if not isinstance(concept, dict):
        return ""
    displays = (short(item.get("display")) for item in listed(concept, "coding"))
    return short(concept.get("text")) or next((text for text in displays if text), "")


def code_of(concept: object) -> str:
    """The first code of a CodeableConcept, whatever its system; empty where there is none."""
    found = codings(concept)
    return found[0].code if found else ""


def status_of(resource: dict[str, Any], name: str, known: frozenset[str]) -> str:
    """The code of a status that is a CodeableConcept, or a code as FHIR STU3 has it: whichever of its
    codings, or else its text, is one of `known`; empty where none is. Raises `Unreadable` for another shape.
    """
    element = resource.get(name)
    if element is None:
        return ""
    if isinstance(element, str):
        return element if element in known else ""
    if not isinstance(element, dict):
        raise Unreadable("wrong-schema", f"{name} is no CodeableConcept", name)
    said = [coding.code for coding in codings(element)] or [short(element.get("text"))]
    return next((code for code in said if code in known), "")


def flag(element: dict[str, Any], name: str) -> bool | None:
    """A boolean, None where it is absent. Raises `Unreadable` for anything else: "false" would be true."""
    value = element.get(name)
    if value is not None and not isinstance(value, bool):
        raise Unreadable("wrong-schema", f"{name} is no boolean", name)
    return value


def listed(element: object, name: str) -> list[dict[str, Any]]:
    """The objects in a list-valued element; anything else in its place counts as absent."""
    value = element.get(name) if isinstance(element, dict) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def several(element: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects in an element that must not be passed over. Raises `Unreadable` where it is anything but a
    list of objects.
    """
    value = element.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unreadable("wrong-schema", f"{name} is no list of objects", name)
    return value


def inner(element: dict[str, Any], name: str) -> dict[str, Any]:
    """The object in an element; anything else in its place counts as absent."""
    value = element.get(name)
    return value if isinstance(value, dict) else {}
