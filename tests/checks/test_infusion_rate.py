"""An infusion or injection that runs faster than the drug may."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.base import Severity
from schemas.clinical import Administration, PatientFact
from schemas.dosage import Dosage, Rate
from schemas.issues import NotAssessedReason
from schemas.medications import Coding, Medication, Route
from services.safety.checks.doses.infusion_rate import InfusionTooFast
from services.safety.knowledge.kinds.infusion_rate import InfusionRate
from services.safety.knowledge.loader import load
from services.safety.knowledge.models import EvidenceCode, PatientCondition, Status
from services.safety.recomputing import recomputed
from tests.brief_knowledge import amount, knowledge, row
from tests.builders import at, condition, dose, observation, order, person, quantity, stopped, voided
from tests.checks.ward import Ward

DRUG = "morphine"
VEIN = Route.INTRAVENOUS
MINUTE = timedelta(minutes=1)
ECLAMPSIA = PatientCondition(
    condition="eclampsia", codes=(EvidenceCode(system="icd10", code="O15", prefix=True),)
)
RULE = InfusionRate(
    **row(
        "rate.morphine",
        subject="drug:morphine",
        routes=(VEIN,),
        at_most=amount("2 mg"),
        within=MINUTE,
        severity=Severity.MAJOR,
        not_in=ECLAMPSIA,
    )
)
ward = Ward(InfusionTooFast(), knowledge(rules=(RULE,)))


def per_minute(rate: str, seconds: int = 60) -> Rate:
    return Rate(amount=quantity(rate), per_seconds=Decimal(seconds))


def running(rate: str, seconds: int = 60, **more: object) -> PatientFact:
    """An infusion of which the rate is stated and no end."""
    stated = per_minute(rate, seconds)
    return dose(DRUG, None, at(0), route=VEIN).model_copy(update={"rate": stated, **more})


def ordered(rate: str, route: Route = VEIN) -> PatientFact:
    dosage = Dosage(route=route, rate=per_minute(rate))
    return order(DRUG, dosages=(dosage,), entity="order")


@pytest.mark.parametrize(
    ("rate", "severity"),
    [("2 mg", None), ("2.001 mg", "moderate"), ("2.5 mg", "moderate"), ("2.501 mg", "major")],
)
def test_a_stated_rate_is_too_fast_by_a_microgram_and_far_too_fast_by_a_quarter(
    rate: str, severity: str | None
) -> None:
    assert ward.severity([running(rate)], at(0), DRUG) == severity
    assert ward.severity([ordered(rate)], at(0), DRUG) == severity


def test_a_rate_by_the_hour_is_held_against_one_by_the_minute() -> None:
    assert ward.finding([running("120 mg", 3600)], at(0), DRUG) is None
    finding = ward.finding([running("150.06 mg", 3600)], at(0), DRUG)
    assert finding is not None and finding.severity is Severity.MAJOR
    assert finding.text.startswith("morphine: 2.501 mg/min stated; at most 2 mg/min are safe.")
    made = recomputed(InfusionTooFast.id, finding.evidence)
    assert made is not None and made.agrees and made.shown == Decimal("2.501")


@pytest.mark.parametrize(("seconds", "severity"), [(240, None), (239, "moderate"), (30, "moderate")])
def test_charted_times_count_only_far_above_and_one_severity_lower(
    seconds: int, severity: str | None
) -> None:
    given = dose(DRUG, "10 mg", at(0), route=VEIN, lasting=timedelta(seconds=seconds))
    assert ward.severity([given], at(1), DRUG) == severity


def test_a_stated_rate_goes_before_the_charted_times() -> None:
    given = dose(DRUG, "10 mg", at(0), route=VEIN, lasting=timedelta(seconds=30))
    slow = given.model_copy(update={"rate": per_minute("1 mg")})
    assert ward.finding([slow], at(1), DRUG) is None


def test_it_is_told_from_its_start_until_a_day_after_its_end() -> None:
    given = dose(DRUG, "30 mg", at(0), route=VEIN, lasting=timedelta(minutes=10), entity="bag")
    ends = at(24, minutes=10)
    finding = ward.finding([given], at(0), DRUG)
    assert finding is not None and finding.implicated == ("bag",)
    assert ward.judge([given], at(1), DRUG).review_at == ends
    assert ward.finding([given], ends - timedelta(seconds=1), DRUG) is not None
    assert ward.finding([given], ends, DRUG) is None
    assert ward.finding([given, voided(given, at(2))], at(3), DRUG) is None


def test_an_order_is_told_before_the_dose_and_ends_with_it() -> None:
    wrong = order(DRUG, dosages=(Dosage(route=VEIN, rate=per_minute("5 mg")),))
    assert ward.severity([wrong], at(1), DRUG) == "major"
    assert ward.finding([stopped(wrong, at(2))], at(2), DRUG) is None


def test_an_order_that_states_no_rate_leaves_it_to_whoever_gives_it() -> None:
    assert ward.finding([order(DRUG, "10 mg", route=VEIN)], at(0), DRUG) is None


def test_two_bags_are_not_added_up() -> None:
    bags = [running("1.5 mg", entity="one"), running("1.5 mg", entity="two")]
    assert ward.finding(bags, at(0), DRUG) is None


def test_of_several_the_fastest_is_told_with_all_that_are_too_fast() -> None:
    bags = [running("3 mg", entity="one"), running("4 mg", entity="two"), running("1 mg", entity="three")]
    finding = ward.finding(bags, at(0), DRUG)
    assert finding is not None and finding.level == 2
    assert finding.implicated == ("one", "two")
    made = recomputed(InfusionTooFast.id, finding.evidence)
    assert made is not None and made.agrees and made.shown == 4


def test_by_mouth_it_does_not_run_and_another_drug_may() -> None:
    assert ward.finding([running("9 mg", route=Route.ORAL)], at(0), DRUG) is None
    assert not InfusionTooFast().concerns(ward.knowledge, "baclofen")


def test_of_a_dose_without_rate_and_end_it_is_said_that_nobody_knows() -> None:
    pushed = dose(DRUG, "2.001 mg", at(0), route=VEIN, entity="push")
    finding = ward.finding([pushed], at(1), DRUG)
    assert finding is not None and finding.reason is NotAssessedReason.MISSING_DURATION
    assert finding.subjects == (DRUG,) and finding.implicated == ("push",)
    assert ward.finding([pushed], at(24), DRUG) is None


def test_what_is_no_more_than_may_run_in_a_minute_asks_for_no_duration() -> None:
    assert ward.finding([dose(DRUG, "2 mg", at(0), route=VEIN)], at(0), DRUG) is None


def test_a_rate_in_another_kind_of_unit_cannot_be_compared() -> None:
    finding = ward.finding([running("3 mmol")], at(0), DRUG)
    assert finding is not None and finding.reason is NotAssessedReason.UNCONVERTIBLE_UNIT


def test_a_dose_that_cannot_be_counted_is_told_once_by_the_limits_of_the_drug_or_else_here() -> None:
    drops = dose("acetaminophen", "5 {drop}", at(0), route=VEIN)
    limited = RULE.model_copy(update={"subject": "drug:acetaminophen"})
    assert Ward(ward.check, knowledge(rules=(limited,))).finding([drops], at(0), "acetaminophen") is None
    finding = ward.finding([dose(DRUG, "5 {drop}", at(0), route=VEIN)], at(0), DRUG)
    assert finding is not None and finding.reason is not NotAssessedReason.MISSING_DURATION


def test_one_row_in_the_unit_of_the_dose_is_enough() -> None:
    other = RULE.model_copy(update={"id": "rate.morphine.mmol", "at_most": amount("3 mmol")})
    both = Ward(InfusionTooFast(), knowledge(rules=(RULE, other)))
    assert both.finding([running("2 mg")], at(0), DRUG) is None
    assert both.severity([running("3.1 mmol")], at(0), DRUG) == "moderate"


def test_a_rate_per_kilogram_needs_the_weight_and_shows_it() -> None:
    weight = observation("29463-7", "50 kg", at(-1), entity="scale")
    fast, slow = running("0.041 mg/kg"), running("0.04 mg/kg")
    assert ward.finding([weight, slow], at(0), DRUG) is None
    finding = ward.finding([weight, fast], at(0), DRUG)
    assert finding is not None and finding.severity is Severity.MODERATE
    assert "scale" in finding.implicated
    made = recomputed(InfusionTooFast.id, finding.evidence)
    assert made is not None and made.agrees and made.shown == Decimal("2.05")
    unknown = ward.finding([fast], at(0), DRUG)
    assert unknown is not None and unknown.reason is NotAssessedReason.MISSING_WEIGHT


def test_an_ordered_rate_per_kilogram_is_worked_out_with_the_weight() -> None:
    weight = observation("29463-7", "50 kg", at(-1), entity="scale")
    finding = ward.finding([weight, ordered("0.06 mg/kg")], at(0), DRUG)
    assert finding is not None and finding.severity is Severity.MAJOR
    made = recomputed(InfusionTooFast.id, finding.evidence)
    assert made is not None and made.agrees and made.shown == 3


def test_whom_the_row_is_not_for_may_have_it_faster() -> None:
    eclampsia = condition("icd10|O15.0", at(-1))
    assert ward.finding([eclampsia, running("9 mg")], at(0), DRUG) is None
    assert ward.severity([running("9 mg")], at(0), DRUG) == "major"


def test_a_draft_asks_for_nothing() -> None:
    draft = RULE.model_copy(update={"status": Status.DRAFT})
    shadow = Ward(InfusionTooFast(), knowledge(rules=(draft,)))
    assert shadow.finding([dose(DRUG, "5 mg", at(0), route=VEIN)], at(0), DRUG) is None
    finding = shadow.finding([running("9 mg")], at(0), DRUG)
    assert finding is not None and finding.shadow


PER_KILOGRAM = RULE.model_copy(
    update={
        "id": "rate.morphine.kilogram",
        "at_most": amount("50 ug"),
        "per": "kg",
        "longer_than": timedelta(minutes=10),
        "not_in": None,
    }
)
intensive = Ward(InfusionTooFast(), knowledge(rules=(PER_KILOGRAM,)))
EIGHTY = observation("29463-7", "80 kg", at(-1), entity="weight")


@pytest.mark.parametrize(
    ("rate", "severity"),
    [("50 ug/kg", None), ("50.001 ug/kg", "moderate"), ("62.5 ug/kg", "moderate"), ("62.501 ug/kg", "major")],
)
def test_a_rate_per_kilogram_needs_no_weight_where_it_is_stated_so(rate: str, severity: str | None) -> None:
    assert intensive.severity([running(rate)], at(0), DRUG) == severity
    assert intensive.severity([ordered(rate)], at(0), DRUG) == severity


@pytest.mark.parametrize(
    ("rate", "severity"), [("4000 ug", None), ("4001 ug", "moderate"), ("5001 ug", "major")]
)
def test_a_rate_per_kilogram_by_the_weight(rate: str, severity: str | None) -> None:
    assert intensive.severity([EIGHTY, running(rate)], at(0), DRUG) == severity
    assert intensive.severity([EIGHTY, ordered(rate)], at(0), DRUG) == severity


def test_what_is_told_of_a_rate_per_kilogram() -> None:
    finding = intensive.finding([EIGHTY, running("4800 ug")], at(0), DRUG)
    assert finding is not None
    assert finding.text.startswith("morphine: 60 ug/kg/min stated; at most 50 ug/kg/min are safe.")
    assert "weight" in finding.implicated
    made = recomputed(InfusionTooFast.id, finding.evidence)
    assert made is not None and made.agrees


def test_a_rate_that_needs_a_weight_is_not_assessed_without_one() -> None:
    finding = intensive.finding([running("4001 ug")], at(0), DRUG)
    assert finding is not None and finding.reason is NotAssessedReason.MISSING_WEIGHT


@pytest.mark.parametrize(("minutes", "told"), [(10, False), (11, True)])
def test_a_bolus_that_begins_an_infusion_may_be_faster(minutes: int, *, told: bool) -> None:
    bolus = running("100 ug/kg", ended_at=at(0, minutes=minutes))
    assert (intensive.finding([bolus], at(1), DRUG) is not None) is told


def test_a_push_without_rate_and_end_is_a_bolus_and_nothing_is_asked_about_it() -> None:
    assert intensive.finding([dose(DRUG, "10 mg", at(0), route=VEIN)], at(0), DRUG) is None


GROWN = PER_KILOGRAM.model_copy(update={"id": "rate.morphine.grown", "age_from": Decimal(18)})
YOUNG = PER_KILOGRAM.model_copy(
    update={"id": "rate.morphine.young", "at_most": amount("100 ug"), "age_below": Decimal(18)}
)
by_age = Ward(InfusionTooFast(), knowledge(rules=(GROWN, YOUNG)))


@pytest.mark.parametrize(
    ("age", "rate", "severity"),
    [
        (18, "50 ug/kg", None),
        (18, "50.001 ug/kg", "moderate"),
        (17.9, "100 ug/kg", None),
        (17.9, "100.001 ug/kg", "moderate"),
    ],
)
def test_each_age_has_its_own_limit(age: float, rate: str, severity: str | None) -> None:
    assert by_age.severity([person(age, at(-1)), running(rate)], at(0), DRUG) == severity


def test_from_the_birthday_on_what_runs_is_held_against_the_other_limit() -> None:
    facts = [person(17.999, at(-1)), running("60 ug/kg")]
    before = by_age.judge(facts, at(0), DRUG)
    assert before.findings == () and before.review_at is not None
    assert by_age.finding(facts, before.review_at, DRUG) is not None


def test_where_the_age_is_not_known_every_row_holds_and_that_is_said() -> None:
    finding = by_age.finding([running("60 ug/kg")], at(0), DRUG)
    assert finding is not None
    assert "That is from 18 years; the age is not known." in finding.text
    grown = by_age.finding([person(40, at(-1)), running("60 ug/kg")], at(0), DRUG)
    assert grown is not None and "the age is not known" not in grown.text


def _fosphenytoin(amount: str) -> Administration:
    product = Medication(codings=(Coding(system="mimic-drug", code="fosphenytoin"),))
    return dose(product, None, at(0), route=VEIN).model_copy(
        update={"rate": Rate(amount=quantity(amount), per_seconds=Decimal(60))}
    )


def test_fosphenytoin_may_run_at_a_hundred_and_fifty_phenytoin_equivalents_a_minute() -> None:
    shipped = Ward(InfusionTooFast(), load())
    assert shipped.finding([_fosphenytoin("150 mg PE")], at(1), "fosphenytoin") is None
    found = shipped.finding([_fosphenytoin("150.001 mg PE")], at(1), "fosphenytoin")
    assert found is not None and found.severity.value == "moderate"
    assert "150 mg{PE}/min" in found.text


def test_milligrams_of_fosphenytoin_are_too_fast_only_where_even_those_of_the_salt_would_be() -> None:
    shipped = Ward(InfusionTooFast(), load())
    in_doubt = shipped.finding([_fosphenytoin("225 mg")], at(1), "fosphenytoin")
    assert in_doubt is not None
    assert (in_doubt.check, in_doubt.reason) == ("not-assessed", NotAssessedReason.UNCONVERTIBLE_UNIT)
    told = shipped.judge([_fosphenytoin("226 mg")], at(1), "fosphenytoin").findings
    assert [each.check for each in told] == ["infusion-rate", "not-assessed"]
    assert shipped.finding([_fosphenytoin("1 mg")], at(1), "fosphenytoin") is not None
