"""Baclofen is no longer given, by omission or by order, after long use."""

from datetime import datetime, timedelta

from schemas.clinical import OrderState, PatientFact
from schemas.medications import Route
from services.safety.checks.not_assessed.unreadable import UnassessedRecord
from services.safety.checks.stopping.withdrawal import WithdrawalRisk
from tests.builders import at, corrected, dosage, dose, encounter, order, stopped
from tests.checks.ward import Ward

ward = Ward(WithdrawalRisk())
records = Ward(UnassessedRecord())
EIGHT_HOURLY = timedelta(hours=8)
ADMISSION: PatientFact = encounter(at(days=-20))
WARD_ORDER = order("baclofen", "10 mg", at(days=-10), every=EIGHT_HOURLY)


def doses(first: datetime, last: datetime, amount: str = "10 mg") -> list[PatientFact]:
    """A dose every eight hours."""
    count = (last - first) // EIGHT_HOURLY
    return [dose("baclofen", amount, first + n * EIGHT_HOURLY) for n in range(count + 1)]


USED: list[PatientFact] = [WARD_ORDER, *doses(at(days=-10), at(0))]
"""Ten days of baclofen, the last dose on the morning; due next at 8 and 16 hours after it."""


def test_two_missed_doses_are_an_issue_one_is_none() -> None:
    assert ward.finding([ADMISSION, *USED], at(9)) is None
    assert ward.finding([ADMISSION, *USED], at(17, seconds=-1)) is None
    finding = ward.finding([ADMISSION, *USED], at(17))
    assert finding is not None
    assert finding.severity.value == "major"
    assert finding.evidence["kind"] == "missed-doses"
    assert ward.judge([ADMISSION, *USED], at(1)).review_at == at(17)


def test_a_dose_that_is_charted_as_not_done_is_missed_at_once() -> None:
    refused = [dose("baclofen", None, at(h), done=False) for h in (8, 16)]
    assert ward.finding([ADMISSION, *USED, *refused], at(16, seconds=-1)) is None
    finding = ward.finding([ADMISSION, *USED, *refused], at(16))
    assert finding is not None
    assert {fact.entity for fact in refused} < set(finding.implicated)


def test_a_dose_within_the_tolerance_accounts_for_its_due_time() -> None:
    late = dose("baclofen", "10 mg", at(9))
    assert ward.finding([ADMISSION, *USED, late], at(17)) is None
    assert ward.finding([ADMISSION, *USED, late], at(25)) is not None


def test_a_late_dose_ends_the_chain() -> None:
    late = dose("baclofen", "10 mg", at(18))
    assert ward.finding([ADMISSION, *USED, late], at(18, seconds=-1)) is not None
    assert ward.finding([ADMISSION, *USED, late], at(18)) is None


def test_what_was_refused_up_to_the_last_dose_is_ended_by_it_whatever_is_charted_later() -> None:
    """Due at 8:00, 8:45 and 9:30; refused and then taken at 8:00."""
    often = order(
        "baclofen", dosages=(dosage(times=3, times_of_day=("08:00", "08:45", "09:30")),), when=at(-1)
    )
    used = [ADMISSION, *doses(at(days=-10), at(-16)), often, dose("baclofen", "10 mg", at(0), entity="taken")]
    for minutes in (-10, 0):
        refused = dose("baclofen", None, at(minutes=minutes), done=False, entity="refused")
        later = dose("baclofen", None, at(1.5), done=False, entity="refused later")
        finding = ward.finding([*used, refused, later], at(1.75))
        assert ward.finding([*used, refused, later], at(1.75, seconds=-1)) is None
        assert finding is not None
        assert "refused later" in finding.implicated
        assert "refused" not in finding.implicated


def test_extra_doses_do_not_account_for_later_due_times() -> None:
    extra = [dose("baclofen", "10 mg", at(0, minutes=m)) for m in (10, 20)]
    assert ward.finding([ADMISSION, *USED, *extra], at(17)) is not None


