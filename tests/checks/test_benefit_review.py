"""Six weeks at full dose, or what the row says, and nobody wrote down whether it helps."""

from datetime import timedelta

from schemas.clinical import PatientFact
from services.safety.checks.watching.benefit_review import BenefitUnknown
from services.safety.knowledge.loader import load
from services.safety.recomputing import recomputed
from tests.brief_rules import RULED
from tests.builders import at, dose, encounter, observation, order, stopped
from tests.checks.ward import Ward

SECOND = 1 / 3600
ward = Ward(BenefitUnknown(), RULED)
"""The brief row: 60 mg a day, and four days."""

STAY = encounter(at(-24))
FULL = order("baclofen", "20 mg", at(0), times=3)
DUE = 96.0


def told(*facts: PatientFact, now: float) -> bool:
    return ward.finding(list(facts), at(now)) is not None


def test_the_review_is_due_four_days_after_the_full_dose_to_the_second() -> None:
    assert not told(STAY, FULL, now=DUE - SECOND)
    assert ward.judge([STAY, FULL], at(DUE - SECOND)).review_at == at(DUE)
    finding = ward.finding([STAY, FULL], at(DUE))
    assert finding is not None
    assert (finding.check, finding.subject, finding.severity.value) == ("benefit-review", "baclofen", "minor")
    assert finding.text.startswith("baclofen: 60 mg a day; 60 mg or more since 2026-03-02 08:00 UTC;")
    assert finding.implicated == (FULL.entity,)
    again = recomputed("benefit-review", finding.evidence)
    assert again is not None
    assert again.agrees


def test_one_microgram_less_is_not_the_full_dose() -> None:
    assert not told(STAY, order("baclofen", "19999 ug", at(0), times=3), now=500)


def test_time_at_full_dose_goes_on_over_orders_and_begins_again_after_a_lower_one() -> None:
    first = order("baclofen", "20 mg", at(0), times=3, ends_at=at(50), entity="first")
    same = order("baclofen", "25 mg", at(50), times=3, entity="second")
    assert told(STAY, first, same, now=DUE)
    lower = order("baclofen", "10 mg", at(50), times=3, ends_at=at(60), entity="second")
    full = order("baclofen", "20 mg", at(60), times=3, entity="third")
    assert not told(STAY, first, lower, full, now=60 + DUE - SECOND)
    assert told(STAY, first, lower, full, now=60 + DUE)


def test_an_effect_written_down_since_then_settles_it_and_one_before_does_not() -> None:
    assert told(STAY, FULL, observation("snomed|26544005", "2 1", at(0)), now=DUE)
    assert not told(STAY, FULL, observation("snomed|26544005", None, at(0, seconds=1)), now=DUE)
    later = observation("snomed|26544005", "2 1", at(DUE + 5))
    assert ward.judge([STAY, FULL, later], at(DUE)).review_at == at(DUE + 5)
    assert not told(STAY, FULL, later, now=DUE + 5)


def test_it_ends_with_the_drug_and_with_the_stay() -> None:
    assert not told(STAY, FULL, stopped(FULL, at(100)), now=100)
    left = encounter(at(-24), ends_at=at(100))
    assert ward.judge([left, FULL], at(DUE)).review_at == at(100)
    assert not told(left, FULL, now=100)


def test_without_a_known_stay_a_dose_of_the_last_three_days_shows_the_patient_in_the_house() -> None:
    assert not told(FULL, now=DUE)
    assert told(FULL, dose("baclofen", "20 mg", at(30)), now=30 + 72 - SECOND)
    assert not told(FULL, dose("baclofen", "20 mg", at(30)), now=30 + 72)


def test_six_weeks_at_80_mg_of_baclofen_as_shipped() -> None:
    shipped = Ward(BenefitUnknown(), load())
    order_80 = order("baclofen", "20 mg", at(0), times=4)
    six_weeks = timedelta(weeks=6)
    assert shipped.finding([STAY, order_80], at(0) + six_weeks - timedelta(seconds=1)) is None
    finding = shipped.finding([STAY, order_80], at(0) + six_weeks)
    assert finding is not None
    assert not finding.shadow
    assert "Modified Ashworth" in finding.text
    scored = observation("snomed|765771006", "2 1", at(24))
    assert shipped.finding([STAY, order_80, scored], at(0) + six_weeks) is None
