"""A day that is compared with another one, and is the upper end of what an order states, is called that."""

from decimal import Decimal

import pytest

from schemas.clinical import PatientFact
from services.safety.checks.judgement import Check
from services.safety.checks.organs.hepatic_dose import HepaticDoseTooHigh
from services.safety.checks.organs.renal_dose import RenalDoseTooHigh
from services.safety.checks.starting.first_dose import FirstDoseTooHigh
from services.safety.checks.starting.titration import TitrationPace
from tests.brief_rules import RULED
from tests.builders import at, condition, dosage, observation, order, stopped
from tests.checks.ward import Ward

UPPER_END = ", the upper end of a range"
KNOWN = order("ibuprofen", "400 mg", at(days=-14), entity="long ago")
WEAK_KIDNEYS = observation("98979-8", "55 mL/min/{1.73_m2}", at(0))
SICK_LIVER = condition("icd10|K74.6", at(-100))
EARLIER = order("baclofen", "5 mg", at(-30), entity="earlier")
STOPPED = stopped(EARLIER, at(0))

BESIDE: list[tuple[Check, list[PatientFact]]] = [
    (FirstDoseTooHigh(), [KNOWN]),
    (RenalDoseTooHigh(), [WEAK_KIDNEYS]),
    (HepaticDoseTooHigh(), [SICK_LIVER]),
    (TitrationPace(), [EARLIER, STOPPED]),
]


def text(check: Check, facts: list[PatientFact]) -> str:
    finding = Ward(check, RULED).finding(facts, at(1))
    assert finding is not None
    return finding.text


@pytest.mark.parametrize(("check", "beside"), BESIDE)
def test_a_start_a_rise_and_a_day_for_weak_kidneys_or_liver_say_that_they_are_the_upper_end(
    check: Check, beside: list[PatientFact]
) -> None:
    assert UPPER_END in text(check, [*beside, order("baclofen", "5 mg", at(0), up_to="25 mg")])
    times = dosage("25 mg", times=2, times_high=Decimal(3))
    assert UPPER_END in text(check, [*beside, order("baclofen", when=at(0), dosages=(times,))])


@pytest.mark.parametrize(("check", "beside"), BESIDE)
def test_what_is_no_range_or_no_longer_one_is_not_called_its_upper_end(
    check: Check, beside: list[PatientFact]
) -> None:
    assert UPPER_END not in text(check, [*beside, order("baclofen", "25 mg", at(0))])
    over = dosage("5 mg", up_to="10 mg", ends_at=at(0))
    now = dosage("25 mg", starts_at=at(0))
    assert UPPER_END not in text(check, [*beside, order("baclofen", when=at(0), dosages=(over, now))])
