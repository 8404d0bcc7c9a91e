"""How many pages of low tiers one person gets, and when the next one may go."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.policy.throttling import Throttle, throttled
from tests.notifier.policy.duty_plans import utc

NOON = utc("2026-05-04 12:00")
TWO_IN_TEN_MINUTES = Throttle(2, timedelta(minutes=10))


def at(minutes: int) -> timedelta:
    return timedelta(minutes=minutes)


def test_the_third_page_waits_until_the_first_is_old_enough() -> None:
    told: tuple[datetime, ...] = ()
    for minute in (0, 1):
        verdict = throttled(TWO_IN_TEN_MINUTES, told, NOON + at(minute))
        assert verdict.not_before is None
        told = verdict.told
    verdict = throttled(TWO_IN_TEN_MINUTES, told, NOON + at(2))
    assert (verdict.not_before, verdict.told) == (NOON + at(10), (NOON, NOON + at(1)))
    assert throttled(TWO_IN_TEN_MINUTES, told, NOON + at(10)).told == (NOON + at(1), NOON + at(10))


def test_without_a_limit_every_page_goes() -> None:
    assert throttled(None, (NOON,) * 9, NOON).not_before is None


def test_a_limit_that_was_lowered_waits_for_as_many_as_it_allows_now() -> None:
    told = (NOON, NOON + at(1), NOON + at(2))
    assert throttled(Throttle(1, at(10)), told, NOON + at(3)).not_before == NOON + at(12)


@given(waits=st.lists(st.integers(0, 12), max_size=40), pages=st.integers(1, 4))
def test_no_stretch_has_more_pages_than_allowed_and_what_waits_has_its_time(
    waits: list[int], pages: int
) -> None:
    throttle = Throttle(pages, at(10))
    told: tuple[datetime, ...] = ()
    now, went = NOON, []
    for wait in waits:
        now += at(wait)
        verdict = throttled(throttle, told, now)
        told = verdict.told
        if verdict.not_before is None:
            went.append(now)
        else:
            assert now < verdict.not_before <= now + throttle.within
            assert throttled(throttle, told, verdict.not_before).not_before is None
    for first in went:
        assert sum(first <= page < first + throttle.within for page in went) <= pages
