"""What one order amounts to in a day, worst case."""

from decimal import Decimal

import pytest

from schemas.clinical import Order
from schemas.dosage import Dosage, MaxDose, Rate
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.amounts.daily_order import DailyPart, daily_parts, once_until
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, dosage, in_words, order, quantity, tablets


def judged(stated: Order, hours: float = 0) -> tuple[list[DailyPart], list[NotAssessedReason]]:
    """The parts of an order's first ingredient, and what could not be calculated."""
    (entries, *_) = folded([stated], KNOWLEDGE).prescribed.values()
    return daily_parts(entries[0], at(hours))


def per_day(*dosages: Dosage, hours: float = 0) -> list[str]:
    """What each part of a baclofen order adds in a day, in mg."""
    parts, problems = judged(order("baclofen", dosages=dosages), hours)
    assert problems == []
    return [str(part.amount.normalize() + 0) for part in parts]


def running(amount: str, seconds: int) -> Dosage:
    return Dosage(route=Route.ORAL, rate=Rate(amount=quantity(amount), per_seconds=Decimal(seconds)))


def most(amount: str, hours: int) -> tuple[MaxDose, ...]:
    return (MaxDose(amount=quantity(amount), period_seconds=Decimal(3600 * hours)),)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (dosage("10 mg", times=3), "30"),
        (dosage("10 mg", up_to="20 mg", times=3), "60"),
        (Dosage(dose_high=quantity("20 mg"), times_low=Decimal(2), period_seconds=Decimal(86_400)), "40"),
        (dosage("10 mg", times=3).model_copy(update={"times_high": Decimal(4)}), "40"),
        (Dosage(dose_low=quantity("10 mg"), times_low=Decimal(1), period_seconds=Decimal(25_200)), "40"),
        (Dosage(dose_low=quantity("10 mg"), period_seconds=Decimal(43_200)), "20"),
        (dosage("10 mg", times=None, times_of_day=("08:00", "20:00")), "20"),
        (dosage("10 mg", times=3, times_of_day=("08:00",)), "30"),
        (dosage("10 mg", times=None, once=True), "10"),
        (running("5 mg", 3600), "120"),
        (dosage("10 mg", times=6, as_needed=True, max_dose=most("40 mg", 24)), "40"),
        (dosage("10 mg", times=3, as_needed=True, max_dose=most("40 mg", 24)), "30"),
        (dosage("10 mg", times=6, as_needed=True, max_dose=most("20 mg", 7)), "60"),
        (dosage("10 mg", times=6, max_dose=(*most("50 mg", 24), *most("40 mg", 24))), "40"),
        (dosage("10 mg", times=12, as_needed=True, max_dose=most("20 mg", 7)), "80"),
        (dosage("10 mg", times=6, max_dose=most("5 mmol", 24)), "60"),
    ],
)
def test_a_dosage_counts_at_its_upper_end_and_within_its_cap(written: Dosage, expected: str) -> None:
    assert per_day(written) == [expected]


def test_a_cap_alone_says_how_much_may_be_given_as_needed() -> None:
    capped = dosage("10 mg", times=None, as_needed=True, max_dose=most("40 mg", 24))
    (part,), problems = judged(order("baclofen", dosages=(capped,)))
    assert (part.doses, part.amount, part.as_needed, problems) == (Decimal(4), Decimal(40), True, [])


def test_a_dose_of_nothing_is_no_dose_however_high_its_cap() -> None:
    nothing = dosage("0 mg", times=None, as_needed=True, max_dose=most("40 mg", 24))
    (part,), _ = judged(order("baclofen", dosages=(nothing,)))
    assert (part.doses, part.amount) == (0, 0)


def test_dosages_of_one_step_run_together() -> None:
    assert per_day(dosage("5 mg", times=2), dosage("20 mg", times=1)) == ["10", "20"]


def test_of_steps_without_dates_the_largest_day_counts() -> None:
    first, second = dosage("20 mg", times=3, sequence=1), dosage("10 mg", times=3, sequence=2)
    assert per_day(first, second) == ["60"]
    assert per_day(second, first) == ["60"]


