"""Business keys: patients, orders and visits by number and namespace, the same in every message."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.message import Field, Segment

_RECORD_NUMBER = "MR"
_LONGEST_PATIENT = 500
_LONGEST_PART = 120
_MOST_PRIOR = 10
"""Authorities by whose numbers one MRG may name its patient."""


def patient_of(segment: Segment) -> str:
    """The patient of a PID: of PID-3 the medical record number (type MR), else its first identifier; PID-2
    where PID-3 is empty (2.3). With an assigning authority `authority|number`. Raises `Misread`.
    """
    found = _record_numbers(segment.repetitions(3)) or _record_numbers(segment.repetitions(2))
    if not found:
        raise Misread("missing-patient", "names no patient", segment, 3)
    return found[0].patient


def prior_patients_of(segment: Segment) -> tuple[str, ...]:
    """Everybody named by an MRG, perhaps nobody: of MRG-1, else of MRG-4 (2.3), every medical record number,
    else the first number and those like it; of very many the first ten.
    """
    return tuple(dict.fromkeys(number.patient for number in _prior_numbers(segment)))[:_MOST_PRIOR]


def goes_on(pid: Segment, mrg: Segment) -> tuple[tuple[str, str], ...]:
    """Each patient of an MRG with the one of the PID under whose number the record goes on: of the same
    authority where the PID has a record number of it, else as `patient_of`.

    Raises `Misread` for two numbers of one authority: HL7 merges one old number into one new one (MRG-1), and
    which of them is meant is not said.
    """
    survivor = patient_of(pid)
    ours = {number.authority: number.patient for number in reversed(_record_numbers(pid.repetitions(3)))}
    prior = dict.fromkeys(_prior_numbers(mrg))
    if not prior:
        raise Misread("missing-patient", "names no patient", mrg, 1)
    if len(prior) > _MOST_PRIOR:
        raise Misread("several-numbers", f"names more than {_MOST_PRIOR}: send an MRG for each", mrg, 1)
    if len({number.authority for number in prior}) < len(prior):
        raise Misread("several-numbers", "names two of one authority: send an MRG for each", mrg, 1)
    return tuple((number.patient, ours.get(number.authority, survivor)) for number in prior)


def same_patient(pid: Segment, mrg: Segment) -> bool:
    """Whether an MRG names the patient of the PID by any of their numbers, which may lack its authority; also
    where it names nobody.
    """
    prior = [item for item in mrg.repetitions(1) if item.text(1)]
    prior = prior or [item for item in mrg.repetitions(4) if item.text(1)]
    own = [item for item in (*pid.repetitions(3), *pid.repetitions(2)) if item.text(1)]
    names = {_with_authority(item) for item in own}
    bare = {item.text(1) for item in own}
    return not prior or any(
        _with_authority(item) in names or (not _authority(item) and item.text(1) in bare) for item in prior
    )


@dataclass(frozen=True, slots=True)
class _Number:
    authority: str
    patient: str


def _prior_numbers(segment: Segment) -> tuple[_Number, ...]:
    return _record_numbers(segment.repetitions(1)) or _record_numbers(segment.repetitions(4))


def _record_numbers(numbers: Sequence[Field]) -> tuple[_Number, ...]:
    """The medical record numbers, else the first number and those of its type and authority."""
    named = [item for item in numbers if item.text(1) and len(_with_authority(item)) <= _LONGEST_PATIENT]
    typed = [item for item in named if item.text(5).upper() == _RECORD_NUMBER]
    if not typed and named:
        kind = (named[0].text(5).upper(), _authority(named[0]))
        typed = [item for item in named if (item.text(5).upper(), _authority(item)) == kind]
    return tuple(_Number(_authority(item), _with_authority(item)) for item in typed)


def _authority(number: Field) -> str:
    return number.text(4, 1) or number.text(4, 2)


def _with_authority(number: Field) -> str:
    authority = _authority(number)
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
