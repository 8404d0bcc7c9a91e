"""Amounts that a resource itself leaves in doubt are not calculated with, and never reckoned as one of those
that they might be.
"""

from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import FactStatus, Observation
from schemas.quantities import UnknownUnit
from tests.intake.writing import (
    administration,
    amount,
    describe,
    dose_of,
    instruction,
    one,
    order_of,
    read_fhir,
    rejected,
    request,
)

UCUM = "http://unitsofmeasure.org"


def coded(unit: str, code: str, system: str | None = UCUM) -> dict[str, Any]:
    return {"value": 5, "unit": unit, "code": code} | ({"system": system} if system else {})


@pytest.mark.parametrize("system", [UCUM, None])
@pytest.mark.parametrize(
    ("unit", "code"), [("g", "mg"), ("mcg", "mg"), ("mL", "L"), ("mcg/kg", "mg/kg"), ("mg/h", "ug/h")]
)
def test_a_unit_that_its_code_contradicts_is_one_with_which_nobody_calculates(
    unit: str, code: str, system: str | None, tmp_path: Path
) -> None:
    dose = dose_of(tmp_path, dosage={"dose": coded(unit, code, system)}).dose
    assert dose is not None
    with pytest.raises(UnknownUnit):
        dose.to(code)


@pytest.mark.parametrize(
    ("unit", "code"),
    [("milligrams", "mg"), ("mcg", "ug"), ("units", "[iU]"), ("TAB", "{tablet}"), ("mcg/kg", "ug/kg")],
)
def test_a_unit_that_reads_otherwise_than_its_code_and_means_the_same_is_the_code(
    unit: str, code: str, tmp_path: Path
) -> None:
    dose = dose_of(tmp_path, dosage={"dose": coded(unit, code)}).dose
    assert dose is not None
    assert dose.unit == code


@pytest.mark.parametrize("comparator", ["<", "<=", ">=", ">"])
def test_a_bound_is_no_dose_no_rate_and_no_end(comparator: str, tmp_path: Path) -> None:
    bound = {"comparator": comparator}
    given = dose_of(
        tmp_path, dosage={"dose": amount(10, "mg") | bound, "rateQuantity": amount(5, "mL/h") | bound}
    )
    assert (given.dose, given.rate) == (None, None)
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "boundsDuration": amount(5, "d") | bound}
    (dosage,) = order_of(tmp_path, dosageInstruction=[instruction(timing={"repeat": repeat})]).dosages
    assert dosage.ends_at is None


@pytest.mark.parametrize(("comparator", "kept"), [("<", 1), ("<=", 1), (">", 0)])
def test_of_a_maximum_a_comparator_may_say_that_it_is_one(comparator: str, kept: int, tmp_path: Path) -> None:
    most = {"numerator": amount(4, "g") | {"comparator": comparator}, "denominator": amount(1, "d")}
    (dosage,) = order_of(tmp_path, dosageInstruction=[instruction(maxDosePerPeriod=most)]).dosages
    assert len(dosage.max_dose) == kept


@pytest.mark.parametrize(
    ("most", "more", "believed"),
    [
        (15, {}, True),
        (14, {}, False),
        (14, {"asNeededBoolean": True}, True),
        (4, {"asNeededBoolean": True}, False),
        (
            14,
            {"timing": {"repeat": {"frequency": 1, "frequencyMax": 4, "period": 1, "periodUnit": "d"}}},
            True,
        ),
        (14, {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}}, True),
        (4, {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}}, False),
    ],
)
def test_what_is_scheduled_beyond_its_own_maximum_is_not_reckoned_as_the_maximum(
    most: int, more: dict[str, Any], believed: bool, tmp_path: Path
) -> None:
    """5 mg three times daily, and no more than so much a day."""
    cap = {"numerator": amount(most, "mg"), "denominator": amount(1, "d")}
    (dosage,) = order_of(tmp_path, dosageInstruction=[instruction(maxDosePerPeriod=cap, **more)]).dosages
    assert (dosage.dose_high is not None, len(dosage.max_dose)) == (believed, int(believed))