def test_a_step_counts_from_its_start_to_its_end() -> None:
    taper = (
        dosage("20 mg", times=3, sequence=1, ends_at=at(24)),
        dosage("10 mg", times=3, sequence=2, starts_at=at(24)),
    )
    assert per_day(*taper, hours=23.9) == ["60"]
    assert per_day(*taper, hours=24) == ["30"]


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        (order("baclofen", dosages=()), NotAssessedReason.MISSING_DOSE),
        (order("baclofen", None), NotAssessedReason.MISSING_DOSE),
        (order("baclofen", dosages=(dosage(None, text="as told"),)), NotAssessedReason.TEXT_ONLY_DOSE),
        (order("baclofen", "10 mg", times=None), NotAssessedReason.MISSING_DOSE),
        (
            order("baclofen", dosages=(dosage("10 mg", times=None, text="now and then"),)),
            NotAssessedReason.TEXT_ONLY_DOSE,
        ),
        (order("baclofen", "10 furlong"), NotAssessedReason.UNKNOWN_UNIT),
        (order("baclofen", "1 {tablet}"), NotAssessedReason.UNCONVERTIBLE_UNIT),
        (order("baclofen", "1 mg/kg"), NotAssessedReason.MISSING_WEIGHT),
        (order("baclofen", "1 mg/m2"), NotAssessedReason.MISSING_HEIGHT),
        (order(in_words("baclofen syrup"), "10 mg"), NotAssessedReason.UNMAPPED_DRUG),
        (
            order(tablets(hydrocodone="5 mg", acetaminophen="325 mg"), "10 mg"),
            NotAssessedReason.UNCONVERTIBLE_UNIT,
        ),
    ],
)
def test_what_cannot_be_calculated_has_a_reason_and_no_amount(
    stated: Order, reason: NotAssessedReason
) -> None:
    assert judged(stated) == ([], [reason])


def test_one_order_is_asked_at_two_instants() -> None:
    taper = (dosage("20 mg", times=3, ends_at=at(24)), dosage("10 mg", times=3, sequence=2, starts_at=at(24)))
    (entry,) = folded([order("baclofen", dosages=taper)], KNOWLEDGE).prescribed["baclofen"]
    amounts = [[part.amount for part in daily_parts(entry, at(hour))[0]] for hour in (0, 23, 24, 30)]
    assert amounts == [[60], [60], [30], [30]]


def test_a_dated_step_counts_beside_the_largest_of_those_without_dates() -> None:
    begun = dosage("5 mg", times=3, sequence=3, starts_at=at(-1))
    assert per_day(dosage("20 mg", times=3), dosage("10 mg", times=3, sequence=2), begun) == ["60", "15"]


def test_a_dose_ordered_once_counts_for_a_day_from_its_start() -> None:
    once, daily = dosage("10 mg", times=None, once=True), dosage("10 mg")
    later = once.model_copy(update={"starts_at": at(5)})
    (entry,) = folded([order("baclofen", dosages=(once, later, daily))], KNOWLEDGE).prescribed["baclofen"]
    assert [once_until(entry, each) for each in (once, later, daily)] == [at(24), at(29), None]


def test_a_rate_and_a_cap_in_tablets_count_for_what_each_holds() -> None:
    product = tablets(baclofen="10 mg")
    rated = Dosage(route=Route.ORAL, rate=Rate(amount=quantity("1 {tablet}"), per_seconds=Decimal(14_400)))
    (part,), _ = judged(order(product, dosages=(rated,)))
    assert part.amount == Decimal(60)
    capped = dosage("1 {tablet}", times=9, as_needed=True, max_dose=most("4 {tablet}", 24))
    (part,), _ = judged(order(product, dosages=(capped,)))
    assert part.amount == Decimal(40)


def test_tablets_count_for_what_each_holds() -> None:
    (part,), _ = judged(order(tablets(baclofen="10 mg"), "2 {tablet}", times=3))
    assert (part.single.value, part.amount) == (Decimal(20), Decimal(60))