def test_less_than_seven_days_of_use_is_no_issue() -> None:
    short = [WARD_ORDER, *doses(at(days=-7, seconds=1), at(0))]
    enough = [WARD_ORDER, *doses(at(days=-7), at(0))]
    assert ward.finding([ADMISSION, *short], at(30)) is None
    assert ward.finding([ADMISSION, *enough], at(17)) is not None


def test_home_medication_counts_as_use() -> None:
    home = order("baclofen", "10 mg", at(days=-300), community=True, entity="home")
    new = order("baclofen", "10 mg", at(0), every=EIGHT_HOURLY, entity="ward")
    facts: list[PatientFact] = [encounter(at(0)), home, new, dose("baclofen", "10 mg", at(0))]
    assert ward.finding(facts, at(17)) is not None
    assert ward.finding([fact for fact in facts if fact is not home], at(17)) is None


def test_clock_times_of_the_order_are_its_due_times() -> None:
    ward_hours = dosage("10 mg", times=None, times_of_day=("08:00", "20:00"))
    ordered = order("baclofen", when=at(days=-10, hours=3), dosages=(ward_hours,))
    facts = [ADMISSION, ordered, *doses(at(days=-10), at(0))]
    assert ward.judge(facts, at(1)).review_at == at(25)
    assert ward.finding(facts, at(25, seconds=-1)) is None
    assert ward.finding(facts, at(25)) is not None


def test_without_a_known_stay_the_patient_counts_as_present_for_72_hours_after_a_dose() -> None:
    finding = ward.finding(USED, at(17))
    assert finding is not None
    assert finding.evidence["stay_presumed"] is True
    assert ward.finding(USED, at(72, seconds=-1)) is not None
    assert ward.finding(USED, at(72)) is None


def test_nobody_misses_doses_after_discharge_when_home_medication_goes_on() -> None:
    home = order("baclofen", "10 mg", at(days=-300), community=True, entity="home")
    stay = encounter(at(days=-20), ends_at=at(4))
    assert ward.finding([stay, home, *USED], at(17)) is None


def test_a_silent_source_is_not_assessed_instead_of_missed() -> None:
    facts = [ADMISSION, *USED]
    for seen in ({}, {"ward": at(16)}, {"other": at(17)}):
        assert ward.finding(facts, at(17), alive=seen) is None
        silent = records.finding(facts, at(17), alive=seen)
        assert silent is not None
        assert silent.reason is not None
        assert silent.reason.value == "feed-silent"
        assert silent.subjects == ("baclofen",)
    assert ward.finding(facts, at(17), alive={"ward": at(16, seconds=1)}) is not None
    assert records.finding(facts, at(17), alive={"ward": at(16, seconds=1)}) is None


def test_doses_charted_as_not_done_need_no_living_source() -> None:
    refused: list[PatientFact] = [dose("baclofen", None, at(h), done=False) for h in (8, 16)]
    assert ward.finding([ADMISSION, *USED, *refused], at(16), alive={}) is not None


def test_as_needed_and_held_orders_have_no_due_times() -> None:
    prn = order("baclofen", "10 mg", at(days=-10), every=EIGHT_HOURLY, as_needed=True)
    assert ward.finding([ADMISSION, prn, *doses(at(days=-10), at(0))], at(40)) is None


def test_two_orders_at_the_same_hours_are_one_occasion() -> None:
    second = order("baclofen", "5 mg", at(days=-10, minutes=30), every=EIGHT_HOURLY, entity="second")
    assert ward.finding([ADMISSION, second, *USED], at(10)) is None


def test_the_chain_goes_on_when_the_order_is_rewritten() -> None:
    rewritten = order(
        "baclofen", "10 mg", at(12), every=EIGHT_HOURLY, replaces=WARD_ORDER.entity, entity="new"
    )
    assert ward.finding([ADMISSION, *USED, rewritten], at(14)) is not None


