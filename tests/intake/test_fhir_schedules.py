"""The schedule of a MedicationRequest: how often, at what times, from when and for how long."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.intake.writing import amount, at, instruction, order_of, read_fhir, rejected, request, timed

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@pytest.mark.parametrize(
    ("repeat", "low", "high", "period"),
    [
        ({"frequency": 1, "period": 8, "periodUnit": "h"}, 1, 1, 8 * 3_600),
        ({"frequency": 1, "frequencyMax": 2, "period": 1, "periodUnit": "d"}, 1, 2, 86_400),
        ({"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}, Decimal("0.666667"), 1, 4 * 3_600),
        ({"period": 1, "periodUnit": "wk"}, 1, 1, 7 * 86_400),
        (
            {"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon", "wed", "fri"]},
            3,
            3,
            7 * 86_400,
        ),
        ({"period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "wed", "fri"]}, 3, 3, 7 * 86_400),
        (
            {"frequency": 3, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "wed", "fri"]},
            3,
            3,
            7 * 86_400,
        ),
        ({"frequency": 1, "period": 2, "periodUnit": "wk", "dayOfWeek": ["mon"]}, 1, 1, 14 * 86_400),
        ({"frequency": 2, "period": 2, "periodUnit": "wk", "dayOfWeek": ["mon"]}, 2, 2, 14 * 86_400),
        ({"frequency": 2, "period": 1, "periodUnit": "d", "dayOfWeek": DAYS}, 14, 14, 7 * 86_400),
        ({"when": ["MORN", "HS"]}, 2, 2, 86_400),
        ({"frequency": 2, "period": 1, "periodUnit": "d", "when": ["AC"], "offset": 30}, 2, 2, 86_400),
        ({"when": ["AC"]}, 3, 3, 86_400),
    ],
)
def test_a_repeat_becomes_times_within_a_period(
    repeat: dict[str, Any], low: Decimal, high: int, period: int, tmp_path: Path
) -> None:
    (dosage,) = order_of(tmp_path, dosageInstruction=timed(repeat)).dosages
    assert (dosage.times_low, dosage.times_high, dosage.period_seconds) == (
        low,
        Decimal(high),
        Decimal(period),
    )


@pytest.mark.parametrize(
    ("code", "times", "hours"),
    [
        ("QD", 1, 24),
        ("BID", 2, 24),
        ("TID", 3, 24),
        ("QID", 4, 24),
        ("Q4H", 1, 4),
        ("Q6H", 1, 6),
        ("QOD", 1, 48),
    ],
)
def test_a_timing_code_becomes_times_within_a_period(
    code: str, times: int, hours: int, tmp_path: Path
) -> None:
    (dosage,) = order_of(tmp_path, dosageInstruction=[instruction(timing={"code": {"text": code}})]).dosages
    assert (dosage.times_high, dosage.period_seconds) == (Decimal(times), Decimal(hours * 3_600))


def test_a_timing_code_may_stand_behind_one_of_the_house(tmp_path: Path) -> None:
    code = {"coding": [{"system": "https://ehr.example", "code": "F12"}, {"code": "BID"}]}
    (dosage,) = order_of(tmp_path, dosageInstruction=[instruction(timing={"code": code})]).dosages
    assert (dosage.times_high, dosage.period_seconds) == (Decimal(2), Decimal(86_400))


def test_times_of_day_a_single_count_and_explicit_instants_are_kept(tmp_path: Path) -> None:
    (daily,) = order_of(tmp_path, dosageInstruction=timed({"timeOfDay": ["08:00:00", "20:00:00"]})).dosages
    assert (daily.times_of_day, daily.period_seconds) == (("08:00", "20:00"), None)
    (single,) = order_of(tmp_path, dosageInstruction=timed({"count": 1})).dosages
    assert single.once
    events = {"event": ["2026-03-03T08:00:00Z", "2026-03-04T08:00:00Z"]}
    both = order_of(tmp_path, dosageInstruction=[instruction(timing=events)]).dosages
    assert [(dosage.once, dosage.starts_at) for dosage in both] == [
        (True, at("2026-03-03T08:00:00")), (True, at("2026-03-04T08:00:00"))
    ]  # fmt: skip


def test_a_taper_of_several_sequences_keeps_each_with_its_dates(tmp_path: Path) -> None:
    def step(number: int, dose: float, start: str, end: str) -> dict[str, Any]:
        bounds = {
            "frequency": 1,
            "period": 1,
            "periodUnit": "d",
            "boundsPeriod": {"start": start, "end": end},
        }
        return instruction(
            sequence=number, timing={"repeat": bounds}, doseAndRate=[{"doseQuantity": amount(dose, "mg")}]
        )

    order = order_of(
        tmp_path,
        dosageInstruction=[step(1, 20, "2026-03-03", "2026-03-09"), step(2, 10, "2026-03-10", "2026-03-16")],
    )
    assert [dosage.sequence for dosage in order.dosages] == [1, 2]
    assert (order.effective_at, order.ends_at) == (at("2026-03-03T00:00:00"), at("2026-03-17T00:00:00"))
    assert order.dosages[0].ends_at == order.dosages[1].starts_at == at("2026-03-10T00:00:00")


def test_a_duration_counts_from_when_the_order_was_written(tmp_path: Path) -> None:
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "boundsDuration": amount(5, "d")}
    assert order_of(tmp_path, dosageInstruction=timed(repeat)).ends_at == at("2026-03-07T08:00:00")


def test_a_number_of_doses_counts_from_a_stated_begin_as_well(tmp_path: Path) -> None:
    bounds = {"boundsPeriod": {"start": "2026-03-03T08:00:00Z"}}
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "count": 5} | bounds
    assert order_of(tmp_path, dosageInstruction=timed(repeat)).ends_at == at("2026-03-08T08:00:00")


@pytest.mark.parametrize(
    "repeat",
    [
        {"frequency": 4, "frequencyMax": 2, "period": 1, "periodUnit": "d"},
        {"frequency": 1, "period": 8, "periodMax": 4, "periodUnit": "h"},
        {"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": DAYS},
        {"frequency": 1, "period": 2, "periodUnit": "d", "dayOfWeek": ["mon"]},
        {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN", "NOON", "EVE"]},
    ],
    ids=[
        "times-turned-round",
        "period-turned-round",
        "weekly-on-every-day",
        "two-days-on-mondays",
        "thrice-once",
    ],
)
def test_a_schedule_that_excludes_itself_is_not_believed(repeat: dict[str, Any], tmp_path: Path) -> None:
    """Methotrexate once a week on seven days would be a seventh of what is taken."""
    (dosage,) = order_of(tmp_path, dosageInstruction=timed(repeat)).dosages
    assert (dosage.dose_high, dosage.times_high, dosage.period_seconds) == (None, None, None)


@pytest.mark.parametrize(
    ("more", "known"),
    [
        ({"frequency": 2}, False),
        ({"when": ["MORN", "EVE"]}, False),
        ({"timeOfDay": ["08:00:00", "20:00:00"]}, True),
    ],
)
def test_several_doses_on_some_days_are_no_average_of_all_days(
    more: dict[str, Any], known: bool, tmp_path: Path
) -> None:
    """Two on each of three days were one a day; where clock times are told, the most of a day are known."""
    repeat = {"period": 1, "periodUnit": "d", "dayOfWeek": ["mon", "wed", "fri"]} | more
    (dosage,) = order_of(tmp_path, dosageInstruction=timed(repeat)).dosages
    assert dosage.dose_high is not None
    assert (dosage.period_seconds is not None) is known


@pytest.mark.parametrize("time", ["8am", "24:00:00", "08:60:00", "8:00:00", "08:00:00+02:00"])
def test_what_is_no_time_of_day_is_rejected(time: str, tmp_path: Path) -> None:
    """Else every check that asks when doses are due fails for that patient."""
    readings = read_fhir(tmp_path, request(dosageInstruction=timed({"timeOfDay": [time]})))
    assert [item.path for item in rejected(readings)] == [
        "MedicationRequest.dosageInstruction[0].timing.repeat.timeOfDay"
    ]
