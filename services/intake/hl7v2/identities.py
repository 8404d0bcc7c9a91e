"""Business keys: patients, orders and visits by number and namespace, the same in every message."""

import hashlib
from collections.abc import Sequence

from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.message import Field, Segment

_RECORD_NUMBER = "MR"
_LONGEST_PATIENT = 500
_LONGEST_PART = 120


def patient_of(segment: Segment) -> str:
    """The patient of a PID: of PID-3 the medical record number (type MR), else its first identifier; PID-2
    where PID-3 is empty (2.3). With an assigning authority `authority|number`. Raises `Misread`.
    """
    found = _identifier(segment.repetitions(3)) or _identifier(segment.repetitions(2))
    if found is None:
        raise Misread("missing-patient", "names no patient", segment, 3)
    return found


def prior_patient_of(segment: Segment) -> str:
    """The patient of an MRG that goes on under another number: MRG-1, else MRG-4. Raises `Misread`."""
    found = _identifier(segment.repetitions(1)) or _identifier(segment.repetitions(4))
    if found is None:
        raise Misread("missing-patient", "names no patient", segment, 1)
    return found


def _identifier(numbers: Sequence[Field]) -> str | None:
    named = [item for item in numbers if item.text(1)]
    typed = [item for item in named if item.text(5).upper() == _RECORD_NUMBER]
    for item in (*typed, *named):
        found = _with_authority(item)
        if len(found) <= _LONGEST_PATIENT:
            return found
    return None


def _with_authority(number: Field) -> str:
    authority = number.text(4, 1) or number.text(4, 2)
    return f"{authority}|{number.text(1)}" if authority else number.text(1)


def numbered(number: Field) -> str:
    """An entity identifier (EI) as `namespace|id`, empty where it has no id."""
    if not number.text(1):
        return ""
    parts = (number.text(2) or number.text(3), number.text(1))
    return "|".join(shortened(part) for part in parts if part)


def numbered_by_authority(number: Field) -> str:
    """An identifier (CX) as `authority|number`, empty where it has no number."""
    return shortened(_with_authority(number)) if number.text(1) else ""


def order_of(orc: Segment | None, detail: Segment | None = None) -> str | None:
    """The entity of an order: the placer's number (ORC-2), else the filler's (ORC-3), else the prescription
    number (RXE-15); None where it has none.
    """
    return next(iter(names_of(orc, detail)), None)


def names_of(orc: Segment | None, detail: Segment | None = None) -> tuple[str, ...]:
    """Every name under which an order goes, its own first."""
    found = []
    for name, number in (("placer", 2), ("filler", 3)):
        if orc is not None and (stated := numbered(orc.field(number))):
            found.append(f"order/{name}/{stated}")
    if detail is not None and detail.name == "RXE" and (stated := detail.text(15)):
        found.append(f"order/prescription/{shortened(stated)}")
    return tuple(found)


def digest(*texts: str) -> str:
    """16 hexadecimal digits of some texts."""
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:16]


def shortened(text: str) -> str:
    """A text as a part of a name: a long one by its beginning and its digest."""
    return text if len(text) <= _LONGEST_PART else f"{text[:80]}#{digest(text)}"
