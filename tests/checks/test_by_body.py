"""Doses and orders per kilogram or square metre, worked out with the weight or surface that is known."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.clinical import MaxDose, PatientFact, Rate, Route
from schemas.quantities import Quantity
from services.safety.checks.as_needed_maximum import AsNeededMaximum
from services.safety.checks.cumulative_dose import CumulativeDose
from services.safety.checks.dose_interval import DoseInterval
from services.safety.checks.first_dose import FirstDoseTooHigh
from services.safety.checks.judgement import Check, Finding
from services.safety.checks.lifetime_dose import LifetimeTotal
from services.safety.checks.opioid_load import OpioidsTogether
from services.safety.checks.prescribed_dose import PrescribedDose
from services.safety.checks.projected_dose import ProjectedDose
from services.safety.checks.renal_dose import RenalDoseTooHigh
from services.safety.checks.single_dose import SingleDose
from services.safety.checks.titration import TitrationPace
from services.safety.checks.unassessed import UnassessedDrug
from services.safety.recomputing import recomputed
from tests.brief_rules import RULED
from tests.builders import at, corrected, dosage, dose, observation, order, person, quantity, stopped, tablets
from tests.checks.ward import Ward

single, daily, prescribed, unassessed = (
    Ward(check) for check in (SingleDose(), CumulativeDose(), PrescribedDose(), UnassessedDrug())
)
A_DAY = timedelta(hours=24)


def weight(kg: str, hours: float = -1, **more: object) -> PatientFact:
    return observation("29463-7", f"{kg} kg", at(hours), entity=f"weight {kg}", **more)


def height(cm: str, hours: float = -1) -> PatientFact:
    return observation("8302-2", f"{cm} cm", at(hours), entity="height")


def missing(facts: list[PatientFact], hours: float, seconds: float = 0) -> list[str]:
    found = unassessed.judge(facts, at(hours, seconds=seconds), "baclofen").findings
    return [finding.reason.value for finding in found if finding.reason is not None]


def made_again(finding: Finding | None) -> Finding:
    assert finding is not None
    again = recomputed(finding.check, finding.evidence)
    assert again is not None and again.agrees
    return finding


def test_half_a_milligram_per_kilogram_at_forty_kilograms_are_20_mg_and_a_gram_more_is_too_much() -> None:
    given = dose("baclofen", "0.5 mg/kg", at(0), entity="dose")
    assert single.finding([weight("40"), given], at(0)) is None
    finding = made_again(single.finding([weight("40.001"), given], at(0)))
    assert "baclofen: 20.0005 mg given at once" in finding.text
    assert finding.text.endswith(" Worked out with 40.001 kg.")
    assert finding.evidence["total"] == "20.0005"
    assert finding.evidence["worked_out"] == [
        {
            "stated": "0.5 mg/kg",
            "by": "40.001 kg",
            "makes": "20.0005 mg",
            "rests_on": ["weight 40.001"],
            "of": ["dose"],
        }
    ]
    assert finding.implicated == ("dose", "weight 40.001")


def test_an_order_is_worked_out_too() -> None:
    ordered = order("baclofen", "0.5 mg/kg", at(0), times=4, entity="order")
    assert single.finding([weight("40"), ordered], at(0)) is None
    assert prescribed.finding([weight("40"), ordered], at(0)) is None
    at_once = made_again(single.finding([weight("40.001"), ordered], at(0)))
    assert at_once.implicated == ("order", "weight 40.001")
    in_a_day = made_again(prescribed.finding([weight("40.001"), ordered], at(0)))
    assert in_a_day.evidence["total"] == "80.002"


def test_the_doses_of_a_day_are_added_up_each_by_its_own_weight() -> None:
    facts = [weight("40"), weight("44", 9), *(dose("baclofen", "0.5 mg/kg", at(h)) for h in (0, 8, 10, 12))]
    finding = made_again(daily.finding(facts, at(12)))
    assert finding.evidence["total"] == "84"
    assert finding.text.endswith("Worked out with 40 kg and 44 kg.")
    assert daily.finding(facts[:-1], at(12)) is None


def test_what_an_infusion_per_kilogram_delivered_counts_for_the_part_in_the_window() -> None:
    running = dose("baclofen", None, at(0), rate="0.1 mg/kg", lasting=timedelta(hours=40), entity="pump")
    assert missing([running], 1) == ["missing-weight"]
    facts = [weight("40"), running]
    assert daily.finding(facts, at(20)) is None
    finding = made_again(daily.finding(facts, at(20, seconds=1)))
    assert finding.evidence["worked_out"] == [
        {"stated": "4 mg/kg", "by": "40 kg", "makes": "160 mg", "rests_on": ["weight 40"], "of": ["pump"]}
    ]


def test_a_rate_per_kilogram_as_ordered_says_for_how_long_it_is() -> None:
    rate = Rate(amount=quantity("1.5 ug/kg"), per_seconds=Decimal(60))
    ordered = order(dosages=(dosage(None, times=None, rate=rate),), entity="order")
    finding = made_again(prescribed.finding([weight("40"), ordered], at(0)))
    assert finding.evidence["total"] == "86.4"
    assert finding.evidence["worked_out"] == [
        {
            "stated": "1.5 ug/kg",
            "by": "40 kg",
            "makes": "60 ug",
            "rests_on": ["weight 40"],
            "of": ["order"],
            "per_seconds": "60",
        }
    ]


@pytest.mark.parametrize(("seconds", "reasons"), [(0, []), (1, ["missing-weight"])])
def test_a_weight_counts_for_doses_from_when_it_was_taken(seconds: int, reasons: list[str]) -> None:
    taken = observation("29463-7", "40 kg", at(0, seconds=seconds))
    given = dose("baclofen", "0.5 mg/kg", at(0))
    assert missing([taken, given], 5) == reasons


@pytest.mark.parametrize(("seconds", "reasons"), [(-1, []), (0, ["missing-weight"])])
def test_a_dose_needs_a_weight_of_the_last_thirty_days(seconds: int, reasons: list[str]) -> None:
    given = dose("baclofen", "0.5 mg/kg", at(days=30, seconds=seconds))
    assert missing([weight("40", 0), given], 24 * 30) == reasons


def test_time_alone_never_takes_the_weight_from_a_dose_that_was_given() -> None:
    facts = [weight("40", 0), dose("baclofen", "0.5 mg/kg", at(days=30, hours=-1))]
    assert missing(facts, 24 * 31) == []


def test_an_order_needs_a_weight_that_counts_now() -> None:
    facts = [weight("40", 0), order("baclofen", "1 mg/kg", at(0), times=1, entity="order")]
    assert single.finding(facts, at(days=30, seconds=-1)) is not None
    assert single.judge(facts, at(days=30, seconds=-1)).review_at == at(days=30)
    assert single.finding(facts, at(days=30)) is None
    assert missing(facts, 24 * 30, -1) == []
    assert missing(facts, 24 * 30) == ["missing-weight"]


def test_the_order_of_another_drug_does_not_ask_again_about_this_one() -> None:
    mine = [weight("40", 0), order("baclofen", "0.5 mg/kg", at(0), times=1)]
    other = order("morphine", "0.1 mg/kg", at(0), ends_at=at(30))
    assert single.judge([*mine, other], at(1)).review_at == single.judge(mine, at(1)).review_at == at(days=30)
    assert single.judge([*mine, other], at(1), "morphine").review_at == at(30)


def test_an_order_that_has_ended_keeps_the_weight_of_its_last_moment() -> None:
    ordered = order("baclofen", "0.5 mg/kg", at(0), ends_at=at(days=20))
    stay: list[PatientFact] = [weight("40", 0), ordered]
    assert missing(stay, 24 * 40) == []
    assert missing([ordered], 24 * 10) == ["missing-weight"]


def test_the_weight_of_a_child_counts_for_a_week() -> None:
    given = dose("baclofen", "0.5 mg/kg", at(days=7))
    child = person(5, at(0))
    assert missing([child, observation("29463-7", "20 kg", at(0, seconds=1)), given], 24 * 7) == []
    assert missing([child, observation("29463-7", "20 kg", at(0)), given], 24 * 7) == ["missing-weight"]


def test_a_weight_that_is_not_believed_works_nothing_out() -> None:
    slip = observation("29463-7", "400 kg", at(1), entity="slip")
    given = dose("baclofen", "0.5 mg/kg", at(2))
    assert single.finding([weight("40"), slip, given], at(2)) is None
    assert missing([weight("40"), slip, given], 2) == []


def test_a_weight_that_comes_late_or_is_corrected_works_the_dose_out_anew() -> None:
    given = dose("baclofen", "0.5 mg/kg", at(0))
    late = weight("40", received_at=at(3), recorded_at=at(3))
    assert missing([given], 2) == ["missing-weight"]
    assert missing([given, late], 3) == []
    high = corrected(late, at(4), value=quantity("50 kg"))
    assert single.finding([given, late], at(4)) is None
    assert single.finding([given, late, high], at(4)) is not None


def test_an_overdose_that_only_a_late_weight_shows_is_told_as_of_the_past() -> None:
    doses = [dose("baclofen", "0.5 mg/kg", at(h)) for h in (0, 4, 8, 12, 16)]
    in_time, late = weight("40"), weight("40", recorded_at=at(41), received_at=at(41))
    assert daily.finding([in_time, *doses], at(41)) is None
    finding = daily.finding([late, *doses], at(41))
    assert finding is not None and finding.retrospective


def test_square_metres_need_a_surface_or_height_and_weight() -> None:
    given = dose("baclofen", "10 mg/m2", at(0), entity="dose")
    assert missing([given], 0) == ["missing-weight"]
    assert missing([given, weight("72")], 0) == ["missing-height"]
    assert single.finding([weight("72"), height("200"), given], at(0)) is None
    more = dose("baclofen", "10.001 mg/m2", at(0), entity="dose")
    finding = made_again(single.finding([weight("72"), height("200"), more], at(0)))
    assert finding.evidence["worked_out"] == [
        {
            "stated": "10.001 mg/m2",
            "by": "2 m2",
            "makes": "20.002 mg",
            "rests_on": ["height", "weight 72"],
            "of": ["dose"],
        }
    ]


def test_tablets_per_kilogram_need_the_strength_of_the_tablet() -> None:
    given = dose(tablets(baclofen="10 mg"), "0.1 {tablet}/kg", at(0))
    finding = made_again(single.finding([weight("40"), given], at(0)))
    assert finding.evidence["total"] == "40"
    assert missing([weight("40"), dose("baclofen", "0.1 {tablet}/kg", at(0))], 0) == ["unconvertible-unit"]


def test_milligrams_per_kilogram_of_a_combination_are_not_waiting_for_a_weight() -> None:
    both = tablets(baclofen="10 mg", acetaminophen="325 mg")
    assert missing([dose(both, "1 mg/kg", at(0))], 0) == ["unconvertible-unit"]


def test_given_and_due_are_worked_out_together() -> None:
    projected = Ward(ProjectedDose())
    ordered = order("baclofen", "0.5 mg/kg", at(0), times=4, entity="order")
    extra = [dose("baclofen", "0.5 mg/kg", at(0), order="order"), dose("baclofen", "0.25 mg/kg", at(2))]
    finding = made_again(projected.finding([weight("40"), ordered, *extra], at(2)))
    assert finding.evidence["total"] == "90"


def test_the_first_dose_titration_and_kidneys_go_by_the_worked_out_dose() -> None:
    ordered = order("baclofen", "0.2 mg/kg", at(0), times=3, entity="order")
    earlier = order("morphine", "1 mg", at(days=-20))
    first = made_again(Ward(FirstDoseTooHigh(), RULED).finding([earlier, weight("40"), ordered], at(1)))
    assert first.evidence["total"] == "24"
    raised = order("baclofen", "0.4 mg/kg", at(48), times=3, entity="more", replaces="order")
    pace = made_again(Ward(TitrationPace(), RULED).finding([weight("40"), ordered, raised], at(48)))
    assert (pace.evidence["before"], pace.evidence["total"]) == ("24", "48")
    egfr = observation("98979-8", "50 mL/min/{1.73_m2}", at(47))
    kidneys = made_again(Ward(RenalDoseTooHigh(), RULED).finding([weight("40"), egfr, raised], at(48)))
    assert kidneys.evidence["total"] == "48"


def test_a_new_weight_alone_is_no_step_of_a_titration() -> None:
    pace = Ward(TitrationPace(), RULED)
    ordered = order("baclofen", "0.2 mg/kg", at(0), times=3, entity="order")
    again = order("baclofen", "0.2 mg/kg", at(24), times=3, entity="again", replaces="order")
    assert pace.finding([weight("40"), ordered, weight("44", 20), again], at(30)) is None


def test_opioids_per_kilogram_enter_the_load() -> None:
    load = Ward(OpioidsTogether(), RULED)
    facts = [weight("40"), *(dose("morphine", "0.25 mg/kg", at(h)) for h in (0, 2, 4, 6, 8))]
    finding = made_again(load.finding(facts, at(8)))
    assert finding.evidence["total"] == "50"
    told = load.judge(facts[1:], at(8)).findings
    assert [each.reason.value for each in told if each.reason is not None] == ["missing-weight"]


def test_a_lifetime_counts_each_dose_by_the_body_of_its_day() -> None:
    lifetime = Ward(LifetimeTotal(), RULED)
    facts = [weight("30", -24 * 300), dose("diazepam", "0.5 mg/kg", at(days=-299)), weight("40")]
    given = [*facts, dose("diazepam", "0.5 mg/kg", at(0))]
    found = [each for each in lifetime.judge(given, at(0), "diazepam").findings if each.reason is None]
    assert len(found) == 1
    assert made_again(found[0]).evidence["total"] == "35"


def test_the_most_of_an_order_as_needed_may_be_stated_per_kilogram() -> None:
    most = MaxDose(amount=Quantity(value=Decimal(1), unit="mg/kg"), period_seconds=Decimal(86_400))
    step = dosage("0.25 mg/kg", times=None, as_needed=True, max_dose=(most,))
    ordered = order("baclofen", None, at(0), dosages=(step,), entity="order")
    doses = [dose("baclofen", "0.25 mg/kg", at(h), order="order") for h in (0, 4, 8)]
    maximum = Ward(AsNeededMaximum())
    assert maximum.finding([weight("40"), ordered, *doses], at(8)) is None
    last = dose("baclofen", "0.26 mg/kg", at(12), order="order")
    finding = made_again(maximum.finding([weight("40"), ordered, *doses, last], at(12)))
    assert (finding.evidence["total"], finding.evidence["limit"]) == ("40.4", "40")
    unknown = maximum.finding([ordered, *doses], at(8))
    assert unknown is not None and unknown.reason is not None


def test_an_interval_needs_no_weight_and_names_none() -> None:
    check: Check = DoseInterval()
    ordered = order("baclofen", "0.5 mg/kg", at(0), every=timedelta(hours=8), entity="order", as_needed=True)
    facts = [ordered, *(dose("baclofen", "0.5 mg/kg", at(h), order="order") for h in (0, 2))]
    without, known = Ward(check).finding(facts, at(2)), Ward(check).finding([weight("40"), *facts], at(2))
    assert without is not None and known is not None
    assert without.implicated == known.implicated and without.text == known.text


def test_a_number_that_the_weight_does_not_make_is_found_out() -> None:
    facts = [weight("40"), *(dose("baclofen", "0.5 mg/kg", at(h)) for h in (0, 4, 8, 12, 16))]
    finding = daily.finding(facts, at(16))
    assert finding is not None
    step = {"stated": "0.5 mg/kg", "by": "44 kg", "rests_on": ["weight 40"], "of": ["x"]}
    for changed in (
        {"worked_out": [step | {"makes": "20 mg"}]},
        {"worked_out": [step | {"makes": "22 mg", "of": [facts[1].entity]}]},
    ):
        again = recomputed(finding.check, finding.evidence | changed)
        assert again is not None and not again.agrees


def test_a_stopped_order_and_a_dose_corrected_to_milligrams_need_no_weight_any_more() -> None:
    given = dose("baclofen", "0.5 mg/kg", at(0))
    assert missing([given, corrected(given, at(1), dose=quantity("20 mg"))], 1) == []
    ordered = order("baclofen", "0.5 mg/kg", at(0))
    assert missing([ordered, stopped(ordered, at(1))], 2) == []


def test_by_another_route_it_is_worked_out_as_well() -> None:
    given = dose("baclofen", "2.5 ug/kg", at(0), route=Route.INTRATHECAL)
    assert missing([weight("40"), given], 0) == []
