"""Words against structure: where both can be read and differ, neither is believed."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.intake.fhir.dosage_text import amounts, days, infusion_seconds
from services.intake.fhir.frequency_words import per_day
from tests.intake.writing import amount, at, dose_of, instruction, order_of

A_WEEK = (1 / Decimal(7), 1 / Decimal(7))
ONE_TABLET = [{"doseQuantity": {"value": 1, "unit": "TAB"}}]


@pytest.mark.parametrize(
    ("text", "frequencies"),
    [
        ("10 mg twice daily", [(2, 2)]),
        ("one tablet daily for 4 days", [(1, 1)]),
        ("two tablets every 4-6 hours", [(4, 6)]),
        ("1 tablet every eight hours", [(3, 3)]),
        ("every other day", [(Decimal("0.5"), Decimal("0.5"))]),
        ("three times a day", [(3, 3)]),
        ("3 times per day", [(3, 3)]),
        ("2 to 3 times daily", [(2, 3)]),
        ("5 mg BID", [(2, 2)]),
        ("5 mg t.i.d", [(3, 3)]),
        ("as directed", []),
        ("80 mg daily in divided doses", []),
        ("1 tablet, at most 4 g per day", []),
        ("rapid daily-dose escalation", []),
        ("1 tablet (500 mg total) 2 (two) times daily", [(2, 2)]),
        ("1 tab PO q6h prn", [(4, 4)]),
        ("q4-6 hrs", [(4, 6)]),
        ("50 mg qod", [(Decimal("0.5"), Decimal("0.5"))]),
        ("15 mg weekly", [A_WEEK]),
        ("6 tablets every Monday", [A_WEEK]),
        ("1 tablet every Monday and Friday", []),
        ("1 mg monthly", [(1 / Decimal(31), 1 / Decimal(28))]),
        ("1 mg for a month", []),
        ("one tablet in the morning and one tablet at bedtime", []),
        ("10 mg every day at 8 am and 8 pm", []),
        ("10 mg daily in the morning", [(1, 1)]),
    ],
)
def test_a_frequency_in_words(text: str, frequencies: list[tuple[Decimal, Decimal]]) -> None:
    assert list(per_day(text)) == frequencies


def test_amounts_in_words_come_with_their_units_and_multiples() -> None:
    assert [(item.low, item.high, item.unit) for item in amounts("one to two tablets")] == [
        (Decimal(1), Decimal(2), "tablets")
    ]
    assert [(item.low, item.unit) for item in amounts("0.05 - 0.1mg/kg")] == [(Decimal("0.05"), "mg/kg")]
    assert (Decimal(1000), "mg") in [(item.low, item.unit) for item in amounts("two tablets of 500 mg")]
    assert amounts("do not exceed 4 mg") == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("take 1,000 mg daily", [1_000]),
        ("heparin 5,000 units", [5_000]),
        ("12,345.5 mg", [Decimal("12345.5")]),
        ("1,000,000 units", [1_000_000]),
        ("500-1,000 mg", [500]),
        ("2,5 mg", []),
        ("0,125 mg", []),
        ("1,0000 mg", []),
        ("5 mg,10 mg", [5, 10]),
    ],
)
def test_thousands_are_told_by_commas_and_a_comma_in_another_place_is_not_read(
    text: str, found: list[Decimal]
) -> None:
    assert [item.low for item in amounts(text)] == found


@pytest.mark.parametrize(
    ("text", "believed"), [("1,000 mg three times daily", True), ("10,000 mg three times daily", False)]
)
def test_an_order_whose_words_have_commas_in_their_thousands_is_held_against_them(
    text: str, believed: bool, tmp_path: Path
) -> None:
    told = instruction(text=text, doseAndRate=[{"doseQuantity": amount(1_000, "mg")}])
    (dosage,) = order_of(tmp_path, dosageInstruction=[told]).dosages
    assert (dosage.dose_high is not None) is believed


def test_durations_in_words() -> None:
    assert days("for 2 weeks") == 14
    assert days("for 3 days, then for 5 days") is None
    assert infusion_seconds("over 30 minutes") == 1_800
    assert infusion_seconds("IV push") is None


@pytest.mark.parametrize(
    ("more", "believed"),
    [
        ({"text": "5 mg three times daily"}, True),
        ({"text": "one 5 mg tablet three times daily"}, True),
        ({"text": "5 mg twice daily"}, False),
        ({"text": "5 mg once daily"}, False),
        ({"text": "10 mg three times daily"}, False),
        ({"text": "one tablet three times daily", "doseAndRate": ONE_TABLET}, True),
        ({"text": "ONE tablet three times daily", "doseAndRate": [{"doseQuantity": amount(1, "mg")}]}, False),
        ({"text": "0.5 mg three times daily", "doseAndRate": [{"doseQuantity": amount(500, "ug")}]}, True),
        (
            {
                "text": "two tablets of 500 mg three times daily",
                "doseAndRate": [{"doseQuantity": amount(1, "g")}],
            },
            True,
        ),
        ({"text": "take as your doctor said"}, True),
        ({"text": "Take 1 tablet (5 mg total) by mouth 3 (three) times daily"}, True),
        ({"text": "5 micrograms three times daily"}, False),
        ({"text": "5 milligrams three times daily"}, True),
        ({"text": ".5 mg three times daily"}, False),
        ({"text": "5 mg q12h"}, False),
        ({"text": "5 mg weekly"}, False),
        ({"text": "5 mg every Monday"}, False),
        (
            {"timing": {"code": {"text": "BID"}, "repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}}},
            False,
        ),
    ],
)
def test_an_order_is_believed_only_where_its_words_do_not_contradict(
    more: dict[str, Any], believed: bool, tmp_path: Path
) -> None:
    (dosage,) = order_of(tmp_path, dosageInstruction=[instruction(**more)]).dosages
    assert (dosage.dose_high is not None, dosage.period_seconds is not None) == (believed, believed)
    assert dosage.text == more.get("text", "")


def test_a_frequency_coded_per_two_days_for_twice_daily_is_not_believed(tmp_path: Path) -> None:
    wrong = {"repeat": {"frequency": 1, "period": 2, "periodUnit": "d"}}
    (dosage,) = order_of(
        tmp_path, dosageInstruction=[instruction(text="1000 mg/m2 orally twice daily", timing=wrong)]
    ).dosages
    assert (dosage.dose_high, dosage.times_high) == (None, None)


def test_four_a_day_coded_for_daily_during_four_days_is_not_believed(tmp_path: Path) -> None:
    wrong = {"repeat": {"frequency": 4, "period": 1, "periodUnit": "d"}}
    (dosage,) = order_of(
        tmp_path,
        dosageInstruction=[
            instruction(text="one tablet daily for 4 days", timing=wrong, doseAndRate=ONE_TABLET)
        ],
    ).dosages
    assert dosage.dose_high is None


def test_bounds_shorter_than_the_words_are_not_believed_and_stay_visible_for_the_longer_span(
    tmp_path: Path,
) -> None:
    bounds = {"start": "2026-03-03", "end": "2026-03-07"}
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": bounds}
    text = "Take 4 tablets daily for 7 days"
    four = [{"doseQuantity": {"value": 4, "unit": "TAB"}}]
    (dosage,) = order_of(
        tmp_path, dosageInstruction=[instruction(text=text, timing={"repeat": repeat}, doseAndRate=four)]
    ).dosages
    assert (dosage.dose_high, dosage.ends_at) == (None, at("2026-03-10T00:00:00"))


@pytest.mark.parametrize(
    ("bounds", "believed", "ends_at"),
    [
        ({"boundsDuration": amount(7, "d")}, True, "2026-03-09T08:00:00"),
        ({"boundsDuration": amount(5, "d")}, False, "2026-03-09T08:00:00"),
        ({"boundsDuration": amount(10, "d")}, False, "2026-03-12T08:00:00"),
        ({"count": 7}, True, "2026-03-09T08:00:00"),
        ({"count": 14}, False, "2026-03-16T08:00:00"),
    ],
)
def test_a_duration_or_a_number_of_doses_is_held_against_the_words_too(
    bounds: dict[str, Any], believed: bool, ends_at: str, tmp_path: Path
) -> None:
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d"} | bounds
    told = instruction(text="5 mg daily for 7 days", timing={"repeat": repeat})
    (dosage,) = order_of(tmp_path, dosageInstruction=[told]).dosages
    assert (dosage.dose_high is not None, dosage.ends_at) == (believed, at(ends_at))


@pytest.mark.parametrize(("text", "believed"), [("one tablet daily", True), ("three tablets daily", False)])
def test_a_range_agrees_with_the_words_when_one_of_its_ends_does(
    text: str, believed: bool, tmp_path: Path
) -> None:
    pieces = [{"doseRange": {"low": {"value": 1, "unit": "TAB"}, "high": {"value": 2, "unit": "TAB"}}}]
    daily = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
    told = instruction(text=text, timing=daily, doseAndRate=pieces)
    (dosage,) = order_of(tmp_path, dosageInstruction=[told]).dosages
    assert (dosage.dose_low is not None, dosage.dose_high is not None) == (believed, believed)


@pytest.mark.parametrize(
    ("dosage", "believed"),
    [
        ({"text": "2 mg/kg IV", "dose": amount(2, "mg/kg"), "rateQuantity": amount(20, "min")}, True),
        ({"text": "2 mg/kg IV", "dose": amount(3, "mg/kg"), "rateQuantity": amount(20, "min")}, False),
    ],
)
def test_a_rate_that_is_a_time_is_no_rate(dosage: dict[str, Any], believed: bool, tmp_path: Path) -> None:
    given = dose_of(tmp_path, dosage=dosage)
    assert (given.dose is not None, given.rate) == (believed, None)


@pytest.mark.parametrize(
    ("dosage", "period", "believed"),
    [
        (
            {"text": "200 mL at 50 mL/hour", "dose": amount(200, "mL"), "rateQuantity": amount(50, "mL/h")},
            4,
            True,
        ),
        (
            {"text": "1000 mL at 50 mL/hour", "dose": amount(1000, "mL"), "rateQuantity": amount(50, "mL/h")},
            4,
            False,
        ),
        ({"text": "1 g over 30 minutes", "dose": amount(1, "g")}, 10, False),
        ({"text": "1 g over 4 hours", "dose": amount(1, "g")}, 4, True),
        ({"text": "at 8 L/min", "rateQuantity": amount(8, "mL/min")}, 4, False),
        ({"text": "0.25 mg by mouth", "dose": {"value": 1, "unit": "TAB"}}, 4, True),
        ({"text": "2 mg now", "dose": amount(4, "mg")}, 4, False),
    ],
)
def test_a_dose_is_believed_only_where_words_rate_and_period_agree(
    dosage: dict[str, Any], period: int, believed: bool, tmp_path: Path
) -> None:
    span = {"start": "2026-03-02T08:00:00Z", "end": f"2026-03-02T{8 + period:02}:00:00Z"}
    given = dose_of(tmp_path, effectiveDateTime=None, effectivePeriod=span, dosage=dosage)
    assert (given.dose is not None or given.rate is not None) is believed
    assert given.dose_text == dosage["text"]
