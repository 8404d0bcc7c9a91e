"""How far apart doses alike have to be for several reasons at once, and until when each reason holds."""

from datetime import timedelta

import pytest

from services.safety.checks.spaced import Spaced
from tests.builders import at

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("one", "other", "either"),
    [
        (Spaced(4 * HOUR), Spaced(6 * HOUR), Spaced(6 * HOUR)),
        (Spaced(4 * HOUR, within=9 * HOUR), Spaced(), Spaced(4 * HOUR, within=9 * HOUR)),
        (
            Spaced(within=9 * HOUR),
            Spaced(within=25 * HOUR, known_by=HOUR),
            Spaced(within=9 * HOUR, known_by=HOUR),
        ),
        (Spaced(on_time=True), Spaced(4 * HOUR), Spaced(4 * HOUR, on_time=True)),
        (Spaced(timeless=True), Spaced(), Spaced()),
        (Spaced(timeless=True), Spaced(HOUR, timeless=True), Spaced(HOUR, timeless=True)),
    ],
)
def test_of_two_the_stricter_is_kept_and_timeless_is_only_what_both_are(
    one: Spaced, other: Spaced, either: Spaced
) -> None:
    assert one.both(other) == other.both(one) == either


def test_a_dose_is_known_in_time_and_neither_too_soon_nor_too_late_after_the_one_before() -> None:
    spaced = Spaced(4 * HOUR, within=9 * HOUR, known_by=HOUR)
    assert spaced.holds(at(0), at(4), at(5))
    assert not spaced.holds(at(0), at(3.9), at(4))
    assert not spaced.holds(at(0), at(4), at(5.1))
    assert not spaced.holds(at(0), at(8.5), at(9))
