"""What weak kidneys allow at once, and how long they want between two doses."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.base import Severity
from schemas.clinical import PatientFact
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.organs.renal_schedule import RenalSchedule
from services.safety.knowledge.kinds.renal import KidneyMeasure
from services.safety.knowledge.kinds.renal_schedule import RenalSchedule as Row
from services.safety.knowledge.kinds.renal_schedule import ScheduleAdvice, ScheduleBand
from services.safety.knowledge.models import Status
from services.safety.recomputing import recomputed
from tests.brief_knowledge import MOUTH, amount, knowledge, row
from tests.brief_rules import KIDNEYS
from tests.builders import at, condition, dose, observation, order, voided
from tests.checks.ward import Ward

DRUG = "tramadol"
DAY, TWO_DAYS = timedelta(hours=24), timedelta(hours=48)
BANDS = (
    ScheduleBand(
        below=Decimal(60), at_least=TWO_DAYS, doses_above=amount("20 mg"), severity=Severity.MODERATE
    ),
    ScheduleBand(below=Decimal(30), single_max=amount("20 mg"), at_least=DAY, severity=Severity.MODERATE),
)
ROW = Row(
    **row(
        "renal-schedule.tramadol",
        subject=f"drug:{DRUG}",
        routes=MOUTH,
        measure=KidneyMeasure.EGFR,
        bands=BANDS,
        dialysis=ScheduleAdvice(single_max=amount("10 mg"), severity=Severity.MAJOR),
    )
)
ward = Ward(RenalSchedule(), knowledge(rules=(ROW,), kidneys=KIDNEYS))


def egfr(value: str, hours: float = -1) -> PatientFact:
    return observation("98979-8", f"{value} mL/min/{{1.73_m2}}", at(hours), entity=f"egfr {value}")


def given(stated: str, hours: float = 0, seconds: float = 0, route: Route = Route.ORAL) -> PatientFact:
    return dose(DRUG, stated, at(hours, seconds=seconds), route=route)


@pytest.mark.parametrize(
    ("value", "stated", "severity"),
    [
        ("29.999", "20 mg", None),
        ("29.999", "20.001 mg", "moderate"),
        ("30", "20.001 mg", None),
    ],
)
def test_a_dose_is_too_large_by_a_microgram_and_only_below_the_edge(
    value: str, stated: str, severity: str | None
) -> None:
    assert ward.severity([egfr(value), given(stated)], at(0), DRUG) == severity
    every_other_day = order(DRUG, stated, at(0), every=TWO_DAYS)
    assert ward.severity([egfr(value), every_other_day], at(0), DRUG) == severity


def test_what_is_told_of_a_dose_that_is_too_large() -> None:
    facts = [egfr("25"), given("30 mg")]
    finding = ward.finding(facts, at(1), DRUG)
    assert finding is not None
    assert finding.text.startswith(
        "tramadol: 30 mg given at once; at most 20 mg at once below 30 (eGFR 25 of 2026-03-02 07:00 UTC)."
    )
    assert "egfr 25" in finding.implicated
    made = recomputed(RenalSchedule.id, finding.evidence)
    assert made is not None and made.agrees and made.shown == 30
    assert ward.finding(facts, at(24, seconds=-1), DRUG) is not None
    assert ward.finding(facts, at(24), DRUG) is None


def test_a_dose_within_the_ward_s_window_of_its_time_is_not_too_soon_and_a_second_earlier_is() -> None:
    facts = [egfr("25"), given("20 mg")]
    assert ward.finding([*facts, given("20 mg", 23)], at(23), DRUG) is None
    finding = ward.finding([*facts, given("20 mg", 23, seconds=-1)], at(23), DRUG)
    assert finding is not None and finding.severity is Severity.MODERATE
    assert "22 h 59 min 59 s after the dose before; at least 24 h below 30" in finding.text
    made = recomputed(RenalSchedule.id, finding.evidence)
    assert made is not None and made.agrees


def test_a_dose_before_half_of_the_time_has_passed_is_graver() -> None:
    facts = [egfr("25"), given("20 mg")]
    assert ward.severity([*facts, given("20 mg", 12)], at(12), DRUG) == "moderate"
    assert ward.severity([*facts, given("20 mg", 12, seconds=-1)], at(12), DRUG) == "major"


def test_much_too_soon_is_never_told_as_forbidden() -> None:
    bands = (BANDS[1].model_copy(update={"severity": Severity.MAJOR}),)
    grave = Ward(
        RenalSchedule(),
        knowledge(rules=(ROW.model_copy(update={"bands": bands}),), kidneys=KIDNEYS),
    )
    assert grave.severity([egfr("25"), given("20 mg"), given("20 mg", 1)], at(1), DRUG) == "major"


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [("20 mg", "20 mg", False), ("20 mg", "20.001 mg", True), ("20.001 mg", "20 mg", True)],
)
def test_twenty_milligrams_a_day_or_forty_every_other_day(first: str, second: str, *, told: bool) -> None:
    facts = [egfr("45"), given(first), given(second, 24)]
    assert (ward.finding(facts, at(24), DRUG) is not None) is told


def test_an_order_is_due_too_often() -> None:
    facts = [egfr("25"), order(DRUG, "10 mg", at(0), times=2)]
    finding = ward.finding(facts, at(0), DRUG)
    assert finding is not None and finding.severity is Severity.MODERATE
    assert "ordered every 12 h; at least 24 h apart below 30" in finding.text
    assert ward.finding([egfr("25"), order(DRUG, "10 mg", at(0), times=1)], at(0), DRUG) is None
    as_needed = order(DRUG, "10 mg", at(0), times=2, as_needed=True)
    assert ward.severity([egfr("25"), as_needed], at(0), DRUG) == "minor"


def test_a_result_that_falls_judges_orders_anew_and_makes_no_error_of_the_doses_before_it() -> None:
    facts = [egfr("70"), given("20 mg"), given("20 mg", 12), egfr("25", 13)]
    assert ward.finding(facts, at(14), DRUG) is None
    ordered = [*facts, order(DRUG, "20 mg", at(0), times=2)]
    assert ward.finding(ordered, at(13, seconds=-1), DRUG) is None
    assert ward.severity(ordered, at(13), DRUG) == "moderate"
    assert ward.severity([*facts, given("20 mg", 24)], at(24), DRUG) == "moderate"


def test_kidneys_that_nobody_knew_then_count_as_they_are_known_now() -> None:
    low = egfr("25", 2)
    facts = [given("30 mg"), low]
    assert ward.severity(facts, at(2), DRUG) == "moderate"
    finding = ward.finding([*facts, voided(low, at(3))], at(3), DRUG)
    assert finding is not None and finding.reason is NotAssessedReason.MISSING_RENAL_FUNCTION


def test_dialysis_has_its_own_dose_and_no_interval() -> None:
    on_dialysis = condition("icd10|Z99.2", at(-24))
    assert ward.finding([on_dialysis, given("10 mg"), given("10 mg", 4)], at(4), DRUG) is None
    assert ward.severity([on_dialysis, given("10.001 mg")], at(0), DRUG) == "major"


def test_other_routes_and_long_infusions_are_not_judged() -> None:
    facts = [egfr("25"), given("90 mg", route=Route.INTRAVENOUS)]
    assert ward.finding(facts, at(0), DRUG) is None
    slow = dose(DRUG, "90 mg", at(0), lasting=timedelta(hours=1, seconds=1))
    assert ward.finding([egfr("25"), slow], at(1), DRUG) is None


def test_unknown_kidneys_are_said_once_and_not_beside_a_row_about_the_day() -> None:
    finding = ward.finding([given("10 mg")], at(0), DRUG)
    assert finding is not None and finding.reason is NotAssessedReason.MISSING_RENAL_FUNCTION
    assert ward.finding([given("10 mg")], at(24), DRUG) is None
    draft = Ward(RenalSchedule(), knowledge(rules=(ROW.model_copy(update={"status": Status.DRAFT}),)))
    assert draft.finding([given("10 mg")], at(0), DRUG) is None


def test_a_dose_of_which_nobody_knows_how_much_it_is_is_not_assessed() -> None:
    facts = [egfr("25"), dose(DRUG, None, at(0))]
    finding = ward.finding(facts, at(0), DRUG)
    assert finding is not None and finding.reason is NotAssessedReason.MISSING_DOSE
    finding = ward.finding([egfr("25"), order(DRUG, "5 mL", at(0), times=1)], at(0), DRUG)
    assert finding is not None and finding.reason is NotAssessedReason.UNCONVERTIBLE_UNIT
    assert ward.finding([egfr("70"), dose(DRUG, None, at(0))], at(0), DRUG) is None
