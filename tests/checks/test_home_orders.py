"""A home medication with which the ward goes on is one treatment, not two."""

from schemas.clinical import PatientFact
from schemas.medications import Route
from services.safety.checks.doses.prescribed_dose import PrescribedDose
from services.safety.checks.starting.titration import TitrationPace
from services.safety.checks.together.duplicate_therapy import DuplicateTherapy
from tests.brief_rules import RULED
from tests.builders import at, order
from tests.checks.ward import Ward

duplicates = Ward(DuplicateTherapy(), RULED)
pace = Ward(TitrationPace(), RULED)
daily = Ward(PrescribedDose())

HOME = order("baclofen", "10 mg", at(days=-300), community=True, entity="home")
CONTINUED: list[PatientFact] = [HOME, order("baclofen", "10 mg", at(0), entity="ward")]


def test_the_ward_s_order_of_the_same_drug_is_no_duplicate_of_the_one_from_home() -> None:
    assert duplicates.finding(CONTINUED, at(5)) is None
    again: list[PatientFact] = [*CONTINUED, order("baclofen", "10 mg", at(1), entity="again")]
    finding = duplicates.finding(again, at(5))
    assert finding is not None
    assert finding.implicated == ("ward", "again")


def test_two_orders_from_home_are_still_two() -> None:
    other = order("baclofen", "10 mg", at(days=-10), community=True, entity="other")
    finding = duplicates.finding([HOME, other], at(0))
    assert finding is not None
    assert finding.implicated == ("home", "other")


def test_going_on_with_a_home_medication_raises_nothing_and_a_higher_order_is_measured_against_it() -> None:
    assert pace.finding(CONTINUED, at(5)) is None
    higher: list[PatientFact] = [HOME, order("baclofen", "20 mg", at(0), entity="ward")]
    finding = pace.finding(higher, at(5))
    assert finding is not None
    assert finding.evidence["total"] == "60"


def test_a_home_dose_is_no_part_of_the_day_that_the_ward_orders() -> None:
    most: list[PatientFact] = [
        order("baclofen", "20 mg", at(days=-300), community=True, entity="home"),
        order("baclofen", "20 mg", at(0), entity="ward"),
    ]
    assert daily.finding(most, at(1)) is None
    twice: list[PatientFact] = [most[1], order("baclofen", "20 mg", at(0), entity="second")]
    assert daily.finding(twice, at(1)) is not None


def test_an_order_by_another_way_does_not_stand_in_for_the_one_from_home() -> None:
    pump = order("baclofen", "10 mg", at(0), entity="pump", route=Route.INTRATHECAL)
    assert duplicates.finding([HOME, pump], at(5)) is not None
    unsaid = order("baclofen", "10 mg", at(0), entity="unsaid", route=Route.UNKNOWN)
    assert duplicates.finding([HOME, unsaid], at(5)) is None


def test_from_home_only_it_counts_as_before_the_ward_ordered_it() -> None:
    later: list[PatientFact] = [HOME, order("baclofen", "10 mg", at(4), entity="ward", ends_at=at(8))]
    assert duplicates.finding(later, at(9)) is None
    high = order("baclofen", "30 mg", at(days=-300), community=True, entity="home")
    assert daily.finding([high, later[1]], at(9)) is not None
    assert daily.finding([high, later[1]], at(5)) is None
