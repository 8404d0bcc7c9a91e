"""Which measured value counts, and what stands where the newest one cannot be used."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from schemas.clinical import PatientFact
from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import View
from services.safety.checks.patient.measured import Measured, measured
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, encounter, observation

RATE = "mL/min/{1.73_m2}"


def known(name: str, facts: list[PatientFact], now: datetime) -> tuple[Measured, datetime | None]:
    """What is known of a measurement."""
    return measured(View(folded(facts, KNOWLEDGE), KNOWLEDGE, now, {}), name)


def value(name: str, facts: list[PatientFact], now: datetime) -> str | None:
    """The value that counts, as text."""
    reading = known(name, facts, now)[0].reading
    return str(reading.value) if reading is not None else None


def test_the_newest_of_the_family_counts_whichever_code_states_it() -> None:
    facts: list[PatientFact] = [
        observation("98979-8", f"55 {RATE}", at(0)),
        observation("33914-3", f"28 {RATE}", at(6)),
    ]
    assert value("egfr", facts, at(6, seconds=-1)) == "55"
    assert value("egfr", facts, at(6)) == "28"


def test_an_egfr_counts_for_48_hours_in_the_house_and_7_days_elsewhere() -> None:
    facts: list[PatientFact] = [observation("98979-8", f"55 {RATE}", at(0))]
    assert value("egfr", facts, at(48, seconds=-1)) == "55"
    assert value("egfr", facts, at(48)) is None
    seen_elsewhere: list[PatientFact] = [*facts, encounter(at(-1), inpatient=False)]
    assert value("egfr", seen_elsewhere, at(days=7, seconds=-1)) == "55"
    assert value("egfr", seen_elsewhere, at(days=7)) is None


def test_admission_shortens_how_long_a_value_counts() -> None:
    facts: list[PatientFact] = [
        observation("98979-8", f"55 {RATE}", at(0)),
        encounter(at(-1), inpatient=False, entity="visit"),
        encounter(at(60), entity="stay"),
    ]
    assert known("egfr", facts, at(50))[1] == at(60)
    assert value("egfr", facts, at(60, seconds=-1)) == "55"
    assert value("egfr", facts, at(60)) is None


def test_a_newest_egfr_that_cannot_be_used_leaves_the_kidneys_unknown() -> None:
    facts: list[PatientFact] = [
        observation("98979-8", f"55 {RATE}", at(0)),
        observation("33914-3", "28 furlong", at(6)),
    ]
    answer, _ = known("egfr", facts, at(7))
    assert answer.reading is None
    assert [each.reason for each in answer.unusable] == [NotAssessedReason.UNKNOWN_UNIT]


def test_an_implausible_weight_is_told_and_the_one_before_it_counts() -> None:
    facts: list[PatientFact] = [
        observation("29463-7", "70 kg", at(0)),
        observation("29463-7", "70000 kg", at(6)),
    ]
    answer, _ = known("body-weight", facts, at(7))
    assert answer.reading is not None and str(answer.reading.value) == "70"
    assert [each.reason for each in answer.unusable] == [NotAssessedReason.IMPLAUSIBLE_VALUE]


def test_weight_in_grams_is_the_same_weight() -> None:
    assert value("body-weight", [observation("29463-7", "70000 g", at(0))], at(1)) == "70"
    assert known("body-weight", [observation("29463-7", "70 kg", at(0))], at(1))[1] == at(0) + timedelta(
        days=30
    )


@pytest.mark.parametrize(
    ("stated", "centimetres"),
    [("1.75 m", "175"), ("70 [in_i]", "177.8"), ("70 in", "177.8"), ("175 cm", "175")],
)
def test_a_height_in_metres_or_inches_is_the_same_height(stated: str, centimetres: str) -> None:
    reading = known("body-height", [observation("8302-2", stated, at(0))], at(1))[0].reading
    assert reading is not None and reading.value == Decimal(centimetres)


@pytest.mark.parametrize("stated", ["154.324 lb", "154.324 lbs", "154.324 [lb_av]"])
def test_a_weight_in_pounds_is_converted(stated: str) -> None:
    reading = known("body-weight", [observation("29463-7", stated, at(0))], at(1))[0].reading
    assert reading is not None and round(reading.value, 3) == Decimal("70.000")


@pytest.mark.parametrize("slip", ["1.75 cm", "175 m", "70 cm", "69 cm"])
def test_metres_and_inches_as_centimetres_are_no_height(slip: str) -> None:
    facts: list[PatientFact] = [
        observation("8302-2", "175 cm", at(0)),
        observation("8302-2", slip, at(days=100), entity="slip"),
    ]
    answer, _ = known("body-height", facts, at(days=101))
    assert answer.reading is not None and str(answer.reading.value) == "175"
    assert [each.reason for each in answer.unusable] == [NotAssessedReason.IMPLAUSIBLE_VALUE]


def test_a_height_that_is_no_inches_of_the_one_before_it_is_believed() -> None:
    facts: list[PatientFact] = [
        observation("8302-2", "175 cm", at(0)),
        observation("8302-2", "73 cm", at(1), entity="later"),
    ]
    assert value("body-height", facts, at(2)) == "73"
