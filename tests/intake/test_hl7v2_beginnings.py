"""Who is marked when a message is beyond the limits."""

from dataclasses import replace

import pytest

from services.intake.door import Door
from services.intake.hl7v2.message import MOST_SEGMENTS
from services.intake.lines import LARGEST_MESSAGE
from services.intake.reading import Rejected, unreadable_fact
from tests.intake.hl7v2_writing import LIVE, MSH, PID, message, rxa, told

LONG = "NTE|1||" + "x" * LARGEST_MESSAGE
JANE = "WEST|4711"


def marked(content: bytes, door: Door = LIVE) -> list[str]:
    """Everybody at whom the message leaves a mark."""
    found = [
        unreadable_fact(each, LIVE) for each in told(content, door).readings if isinstance(each, Rejected)
    ]
    return [mark.patient for mark in found if mark is not None]


def patient_of(content: bytes, door: Door = LIVE) -> str | None:
    """The patient at whom the message leaves its mark."""
    (reading,) = told(content, door).readings
    assert isinstance(reading, Rejected)
    assert reading.rejection.reason == "too-large"
    mark = unreadable_fact(reading, LIVE)
    return mark.patient if mark is not None else None


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_message_that_is_too_long_marks_its_patient(end: str) -> None:
    content = message("RAS^O17^RAS_O17", "ORC|RE|A", rxa(), LONG)
    assert patient_of(content.replace(b"\r", end.encode())) == JANE


def test_a_message_of_too_many_segments_marks_its_patient() -> None:
    assert patient_of(message("RAS^O17^RAS_O17", *["NTE|1"] * MOST_SEGMENTS)) == JANE


def test_everybody_of_whom_a_message_speaks_is_marked() -> None:
    others = [f"PID|1||{number}^^^WEST^MR" for number in (2, 3, 2)]
    content = message("ORU^R01^ORU_R01", "OBX|1", others[0], LONG, others[1], others[2])
    assert marked(content) == [JANE, "WEST|2", "WEST|3"]
    merged = message("ADT^A40^ADT_A39", "MRG|7^^^WEST^MR", LONG)
    assert marked(merged) == [JANE, "WEST|7"]
    here = replace(LIVE, authorities=frozenset({"EAST"}))
    assert marked(message("ORU^R01^ORU_R01", "PID|1||8^^^EAST^MR", LONG), here) == ["EAST|8"]


def test_of_very_many_patients_ten_are_marked_and_it_is_said_that_there_are_more() -> None:
    many = [f"PID|1||{number}^^^WEST^MR" for number in range(MOST_SEGMENTS)]
    outcome = told(message("ORU^R01^ORU_R01", *many), LIVE)
    assert len(outcome.readings) == len(outcome.faults) == 10
    assert "more than 10 patients are named" in outcome.faults[0].detail
    few = told(message("ORU^R01^ORU_R01", LONG, *many[:8]), LIVE)
    assert "are named" not in few.faults[0].detail


@pytest.mark.parametrize(("facility", "patient"), [("WEST", JANE), ("EAST", None)])
def test_only_a_patient_of_a_facility_of_its_source_is_marked(facility: str, patient: str | None) -> None:
    door = replace(LIVE, facilities=frozenset({facility}))
    assert patient_of(message("RAS^O17^RAS_O17", rxa(), LONG), door) == patient


@pytest.mark.parametrize(
    "content",
    [
        message("RAS^O17^RAS_O17", rxa(), LONG, pid="ZZZ|1"),
        message("RAS^O17^RAS_O17", pid=PID + "^" + "x" * LARGEST_MESSAGE),
        message("SIU^S12", LONG),
        message("RAS^O17^RAS_O17", LONG, msh=MSH.replace("|P|2.5.1", "|T|2.5.1")),
        b"x" * (LARGEST_MESSAGE + 1),
    ],
    ids=["no PID", "a PID that is cut", "a kind that is not read", "training", "no HL7"],
)
def test_where_no_patient_can_be_read_for_certain_nobody_is_marked(content: bytes) -> None:
    assert patient_of(content) is None