def test_a_stopped_order_is_an_abrupt_stop_at_once() -> None:
    facts = [*USED, stopped(WARD_ORDER, at(4))]
    assert ward.finding(facts, at(4, seconds=-1)) is None
    finding = ward.finding(facts, at(4))
    assert finding is not None
    assert finding.severity.value == "major"
    assert finding.evidence["kind"] == "abrupt-stop"


def test_an_abrupt_stop_is_worse_when_the_last_dose_is_a_day_old() -> None:
    facts = [*USED, stopped(WARD_ORDER, at(4))]
    early, late = ward.finding(facts, at(24, seconds=-1)), ward.finding(facts, at(24))
    assert early is not None
    assert late is not None
    assert late.level > early.level
    assert ward.judge(facts, at(5)).review_at == at(24)


def test_an_abrupt_stop_is_looked_at_again_when_a_dose_on_record_begins() -> None:
    stop = [ADMISSION, *USED, stopped(WARD_ORDER, at(1)), dose("baclofen", "10 mg", at(5))]
    assert ward.judge(stop, at(5, seconds=-1)).review_at == at(5)
    assert ward.finding(stop, at(5, seconds=-1)) is not None
    assert ward.finding(stop, at(5)) is None


def test_an_abrupt_stop_is_shown_for_72_hours() -> None:
    facts = [*USED, stopped(WARD_ORDER, at(4))]
    assert ward.finding(facts, at(76, seconds=-1)) is not None
    assert ward.finding(facts, at(76)) is None


def test_an_order_that_expires_is_an_abrupt_stop() -> None:
    expiring = corrected(WARD_ORDER, at(days=-10), ends_at=at(6), version=1)
    facts = [*USED, expiring]
    assert ward.judge(facts, at(1)).review_at == at(6)
    assert ward.finding(facts, at(6)) is not None


def test_a_held_order_is_an_abrupt_stop() -> None:
    held = corrected(WARD_ORDER, at(4), state=OrderState.ON_HOLD)
    assert ward.finding([*USED, held], at(4)) is not None


def test_discharge_without_home_medication_is_an_abrupt_stop() -> None:
    stay = encounter(at(days=-20), ends_at=at(4))
    assert ward.finding([stay, *USED], at(4, seconds=-1)) is None
    assert ward.finding([stay, *USED], at(4)) is not None


def test_a_replacement_is_no_stop() -> None:
    replacement = order("baclofen", "5 mg", at(4), replaces=WARD_ORDER.entity, entity="new")
    assert ward.finding([*USED, stopped(WARD_ORDER, at(4)), replacement], at(4)) is None


def test_a_stop_after_less_than_seven_days_is_no_issue() -> None:
    ordered = order("baclofen", "10 mg", at(days=-6), every=EIGHT_HOURLY)
    facts = [ordered, *doses(at(days=-6), at(0)), stopped(ordered, at(4))]
    assert ward.finding(facts, at(4)) is None


def test_a_taper_over_seven_days_is_no_abrupt_stop() -> None:
    taper = [*doses(at(days=-14), at(days=-7, hours=-8)), *doses(at(days=-7), at(0), "5 mg")]
    too_short = [*doses(at(days=-14), at(days=-3, hours=-8)), *doses(at(days=-3), at(0), "5 mg")]
    ordered = order("baclofen", "10 mg", at(days=-14), every=EIGHT_HOURLY)
    assert ward.finding([ordered, *taper, stopped(ordered, at(4))], at(4)) is None
    assert ward.finding([ordered, *too_short, stopped(ordered, at(4))], at(4)) is not None


def test_spinal_doses_are_judged_by_rows_of_their_route_only() -> None:
    spinal: list[PatientFact] = [
        dose("baclofen", "100 ug", at(hours=8 * n - 240), route=Route.INTRATHECAL) for n in range(31)
    ]
    ordered = order("baclofen", "100 ug", at(days=-10), every=EIGHT_HOURLY, route=Route.INTRATHECAL)
    assert ward.finding([ADMISSION, ordered, *spinal], at(40)) is None
