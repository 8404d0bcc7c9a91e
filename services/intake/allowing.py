"""Of what a source may speak: a statement of another kind, for another facility or of another authority's
patient is rejected.

A kind that is not allowed leaves its mark at the patient: the source is known, and what it said may be so.
What is said for another facility leaves none, because its patients are not those of this source; nor does
what is said of a patient of another authority, at that patient.
"""

from collections.abc import Collection
from dataclasses import replace

from schemas.clinical import PatientFact
from services.intake.door import Door
from services.intake.reading import Unreadable
from services.intake.trust.sources import Source

NOT_ALLOWED = "source-not-allowed"
_SAID_LIKE = {"visit-move": "merge"}
"""Both say that what stands at one patient is another's: who may do the one may do the other."""


def door_of(door: Door, source: Source) -> Door:
    """The door as it is for a source that has proved who it is: in its name, and for what it may say."""
    return replace(
        door,
        source=source.name,
        kinds=None if source.kinds is None else frozenset(source.kinds),
        facilities=None if source.facilities is None else frozenset(source.facilities),
        authorities=None if source.patient_authorities is None else frozenset(source.patient_authorities),
        unique_numbers=source.numbers == "unique",
    )


def refuse_kind(door: Door, fact: PatientFact) -> None:
    """Raises `Unreadable` where the door's source may not state such facts."""
    kind = _SAID_LIKE.get(fact.kind, fact.kind)
    if door.kinds is not None and kind not in door.kinds:
        raise Unreadable(NOT_ALLOWED, f"its source may not state anything of the kind {fact.kind}")


def patients_of(fact: PatientFact) -> tuple[str, ...]:
    """Everybody whose record a fact changes, by the source's own ids: first to whom something goes, as that
    patient is the one whom its message is about.
    """
    if fact.kind == "merge":
        return fact.survivor, fact.patient
    if fact.kind == "visit-move":
        return fact.to, fact.patient
    return (fact.patient,)


def refuse_patients(door: Door, fact: PatientFact) -> None:
    """Raises `Unreadable` where a fact changes the record of somebody of whom the door's source may not
    speak: who may not speak of a patient takes nothing away from them and gives them nothing.
    """
    if not all(door.speaks_of(patient) for patient in patients_of(fact)):
        raise Unreadable(
            NOT_ALLOWED, "it is about a patient whose number is of no authority that its source may speak for"
        )


def refuse_facility(door: Door, named: Collection[str]) -> None:
    """Raises `Unreadable` where none of the names under which a facility is `named` is on the source's list:
    an allow-list that lets pass what names nobody would be none.
    """
    if door.facilities is not None and door.facilities.isdisjoint(named):
        raise Unreadable(NOT_ALLOWED, "it names no facility that its source may speak for")
