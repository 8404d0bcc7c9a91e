"""The rolling sum, held against a recount minute by minute."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.safety.checks.amounts.rolling_sum import Interval, excesses, peak
from services.safety.ledger.entries import Given
from services.safety.ledger.giving import given_of
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, dose

MINUTE = timedelta(minutes=1)
WINDOW = timedelta(minutes=60)


def given_doses(told: Sequence[tuple[int, int, int]]) -> list[Given]:
    """Doses of (minute, milligrams, minutes it takes)."""
    return [
        given_of(
            dose(
                "baclofen", f"{amount} mg", at(minutes=start), lasting=timedelta(minutes=lasts), entity=f"{n}"
            ),
            KNOWLEDGE,
        )[0]
        for n, (start, amount, lasts) in enumerate(sorted(told))
    ]


def recount(told: Sequence[tuple[int, int, int]], minute: int) -> Fraction:
    """What was delivered in the 60 minutes up to and with `minute`, counted minute by minute."""
    total = Fraction(0)
    for start, amount, lasts in told:
        if lasts == 0:
            total += amount if minute - 60 < start <= minute else 0
        else:
            inside = sum(1 for m in range(start + 1, start + lasts + 1) if minute - 60 < m <= minute)
            total += Fraction(amount * inside, lasts)
    return total


doses = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 60), st.sampled_from((0, 0, 1, 7, 30, 90))), max_size=7
)


@given(told=doses, limit=st.integers(1, 120))
def test_the_sum_is_above_its_limit_exactly_in_the_excesses(
    told: list[tuple[int, int, int]], limit: int
) -> None:
    found = excesses(given_doses(told), WINDOW, Decimal(limit))
    for minute in range(360):
        above = recount(told, minute) > limit
        assert above == any(interval.holds(at(minutes=minute)) for interval in found)
    ends = [instant for interval in found for instant in interval]
    assert ends == sorted(set(ends))


@given(told=doses, limit=st.integers(1, 120))
def test_no_recounted_minute_of_an_excess_is_above_its_peak(
    told: list[tuple[int, int, int]], limit: int
) -> None:
    counted = given_doses(told)
    for interval in excesses(counted, WINDOW, Decimal(limit)):
        instant, highest = peak(counted, WINDOW, interval)
        assert interval.holds(instant)
        assert highest >= limit
        assert all(round(recount(told, m), 9) <= highest for m in minutes_of(interval))


def minutes_of(interval: Interval) -> list[int]:
    return [minute for minute in range(360) if interval.holds(at(minutes=minute))]


def test_a_falling_sum_leaves_the_excess_in_the_first_microsecond_at_the_limit() -> None:
    counted = given_doses([(0, 70, 7)])
    (interval,) = excesses(counted, timedelta(minutes=5), Decimal(33))
    first: datetime = interval.start
    assert first == at(minutes=3, seconds=18, microseconds=1)
    assert interval.end == at(minutes=8, seconds=42)
