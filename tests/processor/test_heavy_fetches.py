"""A fetch that is more work than a lease: taken in portions it is handled, at once it never would be."""

import pytest

from tests.processor.ward import Ward, agree
from tests.stream.workers import SESSION_S

pytestmark = [pytest.mark.embedded, pytest.mark.slow]
RECORDS = 150
EACH_S = SESSION_S / RECORDS
"""Together twice the lease, which is half a session."""


def test_a_fetch_that_outlasts_a_lease_is_handled_in_portions(embedded_ward: Ward) -> None:
    ward = embedded_ward
    ward.send(RECORDS, patients=3, odd=[b"{broken"])
    ward.worker(fault=f"slow-steps:{EACH_S}")
    ward.until_done()
    agree(ward)
    assert ward.repeated() == 0


def test_without_portions_the_worker_ends_over_it_again_and_again(embedded_ward: Ward) -> None:
    ward = embedded_ward
    ward.send(RECORDS, patients=1)
    for _ in range(2):
        worker = ward.worker(fault=f"slow-steps:{EACH_S}", without="portions")
        assert worker.wait() == 1
        assert "past its lease" in worker.text()
    assert ward.committed() == 0
