"""Conditions that no row could recognise are told as not judged, and only where they matter."""

from schemas.base import Severity
from schemas.clinical import Condition, PatientFact
from schemas.issues import NotAssessedReason
from services.safety.checks.not_assessed.unassessed_condition import UnassessedCondition
from services.safety.knowledge.kinds.condition import ConditionRule
from services.safety.knowledge.models import EvidenceCode, Status
from tests.brief_knowledge import knowledge, row
from tests.brief_livers import LIVERS
from tests.brief_rules import RULED
from tests.builders import at, condition, dose, order, voided
from tests.checks.ward import Ward

ward = Ward(UnassessedCondition(), RULED)
ORDER = order("baclofen", "10 mg", at(0))


def in_words(text: str, hours: float = 0, **more: object) -> Condition:
    return condition("", at(hours), text=text, entity=text, **more)


def told(*facts: PatientFact, now: float = 1, where: Ward = ward) -> str | None:
    finding = where.finding([*facts], at(now))
    return finding.text if finding is not None else None


def test_a_condition_in_words_beside_a_drug_with_rows_is_told_once_with_how_many_there_are() -> None:
    finding = ward.finding([ORDER, in_words("fits"), in_words("fainting")], at(1))
    assert finding is not None
    assert finding.reason is NotAssessedReason.UNCODED_CONDITION
    assert finding.severity.value == "minor"
    assert finding.subjects == ("baclofen",)
    assert finding.implicated == ("fainting", "fits")
    assert "known here: 2." in finding.text


def test_every_drug_in_use_for_which_it_matters_is_named() -> None:
    finding = ward.finding([ORDER, order("morphine", "5 mg", at(0)), in_words("fits")], at(1))
    assert finding is not None
    assert finding.subjects == ("baclofen", "morphine")


def test_a_code_of_a_list_in_which_no_row_is_written_is_no_better_than_words() -> None:
    assert told(ORDER, condition("our-list|17")) is not None
    assert told(ORDER, condition("icd10|Z00.0")) is None
    both = condition(
        "our-list|17", codings=(*condition("our-list|17").codings, *condition("icd9|V70").codings)
    )
    assert told(ORDER, both) is None


def test_without_a_drug_that_has_a_row_there_is_nothing_that_could_not_be_looked_at() -> None:
    assert told(in_words("fits")) is None
    assert told(in_words("fits"), order("acetaminophen", "1 g", at(0))) is None
    assert not UnassessedCondition().concerns(RULED, "acetaminophen")


def test_it_ends_a_day_after_the_last_dose_of_a_drug_without_an_order() -> None:
    facts: list[PatientFact] = [dose("baclofen", "10 mg", at(0)), in_words("fits")]
    assert ward.judge(facts, at(1)).review_at == at(24)
    assert ward.finding(facts, at(24, seconds=-1)) is not None
    assert ward.finding(facts, at(24)) is None


def test_a_condition_that_is_over_matters_only_where_a_history_counts() -> None:
    over = in_words("fits", abated_at=at(2))
    history, present = ORDER, order("morphine", "5 mg", at(0))
    assert told(history, over, now=3) is not None
    assert ward.finding([present, over], at(2, seconds=-1)) is not None
    assert ward.finding([present, over], at(2)) is None
    assert ward.judge([present, over], at(1)).review_at == at(2)
    assert told(present, in_words("fits", active=False)) is None


def test_a_condition_counts_from_when_it_holds_and_not_once_it_is_taken_back() -> None:
    later = in_words("fits", 2)
    assert ward.finding([ORDER, later], at(2, seconds=-1)) is None
    assert ward.finding([ORDER, later], at(2)) is not None
    assert ward.finding([ORDER, later, voided(later, at(3))], at(3)) is None


def test_drafts_ask_for_nothing_and_know_no_codes() -> None:
    rule = row(
        "condition.baclofen.draft",
        subject="drug:baclofen",
        condition="history of seizures",
        codes=(EvidenceCode(system="icd10", code="G40", prefix=True),),
        severity=Severity.MAJOR,
    )
    in_force, draft = (
        Ward(UnassessedCondition(), knowledge(rules=(ConditionRule(**rule | {"status": status}),)))
        for status in (Status.SOURCE_CHECKED, Status.DRAFT)
    )
    assert told(ORDER, in_words("fits"), where=in_force) is not None
    assert told(ORDER, in_words("fits"), where=draft) is None


def test_a_drug_whose_dose_depends_on_the_liver_asks_for_conditions_too() -> None:
    livers = Ward(UnassessedCondition(), knowledge(rules=LIVERS))
    ordered = order("citalopram", "10 mg", at(0))
    text = told(ordered, in_words("bad liver"), where=livers)
    assert text is not None and "Whether they forbid citalopram, or a dose of it, is not judged." in text
    assert told(ordered, condition("icd10|K80.2"), where=livers) is None
    assert told(order("acetaminophen", "1 g", at(0)), in_words("bad liver"), where=livers) is None
