"""A loading dose is for the start, and once."""

from datetime import timedelta

import pytest

from schemas.base import Severity
from schemas.clinical import PatientFact
from services.safety.checks.doses.loading_dose import LoadingDoseRepeated
from services.safety.knowledge.kinds.loading import Loading
from services.safety.recomputing import recomputed
from tests.brief_knowledge import MOUTH, amount, knowledge, row
from tests.builders import at, dose, order
from tests.checks.ward import Ward

DRUG = "tizanidine"
ROW = Loading(
    **row(
        "loading.tizanidine",
        subject=f"drug:{DRUG}",
        routes=MOUTH,
        daily_max=amount("75 mg"),
        load_for=timedelta(hours=24),
        gap=timedelta(days=5),
        severity=Severity.MODERATE,
    )
)
ward = Ward(LoadingDoseRepeated(), knowledge(rules=(ROW,)))
LOADED = dose(DRUG, "300 mg", at(0), entity="loading")


def given(stated: str, hours: float, seconds: float = 0) -> PatientFact:
    return dose(DRUG, stated, at(hours, seconds=seconds))


def test_the_loading_dose_is_no_overdose_and_what_follows_is_no_loading() -> None:
    facts = [LOADED, given("75 mg", 24), given("75 mg", 48)]
    for hours in (0, 23, 24, 25, 47, 48, 71):
        assert ward.finding(facts, at(hours), DRUG) is None
    assert ward.judge([LOADED], at(1), DRUG).review_at == at(24)


@pytest.mark.parametrize(("stated", "told"), [("75 mg", False), ("75.001 mg", True)])
def test_after_the_first_day_a_microgram_more_is_too_much(stated: str, *, told: bool) -> None:
    finding = ward.finding([LOADED, given(stated, 24)], at(24), DRUG)
    assert (finding is not None) is told


def test_a_second_before_the_first_day_is_over_it_is_still_the_loading() -> None:
    assert ward.finding([LOADED, given("300 mg", 24, seconds=-1)], at(24), DRUG) is None
    finding = ward.finding([LOADED, given("300 mg", 24)], at(24), DRUG)
    assert finding is not None and finding.level == 4
    assert "300 mg given per day; at most 75 mg after the first 24 h" in finding.text
    made = recomputed(LoadingDoseRepeated.id, finding.evidence)
    assert made is not None and made.agrees


def test_an_order_that_goes_on_with_the_loading_dose_is_told_when_the_first_day_is_over() -> None:
    facts: list[PatientFact] = [order(DRUG, "300 mg", at(0), times=1)]
    assert ward.finding(facts, at(24, seconds=-1), DRUG) is None
    assert ward.severity(facts, at(24), DRUG) == "moderate"
    ended: list[PatientFact] = [order(DRUG, "300 mg", at(0), times=1, ends_at=at(24))]
    assert ward.finding(ended, at(24), DRUG) is None


def test_after_a_break_of_five_days_it_may_be_loaded_again_and_a_second_sooner_not() -> None:
    again = 24 * 5
    assert ward.finding([LOADED, given("300 mg", again)], at(again), DRUG) is None
    sooner = [LOADED, given("300 mg", again, seconds=-1)]
    assert ward.finding(sooner, at(again, seconds=-1), DRUG) is not None
