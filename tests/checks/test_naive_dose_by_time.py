"""Whether somebody is used to opioids may change by time alone: each such instant has its review."""

from datetime import timedelta

import pytest

from schemas.base import Severity
from schemas.clinical import PatientFact
from services.safety.checks.starting.naive_dose import NaiveDose
from services.safety.knowledge.kinds.naive import NaiveDose as Row
from tests.brief_knowledge import MOUTH, amount, knowledge, row
from tests.builders import at, dosage, dose, order, stopped
from tests.checks.ward import Ward

OXYCODONE = Row(
    **row(
        "naive.oxycodone",
        subject="drug:oxycodone",
        routes=MOUTH,
        single_max=amount("15 mg"),
        used_to="class:opioid",
        used_for=timedelta(days=3),
        naive_for=timedelta(days=14),
        severity=Severity.MAJOR,
    )
)
ward = Ward(NaiveDose(), knowledge(rules=(OXYCODONE,)))
KNOWN: PatientFact = order("ibuprofen", "400 mg", at(days=-30), entity="long ago")


def test_a_dose_is_told_for_a_day_from_its_start_however_long_it_ran() -> None:
    facts = [KNOWN, dose("oxycodone", "20 mg", at(0), lasting=timedelta(hours=1))]
    assert ward.judge(facts, at(2)).review_at == at(24)
    assert ward.finding(facts, at(24, seconds=-1)) is not None
    assert ward.finding(facts, at(24)) is None


def test_a_dose_on_record_that_begins_later_has_its_review() -> None:
    facts = [KNOWN, dose("oxycodone", "20 mg", at(5))]
    assert ward.judge(facts, at(0)).review_at == at(5)


def test_an_order_has_its_review_when_it_begins_and_when_it_ends() -> None:
    high = order("oxycodone", "20 mg", at(5), times=4, as_needed=True, ends_at=at(9))
    assert ward.judge([KNOWN, high], at(0)).review_at == at(5)
    assert ward.judge([KNOWN, high], at(5)).review_at == at(9)
    assert ward.finding([KNOWN, high], at(9, seconds=-1)) is not None
    assert ward.finding([KNOWN, high], at(9)) is None


def test_a_dosage_of_an_order_has_its_review_when_it_begins() -> None:
    low = dosage("10 mg", times=4, as_needed=True, ends_at=at(5))
    high = dosage("20 mg", times=4, as_needed=True, starts_at=at(5))
    facts = [KNOWN, order("oxycodone", None, at(0), dosages=(low, high))]
    assert ward.judge(facts, at(0)).review_at == at(5)
    assert ward.finding(facts, at(5, seconds=-1)) is None
    assert ward.finding(facts, at(5)) is not None


def test_an_order_has_its_review_when_the_patient_becomes_used_to_opioids() -> None:
    facts = [
        KNOWN,
        order("morphine", "5 mg", at(0), times=6),
        order("oxycodone", "20 mg", at(1), times=4, as_needed=True),
    ]
    assert ward.judge(facts, at(1)).review_at == at(72)
    assert ward.finding(facts, at(72, seconds=-1)) is not None
    assert ward.finding(facts, at(72)) is None


@pytest.mark.parametrize(("sooner", "later"), [("morphine", "fentanyl"), ("fentanyl", "morphine")])
def test_of_several_opioids_the_use_lapses_with_the_last_of_them(sooner: str, later: str) -> None:
    scheduled = order(sooner, "0.1 mg", at(-72), times=6)
    facts = [
        KNOWN,
        stopped(scheduled, at(0)),
        *(dose(later, "0.1 mg", at(hours)) for hours in (-90, 48)),
        order("oxycodone", "20 mg", at(0), times=4, as_needed=True),
    ]
    lapses = at(48, days=14)
    assert ward.finding(facts, at(48, days=14, seconds=-1)) is None
    assert ward.finding(facts, lapses) is not None
    assert ward.judge(facts, at(days=14)).review_at == lapses
