"""A drug is in use while the patient has, or had, a condition in which it does harm."""

from datetime import timedelta
from pathlib import Path

import pytest

from schemas.base import Severity
from schemas.clinical import Condition, PatientFact
from schemas.medications import Route
from services.safety.checks.contraindications.condition import DrugInCondition
from services.safety.knowledge.kinds.condition import ConditionRule
from services.safety.knowledge.loader import load
from services.safety.knowledge.models import EvidenceCode, Status
from services.safety.ledger.folding import fold, folded
from tests.brief_knowledge import knowledge, row
from tests.brief_rules import RULED
from tests.builders import at, condition, dosage, dose, order, voided
from tests.checks.ward import Ward
from tests.knowledge.test_site_directory import LOWER, write

ward = Ward(DrugInCondition(), RULED)
ordered = order("baclofen", "10 mg")
EPILEPSY = condition("icd10|G40.9", at(days=-400))


def found(*facts: PatientFact, now: float = 1, drug: str = "baclofen") -> str | None:
    return ward.severity(list(facts), at(now), drug)


def test_an_order_for_baclofen_in_a_patient_with_epilepsy_is_told_with_order_code_and_source() -> None:
    finding = ward.finding([ordered, EPILEPSY], at(1))
    assert finding is not None
    assert (finding.check, finding.subject) == ("condition", "baclofen|history of seizures")
    assert finding.severity is Severity.MAJOR
    assert finding.implicated == (ordered.entity, EPILEPSY.entity)
    assert finding.text.startswith("baclofen in a patient with history of seizures.")
    assert finding.evidence["conditions"] == [
        {"entity": EPILEPSY.entity, "codes": ["icd10|G40.9"], "matched": "icd10|G40*"}
    ]
    assert finding.sources[0].row == "condition.baclofen.seizures"


@pytest.mark.parametrize(
    ("code", "told"),
    [("icd10|G40.9", "major"), ("icd10|G409", "major"), ("icd9|345.1", "major"), ("icd10|G41", None)],
)
def test_a_code_is_found_with_or_without_its_point_and_no_other_one_is(code: str, told: str | None) -> None:
    assert found(ordered, condition(code)) == told


def test_seizures_that_are_over_count_and_copd_that_is_over_does_not() -> None:
    assert found(ordered, condition("icd10|G40.9", active=False)) == "major"
    assert found(ordered, condition("icd10|G40.9", at(-9), abated_at=at(-8))) == "major"
    assert found(ordered, condition("icd10|J44.1", active=False)) is None
    copd = condition("icd10|J44.1", at(-9), abated_at=at(2))
    assert ward.judge([ordered, copd], at(1)).review_at == at(2)
    assert found(ordered, copd, now=2 - 1 / 3600) == "moderate"
    assert found(ordered, copd, now=2) is None


def test_a_condition_that_begins_later_is_told_from_then_on() -> None:
    later = condition("icd10|G40.9", at(5))
    assert ward.judge([ordered, later], at(1)).review_at == at(5)
    assert found(ordered, later, now=5 - 1 / 3600) is None
    assert found(ordered, later, now=5) == "major"


def test_a_condition_entered_in_error_is_told_no_longer() -> None:
    ledger = folded([ordered, EPILEPSY], RULED)
    _, change = fold(ledger, voided(EPILEPSY, at(1)), RULED)
    assert change is not None
    assert change.inputs & DrugInCondition().reads(RULED)
    assert found(ordered, EPILEPSY, voided(EPILEPSY, at(1))) is None


def test_a_dose_counts_for_a_day_and_not_a_second_longer() -> None:
    given = dose("baclofen", "10 mg", at(0))
    assert ward.judge([given, EPILEPSY], at(1)).review_at == at(24)
    assert found(given, EPILEPSY, now=24 - 1 / 3600) == "major"
    assert found(given, EPILEPSY, now=24) is None


def test_an_order_as_needed_counts_one_severity_lower_until_it_is_given() -> None:
    as_needed = order("baclofen", None, dosages=(dosage("10 mg", as_needed=True),))
    assert found(as_needed, EPILEPSY) == "moderate"
    assert found(as_needed, dose("baclofen", "10 mg", at(0.5)), EPILEPSY) == "major"


