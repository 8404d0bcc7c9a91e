"""A dose into a vein that takes a shorter time than the drug must have."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.base import Severity
from schemas.clinical import PatientFact
from schemas.dosage import Rate
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.doses.infusion_time import DoseTooShort
from services.safety.knowledge.kinds.infusion_time import InfusionTime
from tests.brief_knowledge import amount, knowledge, row
from tests.builders import at, dosage, dose, order, quantity, stopped
from tests.checks.ward import Ward

DRUG = "gabapentin"
VEIN = Route.INTRAVENOUS


def rule(name: str, minutes: int, **more: object) -> InfusionTime:
    stated = {"subject": f"drug:{DRUG}", "routes": (VEIN,), "severity": Severity.MAJOR} | more
    return InfusionTime(**row(f"infusion-time.{name}", at_least=timedelta(minutes=minutes), **stated))


ward = Ward(
    DoseTooShort(), knowledge(rules=(rule("all", 60), rule("high", 90, doses_above=amount("500 mg"))))
)


def charted(minutes: float, stated: str = "500 mg") -> PatientFact:
    return dose(DRUG, stated, at(0), route=VEIN, lasting=timedelta(minutes=minutes), entity="dose")


def per_hour(milligrams: str) -> Rate:
    return Rate(amount=quantity(f"{milligrams} mg"), per_seconds=Decimal(3600))


def at_rate(milligrams: str, stated: str = "500 mg") -> PatientFact:
    given = dose(DRUG, stated, at(0), route=VEIN, entity="dose")
    return given.model_copy(update={"rate": per_hour(milligrams)})


@pytest.mark.parametrize(
    ("milligrams", "severity"),
    [("500", None), ("500.1", "moderate"), ("625", "moderate"), ("625.1", "major")],
)
def test_by_a_stated_rate_a_dose_is_too_short_at_once_and_far_too_short_by_a_quarter(
    milligrams: str, severity: str | None
) -> None:
    assert ward.severity([at_rate(milligrams)], at(0), DRUG) == severity


@pytest.mark.parametrize(
    ("minutes", "severity"), [(60, None), (48, None), (47.9, "moderate"), (5, "moderate")]
)
def test_charted_times_count_only_where_they_are_far_too_short_and_one_severity_lower(
    minutes: float, severity: str | None
) -> None:
    assert ward.severity([charted(minutes)], at(1), DRUG) == severity


def test_an_infusion_of_which_nothing_was_given_took_no_time_and_is_not_told() -> None:
    assert ward.finding([at_rate("500", stated="0 mg")], at(0), DRUG) is None
    ordered = order(DRUG, when=at(0), dosages=(dosage("0 mg", times=1, route=VEIN, rate=per_hour("500")),))
    assert ward.finding([ordered], at(0), DRUG) is None


def test_a_larger_dose_takes_longer() -> None:
    assert ward.finding([charted(60, "500 mg")], at(1), DRUG) is None
    finding = ward.finding([charted(60, "501 mg")], at(1), DRUG)
    assert finding is not None
    assert finding.text.startswith(
        "gabapentin: 501 mg given over 60 min by the charted times; at least 90 min are needed."
    )


def test_it_is_told_for_a_day_after_the_dose() -> None:
    facts = [charted(30)]
    assert ward.finding(facts, at(24.5, seconds=-1), DRUG) is not None
    assert ward.finding(facts, at(24.5), DRUG) is None


def test_of_a_dose_without_rate_and_end_it_is_said_that_nobody_knows() -> None:
    told = ward.finding([dose(DRUG, "500 mg", at(0), route=VEIN)], at(0), DRUG)
    assert told is not None and told.reason is NotAssessedReason.MISSING_DURATION
    assert ward.finding([dose(DRUG, "500 mg", at(0))], at(0), DRUG) is None


def test_a_dose_charted_by_one_press_has_no_length_that_anybody_could_judge() -> None:
    told = ward.finding([charted(1)], at(1), DRUG)
    assert told is not None and told.reason is NotAssessedReason.MISSING_DURATION
    told = ward.finding([charted(61 / 60)], at(1), DRUG)
    assert told is not None and told.severity is Severity.MODERATE


def test_an_order_is_told_before_the_first_dose_if_it_states_dose_and_rate() -> None:
    def ordered(milligrams: str) -> PatientFact:
        return order(DRUG, dosages=(dosage("500 mg", rate=per_hour(milligrams), route=VEIN),), entity="order")

    assert ward.finding([ordered("500")], at(0), DRUG) is None
    assert ward.severity([ordered("1000")], at(0), DRUG) == "major"
    assert ward.finding([ordered("1000"), stopped(ordered("1000"), at(1))], at(1), DRUG) is None
    unstated = order(DRUG, dosages=(dosage("500 mg", route=VEIN),), entity="order")
    assert ward.finding([unstated], at(0), DRUG) is None
