"""PATIENTS and DIAGNOSES_ICD: who it is, and what was diagnosed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from schemas.clinical import Condition, Patient
from schemas.medications import Coding
from services.intake.door import Door
from services.intake.mimic3.stamping import stamps
from services.intake.mimic3.stays import SHIFTED_AGE, Stay
from services.intake.mimic3.tables import Row
from services.intake.reading import Accepted, Reading, Unreadable

_SEXES: dict[str, Literal["male", "female", "other", "unknown"]] = {"M": "male", "F": "female"}


def patients(row: Row, door: Door, theirs: list[Stay]) -> Iterator[Reading]:
    """The patient as known at the first admission, and again with the death. Raises `Unreadable`.

    A birth date that makes the patient older than 200 years is a shifted one: the age is not known.
    """
    admitted = [stay.start for stay in theirs if stay.start is not None]
    first = min(admitted) if admitted else row.needed("DOB", door)
    born = row.time("DOB", door)
    born_at = born if born is not None and first - born < SHIFTED_AGE else None
    sex = _SEXES.get(row["GENDER"].upper(), "unknown")
    entity = f"patients/{row['SUBJECT_ID']}"
    yield Accepted(Patient(**stamps(row, door, entity, first, first), born_at=born_at, sex=sex), row.origin)
    died_at = _died_at(row, door, theirs)
    if died_at is not None and died_at >= first:
        fields = stamps(row, door, entity, first, died_at, version=1)
        yield Accepted(Patient(**fields, born_at=born_at, sex=sex, died_at=died_at), row.origin)


def _died_at(row: Row, door: Door, theirs: list[Stay]) -> datetime | None:
    """The time of a death in hospital, else the date of the death."""
    in_hospital = [stay.died_at for stay in theirs if stay.died_at is not None]
    return max(in_hospital) if in_hospital else row.time("DOD", door)


def condition(row: Row, door: Door, stay: Stay | None) -> Iterator[Reading]:
    """A diagnosis of an admission, from its beginning. Raises `Unreadable` where that is not known."""
    code = row["ICD9_CODE"]
    if not code:
        raise Unreadable("missing-code", "ICD9_CODE is empty")
    if stay is None or stay.start is None:
        raise Unreadable("missing-time", "the admission of the diagnosis is not known")
    fields = stamps(row, door, row.entity, stay.start, stay.start)
    yield Accepted(Condition(**fields, codings=(Coding(system="icd9", code=code),)), row.origin)
