"""Heparin that keeps a line open in an adult is no treatment: its clotting time forbids it nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.clinical import PatientFact
from schemas.dosage import Dosage, Rate
from schemas.issues import NotAssessedReason
from schemas.medications import Coding, Medication, Route
from services.safety.checks.judgement import Finding
from services.safety.checks.organs.result_limit import ResultForbids
from services.safety.knowledge.kinds.result_limit import ResultLimit
from services.safety.knowledge.line_flush import LineFlush
from services.safety.knowledge.loader import load
from tests.builders import at, dosage, dose, in_words, observation, order, person, quantity
from tests.checks.ward import Ward

ward = Ward(ResultForbids(), load())
HEPARIN = Medication(text="heparin", codings=(Coding(system="rxnorm", code="5224", display="heparin"),))
VEIN = Route.INTRAVENOUS
ADULT: PatientFact = person(50)
HIGH: PatientFact = observation("3173-2", "120 s", at(0), entity="aPTT")


def told(*facts: PatientFact, hours: float = 2, seconds: float = 0) -> Finding | None:
    return ward.finding([HIGH, *facts], at(hours, seconds=seconds), "heparin")


def given(amount: str | None, **more: Any) -> PatientFact:
    return dose(more.pop("drug", HEPARIN), amount, at(1), route=VEIN, entity="dose", **more)


def running(units_an_hour: str) -> Dosage:
    rate = Rate(amount=quantity(units_an_hour), per_seconds=Decimal(3600))
    return dosage("100 U", times=None, route=VEIN, rate=rate)


def ordered(*dosages: Dosage, entity: str = "order") -> PatientFact:
    return order(HEPARIN, None, at(-1), dosages=dosages, entity=entity)


@pytest.mark.parametrize(
    ("amount", "is_told"),
    [("100 U", False), ("500 U", False), ("500.001 U", True), ("500 [iU]", False), ("500.001 [iU]", True)],
)
def test_500_units_at_once_keep_a_line_open_and_more_is_a_treatment(amount: str, *, is_told: bool) -> None:
    assert (told(ADULT, given(amount)) is not None) is is_told
    flush = dosage(amount, times=3, route=VEIN)
    assert (told(ADULT, ordered(flush)) is not None) is is_told


@pytest.mark.parametrize("unknown", [None, "1 mL", "1 {tablet}", "1 mg"])
def test_what_is_not_known_to_be_so_little_is_told(unknown: str | None) -> None:
    assert told(ADULT, given(unknown)) is not None
    assert told(ADULT, ordered(dosage(unknown, times=3, route=VEIN))) is not None


def test_a_drug_in_free_text_is_told_whatever_its_dose() -> None:
    assert told(ADULT, given("100 U", drug=in_words("heparin"))) is not None


def test_the_upper_end_of_what_is_ordered_and_every_part_of_it_count() -> None:
    flush = dosage("100 U", times=3, route=VEIN)
    assert told(ADULT, ordered(dosage("100 U", up_to="1000 U", times=3, route=VEIN))) is not None
    assert told(ADULT, ordered(flush, dosage("5000 U", times=None, once=True, route=VEIN))) is not None
    assert told(ADULT, ordered(flush, running("100 U"))) is not None
    assert told(ADULT, ordered(dosage("100 U", as_needed=True, route=VEIN))) is None
    assert told(ADULT, ordered()) is not None


@pytest.mark.parametrize("runs", [{"lasting": timedelta(seconds=1)}, {"rate": "100 U"}])
def test_what_runs_is_a_treatment_however_little_it_is(runs: dict[str, Any]) -> None:
    assert told(ADULT, given("100 U", **runs)) is not None


def test_a_dose_that_is_charted_of_an_infusion_is_no_flush() -> None:
    infusion = ordered(running("500 U"), entity="infusion")
    drip = given("500 U", order="infusion")
    both = told(ADULT, infusion, drip)
    assert both is not None and both.implicated[0] in ("infusion", "dose")
    ended = order(HEPARIN, None, at(-1), dosages=(running("500 U"),), entity="infusion", ends_at=at(1.5))
    alone = told(ADULT, ended, drip)
    assert alone is not None and alone.implicated == ("dose", "aPTT")


def test_a_dose_of_an_order_that_is_not_on_record_is_told() -> None:
    flush = ordered(dosage("100 U", times=3, route=VEIN), entity="flush")
    assert told(ADULT, flush, given("100 U", order="flush")) is None
    assert told(ADULT, flush, given("100 U", order="never seen")) is not None


def test_a_flush_is_not_named_beside_the_infusion_that_is_told() -> None:
    flush = ordered(dosage("100 U", times=3, route=VEIN), entity="flush")
    finding = told(ADULT, flush, given("100 U"), ordered(running("1000 U"), entity="infusion"))
    assert finding is not None and finding.implicated == ("infusion", "aPTT")


def test_so_little_may_be_a_treatment_of_a_child_and_of_somebody_of_unknown_age() -> None:
    assert told(person(17.9), given("100 U")) is not None
    assert told(person(None), given("100 U")) is not None
    assert told(given("100 U")) is not None
    assert told(person(None), ordered(dosage("100 U", times=3, route=VEIN))) is not None


def test_who_turns_eighteen_is_an_adult_from_that_second_on() -> None:
    turning = person(18, at(3))
    assert ward.judge([HIGH, turning, given("100 U")], at(2), "heparin").review_at == at(3)
    assert told(turning, given("100 U"), hours=3, seconds=-1) is not None
    assert told(turning, given("100 U"), hours=3) is None


def test_a_clotting_time_that_cannot_be_used_is_said_of_a_treatment_alone() -> None:
    nonsense = observation("3173-2", "9000 s", at(0.5), entity="nonsense")
    assert told(ADULT, nonsense, given("100 U")) is None
    said = told(ADULT, nonsense, given("100 U"), ordered(running("1000 U"), entity="infusion"))
    assert said is not None and said.reason is NotAssessedReason.IMPLAUSIBLE_VALUE
    assert said.implicated == ("infusion", "nonsense")


def test_a_row_says_an_amount_once_for_each_unit_that_does_not_convert() -> None:
    (row,) = (row for row in ward.knowledge.rules_of("heparin", ResultLimit) if row.flush is not None)
    assert row.flush is not None and "not for a line flush of 500 U or less" in row.said
    stated = row.flush.model_dump() | {"up_to": (quantity("500 [iU]"), quantity("0.5 k[iU]"))}
    with pytest.raises(ValidationError, match="units that convert"):
        LineFlush(**stated)


def test_the_age_is_read_where_a_row_asks_for_it() -> None:
    assert "person" in ward.check.reads(ward.knowledge)


@pytest.mark.parametrize(
    ("name", "amount", "is_told"),
    [
        ("Heparin Flush CVL  (100 units/ml)", "5 mL", False),
        ("Heparin Flush CVL  (100 units/ml)", "5.001 mL", True),
        ("Heparin Flush (10 units/ml)", "10 mL", False),
        ("Heparin Flush CRRT (5000 Units/mL)", "1 mL", True),
    ],
)
def test_a_flush_whose_name_says_its_strength_is_counted_in_millilitres(
    name: str, amount: str, *, is_told: bool
) -> None:
    flush = Medication(text=name, codings=(Coding(system="mimic-drug", code=name.lower(), display=name),))
    assert (told(ADULT, given(amount, drug=flush)) is not None) is is_told


def test_heparin_under_the_skin_is_none_that_a_clotting_time_forbids() -> None:
    skin = Route.SUBCUTANEOUS
    assert told(ADULT, dose(HEPARIN, "5000 U", at(1), route=skin)) is None
    assert told(ADULT, ordered(dosage("5000 U", times=3, route=skin))) is None
