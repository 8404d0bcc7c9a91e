"""A pump begins with at most twice the screening dose that worked."""

from datetime import timedelta
from decimal import Decimal

from schemas.base import Severity
from schemas.clinical import PatientFact
from schemas.medications import Route
from services.safety.checks.judgement import Finding
from services.safety.checks.starting.screened_start import ScreenedStartTooHigh
from services.safety.knowledge.kinds.screened_start import ScreenedStart
from services.safety.recomputing import recomputed
from tests.brief_knowledge import knowledge, row
from tests.builders import at, dosage, dose, order
from tests.checks.ward import Ward

SPINE = Route.INTRATHECAL
ROW = ScreenedStart(
    **row(
        "screened-start.baclofen",
        subject="drug:baclofen",
        routes=(SPINE,),
        times=Decimal(2),
        screened_within=timedelta(days=30),
        gap=timedelta(hours=72),
        watched_for=timedelta(hours=24),
        severity=Severity.MAJOR,
    )
)
ward = Ward(ScreenedStartTooHigh(), knowledge(rules=(ROW,)))


def screened(stated: str, hours: float, seconds: float = 0) -> PatientFact:
    return dose("baclofen", stated, at(hours, seconds=seconds), route=SPINE)


def pump(daily: str, hours: float = 0) -> PatientFact:
    step = dosage(daily, times=1, route=SPINE)
    return order("baclofen", None, at(hours), dosages=(step,), entity="pump")


def told(*facts: PatientFact, hours: float = 0) -> Finding | None:
    return ward.finding(list(facts), at(hours))


def reason(finding: Finding | None) -> str | None:
    return finding.reason.value if finding is not None and finding.reason is not None else None


def test_twice_the_screening_dose_is_a_begin_and_a_microgram_more_is_too_much() -> None:
    assert told(screened("50 ug", -48), pump("100 ug")) is None
    high = told(screened("50 ug", -48), pump("101 ug"))
    assert high is not None and high.severity is Severity.MAJOR
    assert high.text.startswith(
        "baclofen: the pump begins with 101 ug ordered per day; at most 100 ug after a screening dose of 50 "
    )
    again = recomputed(high.check, high.evidence)
    assert again is not None and again.made == again.shown == Decimal("0.101")


def test_the_last_screening_dose_is_the_one_that_worked() -> None:
    trial = [screened("50 ug", -72), screened("75 ug", -48)]
    assert told(*trial, pump("150 ug")) is None
    assert told(*trial, pump("151 ug")) is not None
    after = screened("100 ug", 1)
    assert told(*trial, pump("151 ug"), after, hours=1) is not None


def test_what_ran_in_without_an_order_counts_from_the_microgram_that_is_too_much() -> None:
    running = dose("baclofen", "200 ug", at(0), route=SPINE, lasting=timedelta(hours=20))
    assert told(screened("50 ug", -48), running, hours=10) is None
    after = ward.finding([screened("50 ug", -48), running], at(10, seconds=1))
    assert after is not None and "given per day" in after.text


def test_without_a_screening_dose_it_is_said_that_the_begin_is_not_judged() -> None:
    assert reason(told(pump("100 ug"))) == "insufficient-history"
    assert reason(told(screened("50 ug", -720), pump("100 ug"))) == "insufficient-history"
    assert told(screened("50 ug", -720, seconds=1), pump("100 ug")) is None


def test_where_the_last_screening_dose_cannot_be_read_no_earlier_one_stands_in_for_it() -> None:
    unreadable = screened("2 drop", -24)
    for daily in ("100 ug", "151 ug"):
        assert reason(told(screened("50 ug", -48), unreadable, pump(daily))) == "insufficient-history"
    assert told(screened("50 ug", -48), unreadable, screened("75 ug", -12), pump("150 ug")) is None


def test_a_day_after_the_begin_steps_are_what_is_judged() -> None:
    facts = [screened("50 ug", -48), pump("200 ug")]
    assert told(*facts, hours=23.999) is not None
    assert told(*facts, hours=24) is None
    assert told(pump("200 ug"), hours=24) is None


def test_a_pump_that_runs_since_long_begins_nothing_when_its_order_is_replaced() -> None:
    old = order("baclofen", None, at(-500), dosages=(dosage("300 ug", times=1, route=SPINE),), entity="old")
    new = dosage("330 ug", times=1, route=SPINE)
    replaced = order("baclofen", None, at(0), dosages=(new,), entity="new", replaces="old")
    assert told(screened("50 ug", -600), old, replaced) is None


def test_a_screening_dose_ordered_once_is_no_pump_and_tablets_are_none_either() -> None:
    once = order("baclofen", None, at(0), dosages=(dosage("50 ug", times=None, once=True, route=SPINE),))
    assert told(once) is None
    assert told(screened("50 ug", -48), order("baclofen", "20 mg", at(0))) is None


def test_a_day_of_no_round_number_of_micrograms_is_told_rounded() -> None:
    high = told(screened("33.333333333333 ug", -48), pump("66.666666666667 ug"))
    assert high is not None
    assert "begins with 66.666667 ug ordered per day; at most 66.666667 ug after" in high.text
