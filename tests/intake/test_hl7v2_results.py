"""OBX: what was measured, by HL7."""

from decimal import Decimal

import pytest

from schemas.clinical import FactStatus, Observation
from schemas.quantities import Quantity
from services.intake.hl7v2 import Outcome
from services.safety.ledger.precedence import supersedes
from tests.intake.hl7v2_writing import facts, fields, message, only, refusals, told
from tests.intake.writing import at, describe

OBR = "OBR|1|ORD9^CPOE|L55^LAB|24323-8^CMP^LN|||20260301063000+0100"


def obx(**changed: str) -> str:
    usual = {
        "f1": "1", "f2": "NM", "f3": "2160-0^Creatinine^LN", "f5": "1.4", "f6": "mg/dL^^UCUM", "f11": "F",
    }  # fmt: skip
    return fields("OBX", **(usual | changed))


def oru(*segments: str) -> Outcome:
    return told(message("ORU^R01^ORU_R01", OBR, *segments))


def result(**changed: str) -> Observation:
    return only(oru(obx(**changed)), Observation)


def test_a_number_has_its_unit_code_and_time() -> None:
    found = result()
    assert (found.value, found.text) == (Quantity(value=Decimal("1.4"), unit="mg/dL"), "")
    assert [(item.system, item.code) for item in found.codings] == [("loinc", "2160-0")]
    assert found.effective_at == at("2026-03-01T05:30:00")
    assert result(f14="20260301070000+0100").effective_at == at("2026-03-01T06:00:00")


def test_a_score_has_no_unit() -> None:
    assert result(f6="").value == Quantity(value=Decimal("1.4"), unit="1")


@pytest.mark.parametrize(
    ("kind", "written", "text"),
    [
        ("NM", "<0.3", "<0.3 mg/dL"),
        ("NM", "-2", "-2"),
        ("NM", "HEMOLYZED", "HEMOLYZED"),
        ("NM", "60~120", "60; 120"),
        ("NM", "1,4", "1,4"),
        ("NM", "NaN", "NaN"),
        ("NM", "9" * 13, "9" * 13),
        ("SN", ">^100", ">100 mg/dL"),
        ("ST", ">=60", ">=60 mg/dL"),
        ("SN", "^1^:^128", "1:128"),
        ("SN", "^10^-^20", "10-20"),
        ("ST", "1.4", "1.4"),
        ("CE", "260385009^Negative^SCT", "Negative"),
        ("CWE", "NEG", "NEG"),
        ("TX", r"two\.br\lines", "two\nlines"),
        ("", "1.4", "1.4"),
    ],
)
def test_what_is_not_exactly_one_number_stays_text(kind: str, written: str, text: str) -> None:
    found = result(f2=kind, f5=written)
    assert (found.value, found.text) == (None, text)


@pytest.mark.parametrize("written", ["^10", "=^10"])
def test_a_structured_number_without_comparator_is_one(written: str) -> None:
    assert result(f2="SN", f5=written).value == Quantity(value=Decimal(10), unit="mg/dL")


@pytest.mark.parametrize("status", ["", "F", "P", "C", "S", "R"])
def test_results_that_hold(status: str) -> None:
    assert result(f11=status).status is FactStatus.STATED


@pytest.mark.parametrize("status", ["D", "W", "X"])
def test_results_that_are_taken_back(status: str) -> None:
    found = result(f11=status)
    assert (found.status, found.value) == (FactStatus.ENTERED_IN_ERROR, None)
    assert supersedes(found, result())


def test_a_correction_is_the_next_statement_of_the_same_result() -> None:
    first, corrected = result(), result(f5="4.1", f11="C")
    assert first.entity == corrected.entity
    assert supersedes(corrected, first)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"f11": "I"}, "result-pending"), ({"f5": ""}, "result-without-value"), ({"f2": "ED"}, "attachment")],
)
def test_what_states_nothing_is_passed_over(changed: dict[str, str], reason: str) -> None:
    assert list(map(describe, oru(obx(**changed)).readings)) == [reason]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"f11": "Q"}, ("unknown-status", "OBX", 11, "103")),
        ({"f3": ""}, ("missing-code", "OBX", 3, "101")),
        ({"f14": "soon"}, ("bad-time", "OBX", 14, "102")),
    ],
)
def test_what_cannot_be_read_is_refused(
    changed: dict[str, str], fault: tuple[str, str, int | None, str]
) -> None:
    outcome = oru(obx(**changed), obx(f3="2823-3^Potassium^LN"))
    assert refusals(outcome) == [fault]
    assert only(outcome, Observation).codings[0].code == "2823-3"


def test_the_same_measured_twice_is_two_results() -> None:
    times = ("20260301060000+0100", "20260301070000+0100")
    outcome = oru(*(obx(f14=time) for time in times), obx(f4="2"))
    assert len({fact.entity for fact in facts(outcome)}) == 3


def test_weights_of_a_visit_do_not_replace_each_other() -> None:
    weight = obx(f3="29463-7^Body weight^LN", f5="70", f6="kg")
    first = message("ADT^A08", weight)
    later = first.replace(b"20260301080512", b"20260301080513")
    assert only(told(first), Observation).entity != only(told(later), Observation).entity
    assert only(told(first), Observation).value == Quantity(value=Decimal(70), unit="kg")


def test_a_report_without_results_states_nothing() -> None:
    assert list(map(describe, oru().readings)) == ["nothing-stated"]
