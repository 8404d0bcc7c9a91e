"""A source says nothing of patients whose numbers are of no authority that it may speak for: it takes nothing
from them, gives them nothing, and leaves no mark at them.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.intake.door import Door
from services.intake.reading import Reading, Rejected
from tests.intake.hl7v2_writing import LIVE, ORC, PV1, facts, message, rxa, told
from tests.intake.writing import administration, read_fhir

WEST = replace(LIVE, authorities=frozenset({"WEST"}))
SERVER = Door(authorities=frozenset({"none"}))
OURS, THEIRS, UNNAMED = "4711^^^WEST^MR", "77^^^EAST^MR", "77"
EVN = "EVN||20260301080000+0100"
VISIT = "||||V1^^^WEST"


def refused(readings: Iterable[Reading]) -> list[tuple[str, str | None]]:
    """Reason and marked patient of what was refused."""
    return [(item.rejection.reason, item.patient) for item in readings if isinstance(item, Rejected)]


def moving(event: str, goes_on: str, prior: str) -> bytes:
    """That what is `prior`'s is that of whom goes on."""
    behind = (f"PID|2||{prior}",) if event in ("A24", "A37") else (f"MRG|{prior}{VISIT}", PV1)
    return message(f"ADT^{event}", EVN, *behind, pid=f"PID|1||{goes_on}")


@pytest.mark.parametrize("event", ["A24", "A34", "A37", "A40", "A45"])
@pytest.mark.parametrize(
    ("goes_on", "prior", "marked"),
    [
        (OURS, THEIRS, {"WEST|4711"}),
        (THEIRS, OURS, {"WEST|4711"}),
        (THEIRS, THEIRS.replace("77", "78"), {None}),
        (OURS, UNNAMED, {"WEST|4711"}),
        (OURS, r"EAST\F\77", {"WEST|4711"}),
    ],
    ids=["from another's", "to another's", "among others", "from nobody's", "from one disguised"],
)
def test_records_and_visits_of_others_are_neither_taken_nor_given(
    event: str, goes_on: str, prior: str, marked: set[str | None]
) -> None:
    """And the own patient of whom this was said shows that it was not taken."""
    outcome = told(moving(event, goes_on, prior), WEST)
    assert facts(outcome) == []
    assert {reason for reason, _ in refused(outcome.readings)} == {"source-not-allowed"}
    assert {patient for _, patient in refused(outcome.readings)} == marked


@pytest.mark.parametrize("event", ["A24", "A34", "A37", "A40", "A45"])
def test_those_of_its_own_patients_are(event: str) -> None:
    outcome = told(moving(event, OURS, OURS.replace("4711", "4712")), WEST)
    assert facts(outcome)
    assert refused(outcome.readings) == []


def test_a_visit_of_anothers_patient_gets_no_other_number() -> None:
    assert facts(told(moving("A50", OURS, OURS), WEST))
    outcome = told(moving("A50", THEIRS, THEIRS), WEST)
    assert (facts(outcome), refused(outcome.readings)) == ([], [("source-not-allowed", None)])


@pytest.mark.parametrize("moved", ["A43", "A44"])
def test_what_cannot_be_moved_marks_no_patient_of_others(moved: str) -> None:
    outcome = told(moving(moved, OURS, THEIRS), WEST)
    assert {patient for _, patient in refused(outcome.readings)} == {"WEST|4711", None}


def test_nor_is_a_dose_of_anothers_patient_stated_or_marked() -> None:
    dose = ORC.format(control="RE"), rxa()
    outcome = told(message("RAS^O17^RAS_O17", *dose, pid=f"PID|1||{THEIRS}"), WEST)
    assert (facts(outcome), refused(outcome.readings)) == ([], [("source-not-allowed", None)])
    unreadable = told(message("RAS^O17^RAS_O17", dose[0], rxa(f6="x"), pid=f"PID|1||{THEIRS}"), WEST)
    assert refused(unreadable.readings) == [("bad-number", None)]


def linked(kind: str, other: dict[str, Any]) -> dict[str, Any]:
    """A Patient of a server, with a link to another record."""
    return {"resourceType": "Patient", "id": "ada", "link": [{"other": other, "type": kind}]}


@pytest.mark.parametrize("kind", ["replaces", "replaced-by"])
def test_a_fhir_link_to_anothers_patient_is_refused_and_shown(tmp_path: Path, kind: str) -> None:
    theirs = {"identifier": {"system": "urn:east", "value": "77"}}
    assert refused(read_fhir(tmp_path, linked(kind, theirs), door=SERVER)) == [("source-not-allowed", "ada")]
    own = read_fhir(tmp_path, linked(kind, {"reference": "Patient/eve"}), door=SERVER)
    assert (len(own), refused(own)) == (2, [])


def test_a_resource_about_anothers_patient_is_refused_and_marks_nobody(tmp_path: Path) -> None:
    subject = {"identifier": {"system": "urn:east", "value": "77"}}
    (reading,) = refused(read_fhir(tmp_path, administration(subject=subject), door=SERVER))
    assert reading == ("source-not-allowed", None)
    allowed = replace(SERVER, authorities=frozenset({"urn:east"}))
    assert refused(read_fhir(tmp_path, administration(subject=subject), door=allowed)) == []
