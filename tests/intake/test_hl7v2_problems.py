"""AL1, IAM and DG1: allergies and diagnoses, by HL7."""

from datetime import timedelta

import pytest

from schemas.clinical import Allergy, Condition, FactStatus
from tests.intake.hl7v2_writing import (
    LIVE,
    PV1,
    fields,
    message,
    only,
    refusals,
    rxe,
    told,
)
from tests.intake.test_hl7v2_people import adt
from tests.intake.writing import at, describe


def test_an_allergy_has_its_substance_and_its_date() -> None:
    found = only(adt("A31", "AL1|1|DA|70618^Penicillin^RXNORM|MO|Rash|20100928"), Allergy)
    assert (found.entity, found.substance.codings[0].system) == ("allergy/RXNORM|70618", "rxnorm")
    assert (found.active, found.negated, found.effective_at) == (True, False, at("2010-09-27T22:00:00"))


@pytest.mark.parametrize("code", ["716186003^No known allergy^SCT", "NKDA", "^No Known Allergies"])
def test_no_known_allergy_is_no_allergy(code: str) -> None:
    assert only(adt("A31", f"AL1|1||{code}"), Allergy).negated


def test_allergies_stand_in_any_message_and_one_without_substance_costs_only_itself() -> None:
    outcome = told(message("RDE^O11", "AL1|1|DA|^Latex", "AL1|2|DA|", "ORC|NW|ORD77", rxe()))
    assert list(map(describe, outcome.readings)) == ["order", "allergy", "missing-code"]
    assert refusals(outcome) == [("missing-code", "AL1", 3, "101")]


@pytest.mark.parametrize(
    ("changed", "active", "status"),
    [({}, True, "stated"), ({"f6": "D"}, True, "entered-in-error"), ({"f17": "INACTIVE"}, False, "stated"),
     ({"f17": "ERRONEOUS"}, True, "entered-in-error")],
)  # fmt: skip
def test_iam_says_whether_the_allergy_holds(changed: dict[str, str], active: bool, status: str) -> None:
    usual = {"f1": "1", "f3": "70618^Penicillin^RXNORM", "f6": "A", "f7": "AL9^WEST", "f9": "IN"}
    found = only(adt("A60", fields("IAM", **(usual | changed))), Allergy)
    assert (found.entity, found.active, found.status, found.intolerance) == (
        "allergy/WEST|AL9", active, status, True,
    )  # fmt: skip


def test_a_diagnosis_is_dated_and_coded() -> None:
    found = only(adt("A01", PV1, "DG1|1|I10|F10.2^Alcohol dependence^I10C||20260110|F"), Condition)
    assert [(item.system, item.code) for item in found.codings] == [("icd10", "F102")]
    assert found.effective_at == at("2026-01-09T23:00:00")


def test_a_diagnosis_may_be_only_words_or_be_taken_back() -> None:
    assert only(adt("A01", "DG1|1|||Alcohol dependence|", PV1), Condition).text == "Alcohol dependence"
    gone = only(adt("A01", PV1, fields("DG1", f3="F10.2^^I10", f20="D1", f21="D")), Condition)
    assert (gone.status, gone.entity) == (FactStatus.ENTERED_IN_ERROR, "condition/D1")


def test_standing_facts_need_no_time() -> None:
    content = message("ADT^A31", "AL1|1||^Latex").replace(b"20260301080512+0100", b"")
    found = only(told(content, LIVE), Allergy)
    assert found.received_at - found.effective_at == timedelta(0)
