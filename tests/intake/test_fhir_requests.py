"""MedicationRequest at the door: statuses, times, amounts, links."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.clinical import FactStatus, Intent, Order, OrderState
from schemas.medications import Route
from services.intake.door import UTC_ZONE, Door
from tests.intake.writing import (
    DAY,
    amount,
    at,
    describe,
    instruction,
    one,
    order_of,
    read_fhir,
    rejected,
    request,
    timed,
)


def test_baclofen_three_times_a_day_is_read_with_drug_dose_schedule_and_route(tmp_path: Path) -> None:
    order = order_of(tmp_path)
    (dosage,) = order.dosages
    assert (order.patient, order.entity, order.state) == (
        "ada",
        "MedicationRequest/order-1",
        OrderState.ACTIVE,
    )
    assert [(coding.system, coding.code) for coding in order.medication.codings] == [("rxnorm", "1292")]
    assert (dosage.dose_low, dosage.dose_high) == (dosage.dose_high, dosage.dose_low)
    assert dosage.dose_high is not None and str(dosage.dose_high) == "5 mg"
    assert (dosage.times_high, dosage.period_seconds, dosage.route) == (Decimal(3), DAY, Route.ORAL)
    assert order.effective_at == order.recorded_at == order.received_at == at("2026-03-02T08:00:00")


@pytest.mark.parametrize(
    ("status", "state", "stopped_at"),
    [
        ("active", OrderState.ACTIVE, None),
        ("on-hold", OrderState.ON_HOLD, None),
        ("draft", OrderState.DRAFT, None),
        ("stopped", OrderState.STOPPED, at("2026-03-05T10:00:00")),
        ("completed", OrderState.COMPLETED, at("2026-03-05T10:00:00")),
        ("cancelled", OrderState.STOPPED, at("2026-03-02T08:00:00")),
    ],
)
def test_a_status_says_whether_and_until_when_an_order_holds(
    status: str, state: OrderState, stopped_at: object, tmp_path: Path
) -> None:
    meta = {"versionId": "4", "lastUpdated": "2026-03-05T10:00:00Z"}
    order = order_of(tmp_path, status=status, meta=meta)
    assert (order.state, order.stopped_at, order.version) == (state, stopped_at, 4)
    assert order.recorded_at == order.received_at == at("2026-03-05T10:00:00")
    assert order.effective_at == at("2026-03-02T08:00:00")


def test_a_stop_is_dated_by_the_change_of_status_where_that_is_told(tmp_path: Path) -> None:
    url = "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationRequest.statusChanged"
    order = order_of(
        tmp_path, status="stopped", meta={"lastUpdated": "2026-03-05T10:00:00Z"},
        extension=[{"url": url, "valueDateTime": "2026-03-05T09:30:00Z"}],
    )  # fmt: skip
    assert order.stopped_at == at("2026-03-05T09:30:00")


def test_an_order_that_has_stopped_does_not_go_on_until_a_day_that_was_mistyped(tmp_path: Path) -> None:
    told = {"status": "stopped", "statusChanged": "2027-03-05T09:30:00Z"}
    stored = order_of(tmp_path, **told, meta={"lastUpdated": "2026-03-05T09:31:00Z"})
    assert stored.stopped_at == at("2026-03-05T09:31:00")
    now = at("2026-03-05T09:32:00")
    (live,) = read_fhir(tmp_path, request(**told), door=Door(clock=lambda: now))
    assert live.event.stopped_at == now  # type: ignore[union-attr]


def test_an_order_entered_in_error_takes_the_entity_back(tmp_path: Path) -> None:
    order = order_of(tmp_path, status="entered-in-error", dosageInstruction=None)
    assert order.status is FactStatus.ENTERED_IN_ERROR


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"status": "unknown"}, "unknown-status"),
        ({"status": None}, "unknown-status"),
        ({"intent": "wish"}, "unknown-intent"),
        ({"subject": None}, "missing-patient"),
        ({"subject": {"reference": "Group/ward"}}, "not-a-patient"),
        ({"authoredOn": None}, "missing-time"),
        ({"authoredOn": "yesterday"}, "bad-time"),
        ({"authoredOn": "2026-02-30"}, "bad-time"),
        ({"authoredOn": "9999-12-31T23:59:59Z"}, "bad-time"),
        (
            {"dosageInstruction": [instruction(doseAndRate=[{"doseQuantity": amount(-5, "mg")}])]},
            "negative-value",
        ),
        (
            {"dosageInstruction": [instruction(doseAndRate=[{"doseQuantity": {"value": "5"}}])]},
            "wrong-schema",
        ),
        ({"dosageInstruction": timed({"frequency": -3, "period": 1, "periodUnit": "d"})}, "negative-value"),
        (
            {"dosageInstruction": timed({"boundsPeriod": {"start": "2026-03-05", "end": "2026-03-01"}})},
            "end-before-start",
        ),
    ],
)
def test_a_request_that_cannot_be_understood_is_refused_with_its_reason(
    more: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    readings = read_fhir(tmp_path, request(**more))
    assert [describe(reading) for reading in readings] == [reason]
    named = rejected(readings)[0].patient
    assert named == (None if reason in ("missing-patient", "not-a-patient") else "ada")


def test_dose_ranges_rates_and_greatest_doses_are_kept(tmp_path: Path) -> None:
    ranged = [{"doseRange": {"low": amount(5, "mg"), "high": amount(10, "mg")}}]
    cap = {"numerator": amount(80, "mg"), "denominator": amount(1, "d")}
    (dosage,) = order_of(
        tmp_path, dosageInstruction=[instruction(doseAndRate=ranged, maxDosePerPeriod=cap)]
    ).dosages
    assert (str(dosage.dose_low), str(dosage.dose_high)) == ("5 mg", "10 mg")
    assert [(str(item.amount), item.period_seconds) for item in dosage.max_dose] == [("80 mg", DAY)]
    for rate in (
        {"rateQuantity": amount(2, "mg/h")},
        {"rateRatio": {"numerator": amount(2, "mg"), "denominator": amount(1, "h")}},
        {"rateRange": {"low": amount(1, "mg/h"), "high": amount(2, "mg/h")}},
        {"rateQuantity": {"value": 2, "unit": "mg/h"}},
    ):
        (infused,) = order_of(
            tmp_path, dosageInstruction=[instruction(timing=None, doseAndRate=[rate])]
        ).dosages
        assert infused.rate is not None, rate
        assert (str(infused.rate.amount), infused.rate.per_seconds) == ("2 mg", Decimal(3_600))


def test_a_calculated_dose_is_taken_before_one_per_kilogram(tmp_path: Path) -> None:
    both = [{"doseQuantity": amount(1, "mg/kg")}, {"doseQuantity": amount(70, "mg")}]
    (dosage,) = order_of(tmp_path, dosageInstruction=[instruction(doseAndRate=both)]).dosages
    assert str(dosage.dose_high) == "70 mg"


def test_a_dose_without_a_unit_can_be_calculated_by_nobody(tmp_path: Path) -> None:
    (dosage,) = order_of(
        tmp_path, dosageInstruction=[instruction(doseAndRate=[{"doseQuantity": {"value": 1}}])]
    ).dosages
    assert str(dosage.dose_high) == "1 {unstated}"


@pytest.mark.parametrize(
    ("more", "needed"),
    [
        ({"asNeededBoolean": True}, True),
        ({"asNeededCodeableConcept": {"text": "spasm"}}, True),
        ({"text": "5 mg three times a day as needed"}, True),
        ({"text": "5 mg three times a day, PRN"}, True),
        ({"asNeededBoolean": False, "text": "5 mg as needed"}, False),
        ({}, False),
    ],
)
def test_as_needed_stands_in_the_structure_or_in_the_words(
    more: dict[str, Any], needed: bool, tmp_path: Path
) -> None:
    (dosage,) = order_of(tmp_path, dosageInstruction=[instruction(**more)]).dosages
    assert dosage.as_needed is needed


def test_words_alone_never_become_numbers(tmp_path: Path) -> None:
    alone = {"text": "Take one 10 mg tablet three times daily", "sequence": 1}
    (dosage,) = order_of(tmp_path, dosageInstruction=[alone]).dosages
    assert dosage.dose_high is None and dosage.period_seconds is None
    assert dosage.text == alone["text"]


def test_a_successor_a_filler_and_a_home_order_keep_their_links(tmp_path: Path) -> None:
    order = order_of(
        tmp_path, intent="filler-order", priorPrescription={"reference": "MedicationRequest/old"},
        basedOn=[{"reference": "CarePlan/x"}, {"reference": "http://ehr.example/fhir/MedicationRequest/first"}],
        category=[{"coding": [{"code": "community"}]}],
    )  # fmt: skip
    assert (order.intent, order.replaces) == (Intent.FILLER_ORDER, "MedicationRequest/old")
    assert (order.based_on, order.community) == (("MedicationRequest/first",), True)
    assert order_of(tmp_path, doNotPerform=True).do_not_perform
    assert order_of(tmp_path, reportedReference={"reference": "Patient/ada"}).community


def test_a_time_without_offset_is_the_facilitys_and_says_so(tmp_path: Path) -> None:
    vienna = Door(zone=ZoneInfo("Europe/Vienna"))
    winter = one(read_fhir(tmp_path, request(authoredOn="2026-03-02"), door=vienna), Order)
    assert (winter.effective_at, winter.assumed_tz) == (at("2026-03-01T23:00:00"), True)
    summer = one(read_fhir(tmp_path, request(authoredOn="2026-07-02"), door=vienna), Order)
    assert summer.effective_at == at("2026-07-01T22:00:00")
    stated = one(read_fhir(tmp_path, request(), door=vienna), Order)
    assert (stated.effective_at, stated.assumed_tz) == (at("2026-03-02T08:00:00"), False)
    assert Door().zone is UTC_ZONE
