"""Which HL7 messages are read, and what becomes of the others."""

import pytest

from schemas.clinical import Patient
from tests.intake.hl7v2_writing import (
    MSH,
    PV1,
    message,
    only,
    refusals,
    told,
)
from tests.intake.test_hl7v2_people import adt
from tests.intake.writing import describe, rejected


def test_other_events_are_refused_and_only_merges_leave_a_mark() -> None:
    assert refusals(adt("A09", PV1)) == [("unknown-event", "MSH", 9, "201")]
    assert [item.patient for item in rejected(adt("A09", PV1).readings)] == [None]
    assert [item.patient for item in rejected(adt("A37", "MRG|1").readings)] == ["WEST|4711", "1"]


@pytest.mark.parametrize(
    ("msh", "fault"),
    [
        (MSH.replace("{kind}", "SIU^S12"), ("unknown-message-type", "MSH", 9, "200")),
        (MSH.replace("{kind}", "RDE^O49"), ("unknown-event", "MSH", 9, "201")),
        (MSH.replace("{kind}", ""), ("missing-message-type", "MSH", 9, "101")),
        (MSH.replace("|P|", "|X|"), ("unknown-processing-id", "MSH", 11, "202")),
        (MSH.replace("|2.5.1|", "|2.2|"), ("unknown-version", "MSH", 12, "203")),
        (MSH.replace("|2.5.1|", "||"), ("unknown-version", "MSH", 12, "203")),
        (MSH.replace("20260301080512+0100", "today"), ("bad-time", "MSH", 7, "102")),
    ],
)
def test_messages_of_other_kinds_are_refused_by_table_0357(
    msh: str, fault: tuple[str, str, int | None, str]
) -> None:
    assert refusals(told(message("ADT^A31", msh=msh))) == [fault]


@pytest.mark.parametrize(
    "version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.2"]
)
def test_versions_2_3_to_2_8_are_read(version: str) -> None:
    assert only(told(message("ADT^A31", msh=MSH.replace("2.5.1", version))), Patient)


@pytest.mark.parametrize(("code", "use"), [("T", "training"), ("D^T", "debugging")])
def test_messages_of_no_real_patient_are_passed_over_loudly(code: str, use: str) -> None:
    content = message("ADT^A31", msh=MSH.replace("|P|", f"|{code}|"))
    outcome = told(content)
    assert list(map(describe, outcome.readings)) == [f"message-for-{use}"]
    assert [(item.severity, item.code, item.field) for item in outcome.faults] == [("W", "202", 11)]
    assert only(told(content, care=frozenset({code[0]})), Patient)


def test_without_msh_11_a_message_is_meant() -> None:
    assert only(told(message("ADT^A31", msh=MSH.replace("|P|", "||"))), Patient)


def test_dispensing_is_passed_over_by_name() -> None:
    assert list(map(describe, told(message("RDS^O13", "ORC|RE|1", "RXD|1")).readings)) == ["dispense"]
