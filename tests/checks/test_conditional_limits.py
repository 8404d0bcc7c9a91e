"""Limits that hold in a condition only, or in everybody but those who have one."""

from datetime import timedelta

from schemas.clinical import PatientFact
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.doses.prescribed_dose import PrescribedDose
from services.safety.knowledge.models import EvidenceCode, LimitKind, PatientCondition
from tests.brief_knowledge import LIMITS, knowledge, limit
from tests.builders import at, condition, corrected, dose, order, voided
from tests.checks.ward import Ward

LIVER = PatientCondition(
    condition="liver disease", codes=(EvidenceCode(system="icd10", code="K7", prefix=True),)
)
CANCER = PatientCondition(
    condition="cancer", codes=(EvidenceCode(system="icd10", code="C", prefix=True),), history_counts=True
)
WEEK = timedelta(days=7)
BASE = knowledge(
    limits={
        "acetaminophen": (
            *LIMITS["acetaminophen"],
            limit("acetaminophen", LimitKind.DAILY, "2000 mg", ".liver", only_in=LIVER),
        ),
        "warfarin": (limit("warfarin", LimitKind.DAILY, "20 mg", window=WEEK, not_in=CANCER),),
    }
)
given, prescribed = Ward(CumulativeDose(), BASE), Ward(PrescribedDose(), BASE)
DRUG = "acetaminophen"


def doses(amount: str) -> list[PatientFact]:
    return [dose(DRUG, amount, at(6 * n), entity=f"d{n}") for n in range(4)]


def test_two_grams_are_the_limit_in_liver_disease_and_a_microgram_more_is_too_much() -> None:
    ill = condition("icd10|K74.6", at(-100), entity="cirrhosis")
    assert given.finding([ill, *doses("500 mg")], at(18), DRUG) is None
    finding = given.finding([ill, *doses("500 mg"), dose(DRUG, "0.001 mg", at(19))], at(19), DRUG)
    assert finding is not None
    assert "limit 2000 mg (in liver disease)" in finding.text
    assert "cirrhosis" in finding.implicated
    assert finding.evidence["condition"] == {"condition": "liver disease", "entities": ["cirrhosis"]}


def test_without_it_or_after_it_the_usual_limit_holds() -> None:
    assert given.finding(doses("800 mg"), at(18), DRUG) is None
    ill = condition("icd10|K74.6", at(-100), entity="cirrhosis")
    over = corrected(ill, at(-1), abated_at=at(18))
    facts = [over, *doses("800 mg")]
    assert given.finding(facts, at(18, seconds=-1), DRUG) is not None
    assert given.judge(facts, at(18, seconds=-1), DRUG).review_at == at(18)
    assert given.finding(facts, at(18), DRUG) is None
    assert given.finding([voided(ill, at(1)), *doses("800 mg")], at(18), DRUG) is None


def test_a_row_for_all_but_some_is_silent_in_those() -> None:
    facts: list[PatientFact] = [order("warfarin", "3 mg", at(0), times=1)]
    assert prescribed.finding(facts, at(1), "warfarin") is not None
    known_cancer = condition("icd10|C91.0", at(-100), active=False)
    assert prescribed.finding([known_cancer, *facts], at(1), "warfarin") is None


def test_a_week_of_orders_is_held_against_a_weekly_limit() -> None:
    weekly = order("warfarin", "20 mg", at(0), every=WEEK, entity="weekly")
    assert prescribed.finding([weekly], at(1), "warfarin") is None
    more = order("warfarin", "0.001 mg", at(0), every=WEEK, entity="more")
    finding = prescribed.finding([weekly, more], at(1), "warfarin")
    assert finding is not None
    assert "20.001 mg prescribed per 7 days; limit 20 mg" in finding.text
    assert finding.evidence["window_hours"] == "168"


def test_a_weekly_dose_ordered_daily_is_seven_times_too_much() -> None:
    finding = prescribed.finding([order("warfarin", "20 mg", at(0), times=1)], at(1), "warfarin")
    assert finding is not None
    assert (finding.evidence["total"], finding.severity.value) == ("140", "major")


def test_a_daily_order_for_three_days_is_three_doses_of_a_week() -> None:
    three_days = order("warfarin", "7 mg", at(0), times=1, ends_at=at(72))
    finding = prescribed.finding([three_days], at(1), "warfarin")
    assert finding is not None and finding.evidence["total"] == "21"
    two_days = order("warfarin", "10 mg", at(0), times=1, ends_at=at(48))
    assert prescribed.finding([two_days], at(1), "warfarin") is None


def test_a_week_of_doses_given_is_a_rolling_week() -> None:
    facts: list[PatientFact] = [
        dose("warfarin", "15 mg", at(0), entity="first"),
        dose("warfarin", "15 mg", at(24 * 6), entity="second"),
    ]
    assert given.severity(facts, at(24 * 6), "warfarin") == "major"
    apart = [facts[0], dose("warfarin", "15 mg", at(24 * 7), entity="second")]
    assert given.finding(apart, at(24 * 7), "warfarin") is None
