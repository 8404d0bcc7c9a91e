"""What must be measured while a drug is used is told once it is overdue, to the second, in a line a drug."""

from datetime import datetime, timedelta

import pytest

from schemas.clinical import PatientFact
from schemas.medications import Route
from services.safety.checks.watching.monitoring import Unmonitored
from services.safety.knowledge.models import Status
from services.safety.ledger.folding import fold, folded
from tests.brief_knowledge import knowledge
from tests.brief_patient_rules import HOUR, monitoring
from tests.builders import at, dosage, dose, encounter, observation, order, stopped, voided
from tests.checks.ward import Ward

SECOND = 1 / 3600
STAY = encounter(at(-24))
BEGUN = order("baclofen", "10 mg", at(0))
KIDNEYS = monitoring("drug:baclofen", "kidney function", "egfr", "creatinine", before=120 * HOUR)


def ward(**wanted: timedelta) -> Ward:
    """Kidney function is wanted for baclofen; half a day of grace, a break of two days."""
    rule = monitoring("drug:baclofen", "kidney function", "egfr", "creatinine", **wanted)
    return Ward(Unmonitored(), knowledge(rules=(rule,)))


def egfr(hours: float, value: str | None = "90 mL/min/{1.73_m2}", text: str = "") -> PatientFact:
    """A result, stated by the ward's source."""
    return observation("98979-8", value, at(hours), text=text)


def other(hours: float) -> PatientFact:
    """A creatinine, which the row takes as well."""
    return observation("2160-0", "0.9 mg/dL", at(hours))


def told(one: Ward, *facts: PatientFact, now: float, drug: str = "baclofen") -> str | None:
    """The text of the finding about the drug; what is not assessed is told as its reason."""
    finding = one.finding(list(facts), at(now), drug)
    if finding is None or finding.reason is None:
        return finding.text if finding is not None else None
    return finding.reason.value


def becomes_due(one: Ward, *facts: PatientFact, at_hour: float) -> None:
    """Nothing is told one second before, and it is at the instant, which the check itself asks for."""
    early = one.judge(list(facts), at(at_hour - SECOND))
    assert early.findings == ()
    assert early.review_at == at(at_hour)
    assert len(one.judge(list(facts), at(at_hour)).findings) == 1


OLD = egfr(-121)


def test_a_value_that_is_too_old_when_the_use_begins_is_told_half_a_day_later() -> None:
    becomes_due(ward(before=120 * HOUR), STAY, OLD, BEGUN, at_hour=12)
    finding = ward(before=120 * HOUR).finding([STAY, OLD, BEGUN], at(12))
    assert finding is not None
    assert (finding.check, finding.subject, finding.subjects) == ("monitoring", "baclofen", ("baclofen",))
    assert finding.severity.value == "minor"
    assert finding.text.startswith(
        "baclofen: kidney function overdue, last result 2026-02-25 07:00 UTC "
        "(wanted at the start (not older than 5 d))."
    )
    assert finding.implicated == (BEGUN.entity, OLD.entity)
    assert finding.evidence["overdue"] == [
        {
            "measured": "kidney function",
            "wanted": "at the start (not older than 5 d)",
            "last_result": OLD.entity,
            "last_result_at": OLD.effective_at.isoformat(),
            "could_not_be_read": [],
            "overdue_since": at(12).isoformat(),
        }
    ]


def test_a_value_just_young_enough_at_the_start_or_one_that_comes_later_is_enough() -> None:
    assert told(ward(before=120 * HOUR), STAY, egfr(-120), BEGUN, now=500) is None
    assert told(ward(before=120 * HOUR), STAY, egfr(-120 - SECOND), BEGUN, now=500) is not None
    assert told(ward(before=120 * HOUR), STAY, OLD, BEGUN, egfr(13), now=13) is None
    assert told(ward(before=120 * HOUR), STAY, OLD, BEGUN, other(13), now=13) is None


def test_the_first_value_after_the_start_and_then_one_so_often() -> None:
    one = ward(first_after=72 * HOUR, every=144 * HOUR)
    becomes_due(one, STAY, other(-1), BEGUN, at_hour=72 + 12)
    becomes_due(one, STAY, BEGUN, egfr(80), at_hour=80 + 144 + 12)
    becomes_due(one, STAY, BEGUN, egfr(80), other(90), at_hour=90 + 144 + 12)


def test_without_a_first_value_the_interval_counts_from_the_last_one_known() -> None:
    becomes_due(ward(every=144 * HOUR), STAY, egfr(-40), BEGUN, at_hour=144 - 40 + 12)
    becomes_due(ward(every=144 * HOUR), STAY, egfr(-400), BEGUN, at_hour=12)
    known = observation("2160-0", "0.9 mg/dL", at(-400))
    rule = monitoring("drug:baclofen", "glomerular filtration", "egfr", every=144 * HOUR)
    more = monitoring("class:opioid", "creatinine", "creatinine", every=144 * HOUR)
    becomes_due(Ward(Unmonitored(), knowledge(rules=(rule, more))), STAY, known, BEGUN, at_hour=156)