def test_one_issue_for_a_drug_and_condition_and_one_for_each_further_condition() -> None:
    copd = condition("icd10|J44.1")
    both = condition("icd9|345.1")
    judgement = ward.judge([ordered, EPILEPSY, both, copd], at(1))
    assert [finding.subject for finding in judgement.findings] == [
        "baclofen|history of seizures",
        "baclofen|obstructive lung disease",
    ]
    assert set(judgement.findings[0].implicated) == {ordered.entity, EPILEPSY.entity, both.entity}


def test_the_worst_row_in_force_is_told_before_a_graver_draft() -> None:
    def rule(name: str, severity: Severity, status: Status) -> ConditionRule:
        stated = {"subject": "drug:baclofen", "condition": "asthma", "severity": severity, "status": status}
        return ConditionRule(**row(name, codes=(EvidenceCode(system="icd10", code="J45"),), **stated))

    rules = (
        rule("draft", Severity.CONTRAINDICATED, Status.DRAFT),
        rule("minor", Severity.MINOR, Status.SOURCE_CHECKED),
        rule("major", Severity.MAJOR, Status.SOURCE_CHECKED),
    )
    one = Ward(DrugInCondition(), knowledge(rules=rules))
    finding = one.finding([ordered, condition("icd10|J45")], at(1))
    assert finding is not None
    assert (finding.severity, finding.shadow) == (Severity.MAJOR, False)


def test_a_rule_for_routes_says_nothing_of_other_ones_and_an_unknown_route_counts() -> None:
    rule = ConditionRule(
        **row(
            "lungs",
            subject="class:nsaid",
            routes=(Route.ORAL,),
            condition="asthma",
            codes=(EvidenceCode(system="icd10", code="J45"),),
            severity=Severity.MAJOR,
            exposure=timedelta(hours=6),
        )
    )
    one = Ward(DrugInCondition(), knowledge(rules=(rule,)))
    asthma = condition("icd10|J45")

    def by(route: Route) -> str | None:
        return one.severity([dose("diclofenac", "50 mg", at(0), route=route), asthma], at(1), "diclofenac")

    assert (by(Route.ORAL), by(Route.UNKNOWN), by(Route.TOPICAL)) == ("major", "major", None)
    assert one.judge([dose("diclofenac", "50 mg"), asthma], at(1), "diclofenac").review_at == at(6)


def test_a_drug_without_rules_is_silent_at_once() -> None:
    assert ward.judge([order("warfarin", "5 mg"), EPILEPSY], at(1), "warfarin").review_at is None


@pytest.mark.parametrize(
    ("jurisdiction", "severity"), [("US", "major"), ("AT", "contraindicated"), ("DE", "contraindicated")]
)
def test_a_history_of_seizures_forbids_baclofen_where_the_leaflet_forbids_it(
    tmp_path: Path, jurisdiction: str, severity: str
) -> None:
    limits = LOWER.replace("    supersedes: baclofen.daily.us\n", "").replace("US", jurisdiction)
    overlay = None if jurisdiction == "US" else write(tmp_path, "drugs/baclofen.yaml", limits)
    site = load(overlay, jurisdiction=jurisdiction)
    shipped = Ward(DrugInCondition(), site)
    facts: list[PatientFact] = [ordered, Condition.model_validate(EPILEPSY.model_dump() | {"active": False})]
    finding = shipped.finding(facts, at(1))
    assert finding is not None
    assert (finding.severity.value, finding.shadow) == (severity, False)


@pytest.mark.parametrize(
    ("jurisdiction", "severity"), [("US", None), ("AT", "contraindicated"), ("DE", "contraindicated")]
)
def test_permanent_kidney_failure_forbids_baclofen_where_the_leaflet_forbids_it(
    tmp_path: Path, jurisdiction: str, severity: str | None
) -> None:
    limits = LOWER.replace("    supersedes: baclofen.daily.us\n", "").replace("US", jurisdiction)
    overlay = None if jurisdiction == "US" else write(tmp_path, "drugs/baclofen.yaml", limits)
    shipped = Ward(DrugInCondition(), load(overlay, jurisdiction=jurisdiction))
    assert shipped.severity([ordered, condition("icd10|N18.6", at(-1))], at(1)) == severity
    assert shipped.severity([ordered, condition("icd10|N18.5", at(-1))], at(1)) == severity
    assert shipped.finding([ordered, condition("icd10|N18.4", at(-1))], at(1)) is None
