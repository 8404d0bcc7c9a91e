"""Coded elements (CE, CWE, CNE) as FHIR concepts, and their coding systems by the house's short names."""

from typing import Any

from schemas.medications import Coding
from services.intake.fhir.codes import SYSTEMS, codings, short
from services.intake.hl7v2.message import Field

_NAMES = {
    "RXNORM": "rxnorm", "RXN": "rxnorm", "2.16.840.1.113883.6.88": "rxnorm",
    "ATC": "atc", "WC": "atc", "2.16.840.1.113883.6.73": "atc",
    "NDC": "ndc", "2.16.840.1.113883.6.69": "ndc",
    "SCT": "snomed", "SNOMED-CT": "snomed", "SNOMEDCT": "snomed", "2.16.840.1.113883.6.96": "snomed",
    "LN": "loinc", "LOINC": "loinc", "2.16.840.1.113883.6.1": "loinc",
    "I9": "icd9", "I9C": "icd9", "I9CDX": "icd9", "ICD9": "icd9", "2.16.840.1.113883.6.103": "icd9",
    "I10": "icd10", "I10C": "icd10", "ICD10": "icd10", "2.16.840.1.113883.6.3": "icd10",
    "2.16.840.1.113883.6.90": "icd10",
}  # fmt: skip
"""HL7 table 0396 and the object identifiers of the same systems. Others keep the name they are given."""
_PLACES = ((1, 2, 3), (4, 5, 6), (10, 11, 12))
"""Identifier, text and system: the code itself, the alternate, the second alternate (2.7 and later)."""
_MOST = 12


def system(name: str) -> str:
    """The short name of a coding system; "unstated" where none is named."""
    return _NAMES.get(name.upper()) or SYSTEMS.get(name) or name or "unstated"


def concept(*fields: Field) -> dict[str, Any]:
    """A CodeableConcept of fields that name the same thing: all their codes, and the text of the first.

    Text is what the user was shown (CWE-9), else a name, else a code that stands alone as local lists
    write it.
    """
    found: list[dict[str, str]] = []
    texts: list[str] = []
    for field in fields:
        parts = field.components(_MOST)
        texts += [parts[8], parts[1], parts[4]]
        for code, text, name in _PLACES:
            if parts[code - 1]:
                entry = {
                    "system": system(parts[name - 1]),
                    "code": parts[code - 1],
                    "display": parts[text - 1],
                }
                found.append(entry)
    texts += [entry["code"] for entry in found]
    return {"coding": found, "text": next((text for text in texts if text), "")}


def coded(*fields: Field) -> tuple[tuple[Coding, ...], str]:
    """The codings and the text of fields that name the same thing."""
    meant = concept(*fields)
    return codings(meant), short(meant["text"])