def test_a_result_beyond_the_range_of_the_method_counts_and_an_unreadable_one_does_not() -> None:
    one = ward(before=120 * HOUR)
    assert told(one, STAY, BEGUN, egfr(1, None, "> 90"), now=20) is None
    assert "could not be read" in (told(one, STAY, BEGUN, egfr(1, None, "HEMOLYZED"), now=20) or "")
    assert "no result known, but one could not be read" in (
        told(one, STAY, BEGUN, egfr(1, "90 furlong"), now=20) or ""
    )
    assert "a newer one could not be read" in (
        told(one, STAY, OLD, BEGUN, egfr(1, "9000 mL/min/{1.73_m2}"), now=20) or ""
    )


def test_an_earlier_result_stands_behind_an_unreadable_one() -> None:
    assert told(ward(every=144 * HOUR), STAY, BEGUN, egfr(5), egfr(6, None, "HEMOLYZED"), now=100) is None


def test_a_result_taken_back_is_no_result() -> None:
    result = observation("98979-8", "90 mL/min/{1.73_m2}", at(1))
    one = ward(before=120 * HOUR)
    ledger = folded([STAY, OLD, BEGUN, result], one.knowledge)
    _, change = fold(ledger, voided(result, at(13)), one.knowledge)
    assert change is not None
    assert change.inputs & one.check.reads(one.knowledge)
    assert told(one, STAY, OLD, BEGUN, result, now=14) is None
    assert told(one, STAY, OLD, BEGUN, result, voided(result, at(13)), now=14) is not None


def test_the_end_of_the_drug_or_of_the_stay_ends_it() -> None:
    one = ward(before=120 * HOUR)
    assert told(one, STAY, OLD, BEGUN, now=30) is not None
    assert told(one, STAY, OLD, BEGUN, stopped(BEGUN, at(30)), now=30) is None
    left = encounter(at(-24), ends_at=at(30))
    assert one.judge([left, OLD, BEGUN], at(29)).review_at == at(30)
    assert told(one, left, OLD, BEGUN, now=30) is None


def test_a_dose_on_an_order_that_has_ended_keeps_nothing_in_use_and_a_loose_one_does() -> None:
    one = ward(before=120 * HOUR)
    given = dose("baclofen", "10 mg", at(29), order=BEGUN.entity)
    assert told(one, STAY, OLD, BEGUN, given, stopped(BEGUN, at(30)), now=31) is None
    loose = dose("baclofen", "10 mg", at(0))
    assert told(one, STAY, OLD, loose, now=12) is not None
    assert told(one, STAY, OLD, loose, now=48 - SECOND) is not None
    assert one.judge([STAY, OLD, loose], at(12)).review_at == at(48)
    assert told(one, STAY, OLD, loose, now=48) is None


def test_an_order_as_needed_counts_when_it_is_given_and_as_long_as_it_stands() -> None:
    needed = order("baclofen", None, at(0), dosages=(dosage("10 mg", as_needed=True),))
    drawn = dose("baclofen", "10 mg", at(1), order=needed.entity)
    one = ward(before=120 * HOUR)
    assert told(one, STAY, OLD, needed, now=20) is None
    becomes_due(one, STAY, OLD, needed, drawn, at_hour=13)
    assert told(one, STAY, OLD, needed, drawn, stopped(needed, at(20)), now=20) is None


def test_a_break_of_two_days_begins_another_use() -> None:
    one = ward(first_after=72 * HOUR)
    ended = order("baclofen", "10 mg", at(0), ends_at=at(24), entity="first")

    def again(hours: float) -> PatientFact:
        return order("baclofen", "10 mg", at(hours), entity="second")

    assert told(one, STAY, OLD, ended, again(72 - SECOND), now=84) is not None
    assert told(one, STAY, OLD, ended, again(72), now=84) is None
    becomes_due(one, STAY, OLD, ended, again(72), at_hour=72 + 72 + 12)


def test_a_drug_taken_before_the_stay_is_the_houses_business_from_its_begin_on() -> None:
    home = order("baclofen", "10 mg", at(days=-300), community=True)
    here = encounter(at(0))
    one = ward(before=120 * HOUR, first_after=72 * HOUR, every=240 * HOUR)
    assert told(one, here, home, other(-3000), now=11) is None
    becomes_due(one, here, home, other(-3000), at_hour=12)
    unknown = ward(before=120 * HOUR, first_after=72 * HOUR)
    becomes_due(unknown, here, home, OLD, at_hour=84)
    assert told(ward(before=120 * HOUR), here, home, OLD, now=1000) is None


