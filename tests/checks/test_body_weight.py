"""Limits per kilogram, and limits for light patients only."""

from decimal import Decimal

import pytest

from schemas.clinical import PatientFact
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.doses.prescribed_dose import PrescribedDose
from services.safety.checks.doses.single_dose import SingleDose
from services.safety.checks.not_assessed.unassessed import UnassessedDrug
from services.safety.knowledge.models import LimitKind
from tests.brief_knowledge import knowledge, limit
from tests.builders import at, dose, observation, order, person
from tests.checks.ward import Ward

VEIN = (Route.INTRAVENOUS,)
LIGHT = {"routes": VEIN, "per": "kg", "weight_below": Decimal(50)}
BASE = knowledge(
    limits={
        "acetaminophen": (
            limit("acetaminophen", LimitKind.SINGLE, "1000 mg", routes=VEIN),
            limit("acetaminophen", LimitKind.SINGLE, "15 mg", ".light", **LIGHT),
            limit("acetaminophen", LimitKind.DAILY, "75 mg", ".light", **LIGHT),
        )
    }
)
single, daily, prescribed, unassessed = (
    Ward(check, BASE) for check in (SingleDose(), CumulativeDose(), PrescribedDose(), UnassessedDrug())
)
DRUG = "acetaminophen"


def weight(kg: str, hours: float = 0) -> PatientFact:
    return observation("29463-7", f"{kg} kg", at(hours), entity=f"weight {kg}")


def by_vein(amount: str, hours: float = 0) -> PatientFact:
    return dose(DRUG, amount, at(hours), route=Route.INTRAVENOUS)


def test_fifteen_milligrams_per_kilogram_at_forty_kilograms_are_600_and_a_microgram_more_is_too_much() -> (
    None
):
    assert single.finding([weight("40"), by_vein("600 mg")], at(0), DRUG) is None
    finding = single.finding([weight("40"), by_vein("600.001 mg")], at(0), DRUG)
    assert finding is not None
    assert "largest single dose 600 mg (15 mg/kg, 40 kg)" in finding.text
    assert finding.evidence["limit"] == "600"
    assert "weight 40" in finding.implicated


def test_at_fifty_kilograms_the_row_for_light_patients_does_not_hold() -> None:
    assert single.finding([weight("50"), by_vein("1000 mg")], at(0), DRUG) is None
    assert single.finding([weight("49.999"), by_vein("1000 mg")], at(0), DRUG) is not None


def test_a_day_is_held_to_the_weight_too() -> None:
    doses = [by_vein("600 mg", hours) for hours in (0, 4, 8, 12, 16)]
    assert daily.finding([weight("40"), *doses], at(16), DRUG) is None
    found = daily.finding([weight("40"), *doses, by_vein("1 mg", 17)], at(17), DRUG)
    assert found is not None and (found.evidence["total"], found.evidence["limit"]) == ("3001", "3000")
    ordered = order(DRUG, "600 mg", at(0), times=6, route=Route.INTRAVENOUS)
    high = prescribed.finding([weight("40"), ordered], at(0), DRUG)
    assert high is not None and high.evidence["total"] == "3600"


def test_the_newest_weight_counts_from_when_it_was_taken() -> None:
    facts = [weight("55"), weight("45", 5), by_vein("700 mg")]
    assert single.judge(facts, at(1), DRUG).review_at == at(5)
    assert single.finding(facts, at(5, seconds=-1), DRUG) is None
    assert single.finding(facts, at(5), DRUG) is not None


def test_without_a_weight_nothing_is_assumed_and_that_is_said() -> None:
    given = by_vein("800 mg")
    assert single.finding([given], at(0), DRUG) is None
    finding = unassessed.finding([given], at(0), DRUG)
    assert finding is not None and finding.reason is not None
    assert finding.reason.value == "missing-weight"
    assert unassessed.finding([given, weight("70", -1)], at(0), DRUG) is None


def test_a_weight_older_than_thirty_days_is_no_weight() -> None:
    facts = [weight("70", -24 * 30), by_vein("800 mg", -1)]
    assert unassessed.finding(facts, at(0, seconds=-1), DRUG) is None
    assert unassessed.finding(facts, at(0), DRUG) is not None


@pytest.mark.parametrize(
    ("years", "kg", "days"),
    [(18, "40", 30), (17.9, "40", 7), (0.2, "4", 7), (20 / 365.25, "4", 1)],
    ids=["adult", "seventeen", "infant", "newborn"],
)
def test_the_weight_of_a_child_is_soon_out_of_date(years: float, kg: str, days: int) -> None:
    ends = 24 * days
    facts = [person(years, at(0)), weight(kg), by_vein("80 mg", ends - 1)]
    assert unassessed.finding(facts, at(ends, seconds=-1), DRUG) is None
    assert unassessed.judge(facts, at(ends, seconds=-1), DRUG).review_at == at(ends)
    finding = unassessed.finding(facts, at(ends), DRUG)
    assert finding is not None and finding.reason is NotAssessedReason.MISSING_WEIGHT


def test_the_weight_of_a_newborn_counts_again_for_a_week_from_the_28th_day_on() -> None:
    facts = [person(27 / 365.25, at(0)), weight("4", -10), by_vein("80 mg", 20)]
    assert unassessed.finding(facts, at(24, seconds=-1), DRUG) is not None
    assert unassessed.judge(facts, at(24, seconds=-1), DRUG).review_at == at(24)
    assert unassessed.finding(facts, at(24), DRUG) is None


