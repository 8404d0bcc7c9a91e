"""The right to write ends with time, with the generation, and with a pulse that stopped."""

import pytest

from services.stream.lease import Lease, LeaseExpired


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_lease_lasts_half_a_session_from_when_the_records_were_asked_for(clock: Clock) -> None:
    lease = Lease(6.0, clock)
    lease.begin(1, asked_at=98.0)
    lease.check(1)
    clock.now = 101.1
    with pytest.raises(LeaseExpired, match="past its lease"):
        lease.check(1)


def test_another_generation_ends_the_lease(clock: Clock) -> None:
    lease = Lease(6.0, clock)
    lease.begin(1)
    with pytest.raises(LeaseExpired, match="generation 2"):
        lease.check(2)


def test_a_worker_that_stood_still_between_batches_gets_no_fresh_lease(clock: Clock) -> None:
    """Records fetched before the pause lie ready when it wakes; without the pulse they would be folded."""
    lease = Lease(6.0, clock)
    lease.pulse()
    clock.now += 13
    with pytest.raises(LeaseExpired, match="stood still for 13"):
        lease.begin(1, asked_at=clock.now)


def test_a_steady_pulse_renews_the_right_to_begin(clock: Clock) -> None:
    lease = Lease(6.0, clock)
    for _ in range(20):
        clock.now += 1
        lease.pulse()
    lease.begin(1)
    lease.check(1)