def test_outside_the_house_nothing_is_told() -> None:
    visit = encounter(at(0), inpatient=False)
    assert told(ward(every=HOUR), visit, OLD, BEGUN, now=100) is None
    assert told(ward(every=HOUR), OLD, BEGUN, now=100) is None


def test_without_a_known_stay_doses_show_that_the_patient_is_in_the_house() -> None:
    one = ward(before=120 * HOUR)
    given = dose("baclofen", "10 mg", at(1), order=BEGUN.entity)
    becomes_due(one, OLD, BEGUN, given, at_hour=12)
    assert told(one, OLD, BEGUN, given, now=1 + 72 - SECOND) is not None
    assert told(one, OLD, BEGUN, given, now=1 + 72) is None


def test_routes_that_the_row_does_not_name_say_nothing_and_an_unknown_route_counts() -> None:
    rule = monitoring("drug:baclofen", "kidney function", "egfr", before=HOUR, routes=(Route.ORAL,))
    one = Ward(Unmonitored(), knowledge(rules=(rule,)))

    def by(route: Route) -> str | None:
        return told(one, STAY, OLD, dose("baclofen", "10 mg", at(0), route=route), now=20)

    assert by(Route.ORAL) is not None
    assert by(Route.UNKNOWN) is not None
    assert by(Route.INTRATHECAL) is None


def test_all_that_is_overdue_is_one_line_and_each_further_thing_makes_it_worse() -> None:
    weight = monitoring("drug:baclofen", "body weight", "body-weight", every=96 * HOUR)
    one = Ward(Unmonitored(), knowledge(rules=(KIDNEYS, weight)))
    first = one.finding([STAY, OLD, BEGUN], at(20))
    both = one.finding([STAY, OLD, BEGUN], at(108))
    assert first is not None
    assert both is not None
    assert (first.subject, first.level) == ("baclofen", 1)
    assert (both.subject, both.level) == ("baclofen", 2)
    assert "kidney function overdue" in both.text
    assert "body weight overdue, no result known" in both.text
    assert [source.row for source in both.sources] == [
        "monitoring.baclofen.kidney-function",
        "monitoring.baclofen.body-weight",
    ]


def test_a_draft_is_told_in_shadow_and_only_where_nothing_in_force_is_overdue() -> None:
    draft = monitoring("drug:baclofen", "body weight", "body-weight", before=HOUR, status=Status.DRAFT)
    alone = Ward(Unmonitored(), knowledge(rules=(draft,)))
    weighed = observation("29463-7", "70 kg", at(-99))
    shadow = alone.finding([STAY, weighed, BEGUN], at(20))
    assert shadow is not None
    assert shadow.shadow
    beside = Ward(Unmonitored(), knowledge(rules=(draft, KIDNEYS))).finding([STAY, OLD, BEGUN], at(20))
    assert beside is not None
    assert not beside.shadow
    assert beside.level == 1
    assert alone.finding([STAY, BEGUN], at(20)) is None


def test_no_result_of_the_patient_ever_is_told_as_not_assessed_and_for_all_drugs_as_one_thing() -> None:
    one = ward(before=120 * HOUR)
    finding = one.finding([STAY, BEGUN], at(12))
    assert finding is not None
    assert finding.reason is not None
    assert (finding.check, finding.subject) == ("not-assessed", "feed-silent|results")
    assert finding.subjects == ("baclofen",)
    assert one.finding([STAY, BEGUN], at(12 - SECOND)) is None


@pytest.mark.parametrize(
    ("heard", "told_as"), [(at(12 - SECOND), "feed-silent"), (at(12), None), (None, "feed-silent")]
)
def test_a_source_of_results_that_was_silent_since_says_nothing_of_the_patient(
    heard: datetime | None, told_as: str | None
) -> None:
    alive = {"ward": heard} if heard is not None else {}
    finding = ward(before=120 * HOUR).finding([STAY, OLD, BEGUN], at(20), alive=alive)
    assert finding is not None
    assert (finding.reason.value if finding.reason is not None else None) == told_as


def test_a_loose_drug_is_judged_only_as_far_back_as_its_doses_are_remembered() -> None:
    daily: list[PatientFact] = [dose("baclofen", "10 mg", at(24 * n)) for n in range(60)]
    long = ward(every=timedelta(days=30))
    assert not long.knowledge.rules_of("baclofen", type(KIDNEYS))[0].told_by_doses
    assert told(long, STAY, OLD, *daily, now=24 * 59 + 1) is None
    weekly = ward(every=timedelta(days=7))
    assert told(weekly, STAY, OLD, *daily, now=24 * 59 + 1) is not None


def test_a_drug_without_rows_is_silent_at_once() -> None:
    judgement = ward(before=HOUR).judge([STAY, order("warfarin", "5 mg")], at(1), "warfarin")
    assert judgement.findings == ()
    assert judgement.review_at is None
