"""When a channel is tried, when it is let alone, and when the next one is asked as well."""

import pytest

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.address_book import Desk, next_channel
from services.notifier.channels.breaker import FAILURES, FIRST_S, LONGEST_S, Breaker, State
from services.notifier.channels.fallback import Following, after, turned_away
from services.notifier.channels.guard import place_of
from services.notifier.policy.plan import Target
from services.notifier.telling.retrying import RetryPolicy

RETRY = RetryPolicy()


def failing(times: int = FAILURES) -> Breaker:
    """A breaker after so many attempts in a row that failed, all at the instant 0."""
    breaker = Breaker()
    for _ in range(times):
        assert breaker.begin(0)
        breaker.failed(0)
    return breaker


def test_five_failures_in_a_row_open_it() -> None:
    assert FAILURES == 5
    assert failing(4).state(0) is State.CLOSED
    breaker = failing()
    assert breaker.state(0) is State.OPEN
    assert not breaker.begin(FIRST_S - 0.1)
    assert breaker.wait_s(FIRST_S - 5) == 5


def test_a_success_between_failures_starts_the_count_anew() -> None:
    breaker = failing(4)
    breaker.succeeded()
    breaker.failed(0)
    assert breaker.state(0) is State.CLOSED


def test_one_attempt_probes_and_the_others_wait_for_it() -> None:
    breaker = failing()
    assert breaker.state(FIRST_S) is State.HALF_OPEN
    assert breaker.begin(FIRST_S)
    assert not breaker.begin(FIRST_S)
    breaker.succeeded()
    assert breaker.state(FIRST_S) is State.CLOSED
    assert breaker.begin(FIRST_S)


def test_each_probe_that_fails_opens_it_for_longer_up_to_a_bound() -> None:
    breaker, now, waits = failing(), FIRST_S, []
    for _ in range(4):
        assert breaker.begin(now)
        breaker.failed(now)
        waits.append(breaker.wait_s(now))
        now += waits[-1]
    assert waits == [30, 60, LONGEST_S, LONGEST_S]


def test_a_probe_that_says_nothing_leaves_the_next_one_to_probe() -> None:
    breaker = failing()
    assert breaker.begin(FIRST_S)
    breaker.undecided()
    assert breaker.state(FIRST_S) is State.HALF_OPEN
    assert breaker.begin(FIRST_S)


def test_who_asks_for_rest_gets_it_though_the_breaker_is_closed() -> None:
    breaker = Breaker()
    breaker.rest(10, 30)
    breaker.rest(12, 1)
    assert not breaker.begin(39)
    assert breaker.begin(40)
    assert breaker.state(40) is State.CLOSED


@pytest.mark.parametrize(
    ("attempt", "number", "elapsed_s", "tier", "expected"),
    [
        (Attempt(Outcome.DELIVERED), 1, 0, 1, Following(None, next_channel=False)),
        (Attempt(Outcome.SENT), 1, 60, 1, Following(None, next_channel=False)),
        (Attempt(Outcome.REFUSED), 1, 0, 3, Following(None, next_channel=True)),
        (Attempt(Outcome.AGAIN), 1, 0, 1, Following(1, next_channel=False)),
        (Attempt(Outcome.AGAIN), 2, 1, 1, Following(2, next_channel=True)),
        (Attempt(Outcome.AGAIN), 2, 1, 2, Following(2, next_channel=False)),
        (Attempt(Outcome.AGAIN), 3, 3, 2, Following(4, next_channel=False)),
        (Attempt(Outcome.AGAIN), 4, 7, 2, Following(8, next_channel=True)),
        (Attempt(Outcome.UNKNOWN), 1, 8, 2, Following(1, next_channel=True)),
        (Attempt(Outcome.UNKNOWN), 1, 2, 1, Following(1, next_channel=True)),
        (Attempt(Outcome.AGAIN, "HTTP 429", 60), 1, 0, 2, Following(60, next_channel=True)),
        (Attempt(Outcome.AGAIN, "HTTP 429", 0), 1, 0, 1, Following(0, next_channel=False)),
        (Attempt(Outcome.AGAIN), 10, 300, 2, Following(None, next_channel=True)),
    ],
)
def test_what_follows_an_attempt(
    attempt: Attempt, number: int, elapsed_s: float, tier: int, expected: Following
) -> None:
    assert after(attempt, number, elapsed_s, tier, RETRY) == expected


@pytest.mark.parametrize("tier", [1, 2, 3, 4])
def test_the_next_channel_is_asked_within_ten_seconds_of_the_first_failure(tier: int) -> None:
    elapsed_s, number = 0.0, 1
    while not (following := after(Attempt(Outcome.AGAIN), number, elapsed_s, tier, RETRY)).next_channel:
        assert following.again_s is not None
        elapsed_s, number = elapsed_s + following.again_s, number + 1
    assert elapsed_s <= 10


def test_while_the_breaker_is_open_a_loud_alert_does_not_wait_for_it() -> None:
    assert turned_away(5, 0, tier=1) == Following(5, next_channel=True)
    assert turned_away(5, 0, tier=3) == Following(5, next_channel=False)


class Nurse:
    """Prefers push, then a pager, then mail."""

    def channels(self, person: str) -> tuple[str, ...]:
        return ("webpush", "webhook", "smtp") if person == "nurse-7" else ()

    def address(self, person: str, channel: str) -> str | None:
        return "" if channel in self.channels(person) else None


@pytest.mark.parametrize(
    ("failed", "here", "following"),
    [
        ("webpush", {"webpush", "webhook", "smtp"}, "webhook"),
        ("webpush", {"webpush", "smtp"}, "smtp"),
        ("smtp", {"webpush", "webhook", "smtp"}, "webpush"),
        ("slack", {"webhook", "smtp"}, "webhook"),
        ("webpush", {"webpush"}, None),
    ],
)
def test_the_next_channel_is_the_one_they_prefer_after_it(
    failed: str, here: set[str], following: str | None
) -> None:
    expected = Target("nurse-7", following) if following else None
    assert next_channel(Nurse(), Target("nurse-7", failed), here) == expected


def test_the_desk_and_strangers_have_no_next_channel() -> None:
    assert next_channel(Desk(), Target("desk", "webhook"), {"webhook", "terminal"}) is None
    assert next_channel(Nurse(), Target("stranger", "webhook"), {"webhook", "smtp"}) is None


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("", ""),
        ("nurse-7@ward.example", ""),
        ("https://pager.example/a", "pager.example"),
        ("https://pager.example:8443/b", "pager.example:8443"),
        ("ntfys://user:word@ntfy.example/topic", "ntfy.example"),
        ("phone-7", "phone-7"),
        ("https://[broken", ""),
    ],
)
def test_what_fails_together_is_the_host(address: str, place: str) -> None:
    assert place_of(address) == place
