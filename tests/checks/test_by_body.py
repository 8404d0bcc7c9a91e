"""Doses and orders per kilogram or square metre, worked out with the weight or surface that is known."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.clinical import PatientFact
from schemas.dosage import Rate
from schemas.medications import Route
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.doses.prescribed_dose import PrescribedDose
from services.safety.checks.doses.single_dose import SingleDose
from services.safety.recomputing import recomputed
from tests.builders import at, corrected, dosage, dose, observation, order, person, quantity, stopped, tablets
from tests.checks.doses_by_body import height, made_again, missing, weight
from tests.checks.ward import Ward

single, daily, prescribed = Ward(SingleDose()), Ward(CumulativeDose()), Ward(PrescribedDose())


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
def test_a_weight_first_taken_within_a_day_after_the_dose_counts_for_it(
    seconds: int, reasons: list[str]
) -> None:
    taken = observation("29463-7", "40.001 kg", at(24, seconds=seconds), entity="later")
    given = dose("baclofen", "0.5 mg/kg", at(0))
    assert missing([given], 5) == ["missing-weight"]
    assert missing([taken, given], 25) == reasons
    if not reasons:
        finding = made_again(single.finding([taken, given], at(1)))
        assert "Worked out with 40.001 kg (taken after the dose)." in finding.text
        assert "later" in finding.implicated


def test_a_weight_from_before_the_dose_counts_whatever_was_taken_after_it() -> None:
    given = dose("baclofen", "0.5 mg/kg", at(0))
    assert single.finding([weight("40"), weight("41", 1), given], at(2)) is None
    assert single.finding([weight("41", 1), weight("40", 2), given], at(2)) is not None


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


def test_without_an_age_a_weight_that_no_adult_has_counts_as_long_as_a_child_s() -> None:
    def known(kilograms: str, days: float, seconds: float = 0) -> list[str]:
        weighed = observation("29463-7", f"{kilograms} kg", at(0))
        return missing(
            [weighed, dose("baclofen", "0.01 mg/kg", at(days=days, seconds=seconds))], int(24 * days)
        )

    assert known("3", 1, -1) == []
    assert known("3", 1) == ["missing-weight"]
    assert known("15", 7, -1) == []
    assert known("15", 7) == ["missing-weight"]
    assert known("20", 29) == []


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
