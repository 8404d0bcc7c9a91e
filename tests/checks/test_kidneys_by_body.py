"""Whose kidneys: an eGFR is for a body of 1.73 m2, and the fat of the obese clears no drug.

Gabapentin is ruled by the clearance: below 60 mL/min at most 1400 mg a day.
"""

from dataclasses import replace

import pytest

from schemas.clinical import PatientFact
from services.safety.checks.organs.renal_dose import RenalDoseTooHigh
from services.safety.knowledge.kinds.renal import KidneyMeasure, RenalDose
from tests.brief_rules import RULED
from tests.builders import at, observation, order, person
from tests.checks.ward import Ward

ward = Ward(RenalDoseTooHigh(), RULED)
DRUG = "gabapentin"
DAILY = order(DRUG, "600 mg", at(0), times=3)


def egfr(value: str) -> PatientFact:
    return observation("98979-8", f"{value} mL/min/{{1.73_m2}}", at(0), entity="egfr")


def creatinine(value: str) -> PatientFact:
    return observation("2160-0", value, at(0), entity="creatinine")


def body(kg: str | None = None, cm: str | None = None, m2: str | None = None) -> list[PatientFact]:
    stated = (("29463-7", kg, "kg"), ("8302-2", cm, "cm"), ("8277-6", m2, "m2"))
    return [
        observation(code, f"{value} {unit}", at(-1), entity=unit)
        for code, value, unit in stated
        if value is not None
    ]


def test_a_tall_man_has_more_clearance_than_his_egfr_says() -> None:
    """200 cm and 93.2 kg are 2.28 m2: an eGFR of 45.4 is 59.8 mL/min, and one of 45.5 is 60."""
    facts = [*body(kg="93.2", cm="200"), DAILY]
    finding = ward.finding([egfr("45.4"), *facts], at(1), DRUG)
    assert finding is not None and finding.evidence["value"] == "59.8"
    assert ward.finding([egfr("45.5"), *facts], at(1), DRUG) is None


def test_a_small_woman_has_less_clearance_than_her_egfr_says() -> None:
    """1.30 m2: an eGFR of 70 is 52.6 mL/min, where 1800 mg a day are too much."""
    facts = [egfr("70"), *body(m2="1.30"), DAILY]
    finding = ward.finding(facts, at(1), DRUG)
    assert finding is not None
    assert finding.evidence["value"] == "52.6"
    assert "in place of creatinine clearance, 52.6 mL/min for a body surface of 1.3 m2" in finding.text
    assert {"egfr", "m2"} <= set(finding.implicated)


def test_without_height_or_weight_the_egfr_stands_as_it_is_and_that_is_said() -> None:
    assert ward.finding([egfr("60"), *body(cm="150"), DAILY], at(1), DRUG) is None
    finding = ward.finding([egfr("59.9"), *body(cm="150"), DAILY], at(1), DRUG)
    assert finding is not None
    assert "not converted to mL/min, because the body surface is not known" in finding.text


def test_a_height_that_is_measured_later_judges_the_running_order_anew() -> None:
    tall = observation("8302-2", "120 cm", at(5), entity="cm")
    facts = [egfr("70"), *body(kg="45"), tall, DAILY]
    assert ward.finding(facts, at(5, seconds=-1), DRUG) is None
    assert ward.severity(facts, at(5), DRUG) == "moderate"


def test_a_rule_that_speaks_of_an_egfr_takes_it_as_it_is() -> None:
    daily = order("baclofen", "17 mg", at(0), times=3)
    assert ward.finding([egfr("60"), *body(m2="1.30"), daily], at(1)) is None


WOMAN = person(60, sex="female")


@pytest.mark.parametrize(
    ("kg", "value", "how"),
    [
        ("74.1", None, None),
        ("74.2", "59.4", "63.9 kg, adjusted from 74.2 kg, ideal 57 kg at 165.1 cm"),
    ],
)
def test_from_thirty_per_cent_above_her_ideal_weight_on_less_of_her_fat_counts(
    kg: str, value: str | None, how: str | None
) -> None:
    """The ideal weight at 165.1 cm is 57 kg, and 130 % of it 74.1 kg."""
    finding = ward.finding([WOMAN, creatinine("1.0165 mg/dL"), *body(kg=kg, cm="165.1"), DAILY], at(1), DRUG)
    assert (finding and finding.evidence["value"]) == value
    assert how is None or (finding is not None and how in str(finding.evidence["kidneys"]))


def test_where_no_height_is_known_the_actual_weight_counts_and_that_is_said() -> None:
    facts = [WOMAN, creatinine("1.3 mg/dL"), *body(kg="80"), DAILY]
    finding = ward.finding(facts, at(1), DRUG)
    assert finding is not None and finding.evidence["value"] == "58.1"
    why = "whether it is that of the obese cannot be told, because no height is known"
    assert f"80 kg, actual weight: {why}" in str(finding.evidence["kidneys"])


def test_a_rule_may_ask_for_the_actual_weight_as_trials_of_anticoagulants_took_it() -> None:
    ruled = RULED.rules_of(DRUG, RenalDose)
    others = tuple(rule for rule in RULED.rules if rule not in ruled)
    rows = tuple(
        row.model_copy(update={"measure": KidneyMeasure.CLEARANCE_BY_ACTUAL_WEIGHT}) for row in ruled
    )
    actual = Ward(RenalDoseTooHigh(), replace(RULED, rules=(*others, *rows)))
    facts = [WOMAN, creatinine("1.2 mg/dL"), *body(kg="90", cm="165.1"), DAILY]
    adjusted = ward.finding(facts, at(1), DRUG)
    assert adjusted is not None and adjusted.evidence["value"] == "55.2"
    assert actual.finding(facts, at(1), DRUG) is None
