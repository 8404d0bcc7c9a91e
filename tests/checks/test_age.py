"""A drug is in use in somebody who is too young or too old for it."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.base import Severity
from schemas.clinical import Patient, PatientFact
from schemas.issues import NotAssessedReason
from services.safety.checks.contraindications.age import DrugAtAge
from services.safety.knowledge.kinds.age import AgeRule
from services.safety.knowledge.loader import load
from services.safety.knowledge.models import Status
from tests.brief_knowledge import knowledge, row
from tests.brief_rules import RULED
from tests.builders import at, dosage, dose, in_words, order, person
from tests.checks.ward import Ward

ward = Ward(DrugAtAge(), RULED)
TRAMADOL = order("tramadol", "50 mg")


def aged(years: float, now: float = 0) -> Patient:
    """The patient, exactly so old at `now` hours."""
    return person(years, at(now))


def found(*facts: PatientFact, now: float = 1) -> str | None:
    return ward.severity(list(facts), at(now))


def test_a_child_is_too_young_for_tramadol_until_the_birthday_and_not_a_second_longer() -> None:
    child = aged(12, now=5)
    finding = ward.finding([TRAMADOL, child], at(5, seconds=-1))
    assert finding is not None
    assert (finding.check, finding.subject) == ("age", "tramadol")
    assert finding.severity is Severity.CONTRAINDICATED
    assert finding.text.startswith("tramadol at an age below 12 years.")
    assert finding.implicated == (TRAMADOL.entity, child.entity)
    assert ward.judge([TRAMADOL, child], at(1)).review_at == at(5)
    assert found(TRAMADOL, child, now=5) is None


def test_an_old_patient_is_old_from_the_birthday_on() -> None:
    old = aged(60, now=5)
    assert found(order("morphine", "5 mg"), old, now=5 - 1 / 3600) is None
    assert ward.judge([order("morphine", "5 mg"), old], at(1)).review_at == at(5)
    assert found(order("morphine", "5 mg"), old, now=5) == "minor"


def test_a_dose_counts_as_long_as_the_row_says() -> None:
    given = dose("tizanidine", "4 mg", at(0))
    assert found(given, aged(50), now=30 - 1 / 3600) == "moderate"
    assert found(given, aged(50), now=30) is None


def test_an_order_as_needed_counts_one_severity_lower_until_it_is_given() -> None:
    as_needed = order("tramadol", None, dosages=(dosage("50 mg", as_needed=True),))
    assert found(as_needed, aged(9)) == "major"
    assert found(as_needed, dose("tramadol", "50 mg", at(0.5)), aged(9)) == "contraindicated"


@pytest.mark.parametrize("patient", [(), (person(None),)])
def test_a_birth_date_that_is_not_known_is_said_once_with_every_drug_concerned(
    patient: tuple[PatientFact, ...],
) -> None:
    facts: list[PatientFact] = [TRAMADOL, order("morphine", "5 mg"), order("warfarin", "5 mg"), *patient]
    (finding,) = ward.judge(facts, at(1)).findings
    assert (finding.check, finding.reason) == ("not-assessed", NotAssessedReason.MISSING_AGE)
    assert finding.subjects == ("morphine", "tramadol")
    assert "birth date is not known" in finding.text


def test_without_such_a_drug_an_unknown_age_matters_to_nobody() -> None:
    assert ward.judge([order("warfarin", "5 mg")], at(1)).findings == ()
    assert ward.judge([dose("tramadol", "50 mg", at(0))], at(24)).findings == ()


def test_a_draft_row_is_left_out_in_silence_where_the_age_is_not_known() -> None:
    rule = AgeRule(
        **row(
            "draft",
            subject="drug:tramadol",
            age_below=Decimal(12),
            severity=Severity.MAJOR,
            status=Status.DRAFT,
        )
    )
    drafted = Ward(DrugAtAge(), knowledge(rules=(rule,)))
    assert drafted.judge([TRAMADOL], at(1)).findings == ()
    finding = drafted.finding([TRAMADOL, aged(9)], at(1))
    assert finding is not None
    assert finding.shadow


@pytest.mark.parametrize(
    ("ages", "told"),
    [
        ({}, "the row holds at every age"),
        ({"age_from": Decimal(12), "age_below": Decimal(12)}, "no age is at least age_from"),
    ],
)
def test_a_row_that_bounds_no_age_does_not_load(ages: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        AgeRule(**row("nothing", subject="drug:tramadol", severity=Severity.MAJOR, **ages))


@pytest.mark.parametrize(
    ("drug", "years", "severity"),
    [
        ("codeine", 11.9, "contraindicated"),
        ("codeine", 12, None),
        ("tramadol", 11.9, "contraindicated"),
        ("aspirin", 15.9, "major"),
        ("aspirin", 16, None),
        ("promethazine", 1.9, "contraindicated"),
        ("promethazine", 2, None),
        ("baclofen", 11.9, "minor"),
        ("baclofen", 64.9, None),
        ("baclofen", 65, "minor"),
        ("zolpidem", 65, "minor"),
    ],
)
def test_what_the_shipped_rows_say_of_an_age(drug: str, years: float, severity: str | None) -> None:
    facts: list[PatientFact] = [order(in_words(drug), "5 mg"), aged(years)]
    assert Ward(DrugAtAge(), load()).severity(facts, at(0, seconds=1)) == severity