def dosed(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    return [instruction(doseAndRate=list(entries))]


def span(low: dict[str, Any], high: dict[str, Any]) -> dict[str, Any]:
    return {"doseRange": {"low": low, "high": high}}


FIVE, FIFTY = amount(5, "mg"), amount(50, "mg")


@pytest.mark.parametrize(
    "told",
    [
        dosed(span(FIFTY, FIVE)),
        dosed(span(amount(1, "mg"), amount(50, "ug"))),
        dosed(span(FIVE, amount(1, "mL"))),
        dosed(span(FIVE, FIFTY) | {"doseQuantity": FIFTY}),
        dosed({"doseQuantity": FIVE}, {"doseQuantity": FIFTY}),
        dosed(
            {"doseQuantity": amount(100, "mg/kg")}, {"doseQuantity": FIVE}, {"doseQuantity": amount(5, "g")}
        ),
    ],
    ids=["turned-round", "turned-round-by-unit", "two-kinds", "dose-and-range", "tenfold", "thousandfold"],
)
def test_a_dose_that_is_stated_in_two_ways_which_exclude_each_other_is_not_believed(
    told: list[dict[str, Any]], tmp_path: Path
) -> None:
    (dosage,) = order_of(tmp_path, dosageInstruction=told).dosages
    assert (dosage.dose_low, dosage.dose_high) == (None, None)


@pytest.mark.parametrize(
    "told",
    [
        dosed(span(FIVE, FIFTY)),
        dosed(span(FIFTY, FIFTY)),
        dosed(span(amount(50, "ug"), amount(1, "mg"))),
        dosed({"doseQuantity": FIVE}, {"doseQuantity": amount(6, "mg")}),
        dosed({"doseQuantity": FIVE}, {"doseQuantity": amount(1, "mL")}),
        dosed({"doseQuantity": amount(5, "mg/kg")}, {"doseQuantity": FIFTY}),
    ],
)
def test_a_dose_that_is_stated_in_two_ways_which_agree_is_believed(
    told: list[dict[str, Any]], tmp_path: Path
) -> None:
    (dosage,) = order_of(tmp_path, dosageInstruction=told).dosages
    assert dosage.dose_high is not None


def result(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "weight",
        "status": "final",
        "subject": {"reference": "Patient/ada"},
        "effectiveDateTime": "2026-03-02T08:00:00Z",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
    } | more


def test_a_weight_in_kilograms_that_is_coded_in_grams_is_none(tmp_path: Path) -> None:
    weight = one(read_fhir(tmp_path, result(valueQuantity=coded("kg", "g"))), Observation).value
    assert weight is not None
    with pytest.raises(UnknownUnit):
        weight.to("kg")


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        (request(dosageInstruction=instruction()), "MedicationRequest.dosageInstruction"),
        (request(dosageInstruction=["5 mg"]), "MedicationRequest.dosageInstruction"),
        (
            request(dosageInstruction=[instruction(doseAndRate={"doseQuantity": FIVE})]),
            "MedicationRequest.dosageInstruction[0].doseAndRate",
        ),
        (result(component={"code": {"text": "x"}, "valueQuantity": FIVE}), "Observation.component"),
    ],
)
def test_amounts_that_stand_where_fhir_has_a_list_are_not_passed_over(
    resource: dict[str, Any], place: str, tmp_path: Path
) -> None:
    assert [item.path for item in rejected(read_fhir(tmp_path, resource))] == [place]


def test_an_infusion_whose_end_names_a_day_alone_is_rejected(tmp_path: Path) -> None:
    """Midnight would be half a day too early, and with it what was given."""
    period = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-03"}
    readings = read_fhir(tmp_path, administration(effectiveDateTime=None, effectivePeriod=period))
    assert [describe(item) for item in readings] == ["imprecise-time"]


def test_a_stay_entered_in_error_is_taken_back_whatever_its_times_are(tmp_path: Path) -> None:
    stay = {
        "resourceType": "Encounter",
        "id": "e",
        "status": "entered-in-error",
        "subject": {"reference": "Patient/ada"},
        "period": {"start": "2026-03-02T08:00:00Z", "end": "2026-03-01T08:00:00Z"},
    }
    (reading,) = read_fhir(tmp_path, stay)
    assert reading.event.status is FactStatus.ENTERED_IN_ERROR  # type: ignore[union-attr]
