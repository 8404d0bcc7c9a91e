"""How many pages of low tiers one person gets, and that none of them is forgotten."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.policy.throttling import Throttle, Told, Verdict, throttled
from tests.notifier.policy.duty_plans import utc

NOON = utc("2026-05-04 12:00")
TWO_IN_TEN_MINUTES = Throttle(2, timedelta(minutes=10))


def at(minutes: int) -> timedelta:
    return timedelta(minutes=minutes)


def test_the_third_page_waits_until_the_first_is_old_enough_and_the_next_speaks_for_it() -> None:
    told = Told()
    for minute in (0, 1):
        verdict, told = throttled(TWO_IN_TEN_MINUTES, told, 3, NOON + at(minute))
        assert verdict == Verdict(True)
    verdict, told = throttled(TWO_IN_TEN_MINUTES, told, 3, NOON + at(2))
    assert verdict == Verdict(False, NOON + at(10), 1)
    verdict, told = throttled(TWO_IN_TEN_MINUTES, told, 3, NOON + at(10))
    assert verdict == Verdict(True, None, 1)
    assert told.held_back == 0


def test_loud_tiers_always_go_and_use_up_nothing() -> None:
    told = Told((NOON, NOON))
    for tier in (1, 2):
        assert throttled(TWO_IN_TEN_MINUTES, told, tier, NOON) == (Verdict(True), told)


@given(
    waits=st.lists(st.tuples(st.integers(0, 12), st.sampled_from((1, 2, 3, 4))), max_size=40),
    pages=st.integers(1, 4),
)
def test_no_stretch_has_more_pages_than_allowed_and_every_page_goes_or_is_counted(
    waits: list[tuple[int, int]], pages: int
) -> None:
    throttle = Throttle(pages, at(10))
    told, now, went, counted = Told(), NOON, [], 0
    for wait, tier in waits:
        now += at(wait)
        verdict, told = throttled(throttle, told, tier, now)
        if tier <= 2:
            assert verdict.goes
            continue
        if verdict.goes:
            went.append(now)
            counted += verdict.held_back
        else:
            assert verdict.not_before is not None
            assert now < verdict.not_before <= now + throttle.within
    low = sum(tier > 2 for _, tier in waits)
    assert len(went) + counted + told.held_back == low
    for first in went:
        assert sum(first <= page < first + throttle.within for page in went) <= pages