def test_a_tablet_needs_no_weight() -> None:
    assert unassessed.finding([dose(DRUG, "800 mg", at(0))], at(0), DRUG) is None


BY_ADJUSTED = knowledge(
    limits={
        "gabapentin": (
            limit("gabapentin", LimitKind.SINGLE, "7 mg", routes=VEIN, per="kg", weight="adjusted"),
        )
    }
)
adjusted, unknown = Ward(SingleDose(), BY_ADJUSTED), Ward(UnassessedDrug(), BY_ADJUSTED)


HEIGHT = observation("8302-2", "177.8 cm", at(-1), entity="height")
"""At which a man's ideal weight is 73 kg, and 130 % of that 94.9 kg."""


MAN = person(50, sex="male")


def gabapentin(amount: str) -> PatientFact:
    return dose("gabapentin", amount, at(0), route=Route.INTRAVENOUS)


@pytest.mark.parametrize(
    ("kg", "allowed", "too_much"),
    [
        ("94.9", "664.3 mg", "664.301 mg"),
        ("94.901", "572.6 mg", "572.601 mg"),
        ("95", "572.6 mg", "572.601 mg"),
    ],
)
def test_the_obese_are_dosed_by_their_adjusted_weight_where_a_row_says_so(
    kg: str, allowed: str, too_much: str
) -> None:
    body = [MAN, HEIGHT, weight(kg)]
    assert adjusted.finding([gabapentin(allowed), *body], at(0), "gabapentin") is None
    found = adjusted.finding([gabapentin(too_much), *body], at(0), "gabapentin")
    assert found is not None
    how = f"81.8 kg, adjusted from {kg} kg, ideal 73 kg at 177.8 cm"
    assert (how in found.text) == (kg != "94.9")


def test_where_obesity_cannot_be_told_the_actual_weight_counts_and_that_is_said() -> None:
    given = gabapentin("600 mg")
    assert adjusted.finding([given, MAN, HEIGHT, weight("95")], at(0), "gabapentin") is not None
    assert unknown.finding([given, MAN, HEIGHT, weight("95")], at(0), "gabapentin") is None
    assert adjusted.finding([given, MAN, weight("95")], at(0), "gabapentin") is None
    said = unknown.finding([given, MAN, weight("95")], at(0), "gabapentin")
    assert said is not None and said.reason is NotAssessedReason.MISSING_HEIGHT
    assert "height or sex is not known" in said.text


def test_a_child_is_dosed_by_the_actual_weight() -> None:
    facts = [person(17.9, sex="male"), HEIGHT, weight("95")]
    assert adjusted.finding([gabapentin("665 mg"), *facts], at(0), "gabapentin") is None
    assert adjusted.finding([gabapentin("665.001 mg"), *facts], at(0), "gabapentin") is not None


def test_who_turns_eighteen_is_dosed_by_the_adjusted_weight_from_that_second_on() -> None:
    turning = person(18, at(0), sex="male")
    given = dose("gabapentin", "600 mg", at(-1), route=Route.INTRAVENOUS)
    facts = [given, turning, HEIGHT, weight("95", -1)]
    before = adjusted.judge(facts, at(0, seconds=-1), "gabapentin")
    assert (before.findings, before.review_at) == ((), at(0))
    assert adjusted.finding(facts, at(0), "gabapentin") is not None


def test_the_formula_begins_at_five_feet_and_a_hundredth_of_a_millimetre_less_cannot_be_told() -> None:
    """At 152.4 cm a man's ideal weight is 50 kg, and 70 kg are adjusted to 58 kg: 406 mg are the most."""
    facts = [gabapentin("406.001 mg"), MAN, weight("70")]
    five_feet = observation("8302-2", "152.4 cm", at(-1))
    shorter = observation("8302-2", "152.399 cm", at(-1))
    assert adjusted.finding([*facts, five_feet], at(0), "gabapentin") is not None
    assert unknown.finding([*facts, five_feet], at(0), "gabapentin") is None
    assert adjusted.finding([*facts, shorter], at(0), "gabapentin") is None
    assert unknown.finding([*facts, shorter], at(0), "gabapentin") is not None


def test_where_the_age_is_not_known_the_obese_count_as_adults_and_that_is_said() -> None:
    nobody_knows = person(None, sex="male")
    assert (
        adjusted.finding([gabapentin("572.6 mg"), nobody_knows, HEIGHT, weight("95")], at(0), "gabapentin")
        is None
    )
    found = adjusted.finding(
        [gabapentin("572.601 mg"), nobody_knows, HEIGHT, weight("95")], at(0), "gabapentin"
    )
    assert found is not None
    assert "ideal 73 kg at 177.8 cm, as an adult: the age is not known" in found.text
    assert "the age is not known" in str(found.evidence["dosing_weight"])


def test_who_is_not_obese_has_the_actual_weight_at_any_age() -> None:
    body = [person(None, sex="male"), HEIGHT, weight("94.9")]
    assert adjusted.finding([gabapentin("664.3 mg"), *body], at(0), "gabapentin") is None
    found = adjusted.finding([gabapentin("664.301 mg"), *body], at(0), "gabapentin")
    assert found is not None and "the age is not known" not in found.text
