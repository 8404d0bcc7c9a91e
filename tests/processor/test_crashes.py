"""Killed, broken off, written by half: nothing is lost, and nothing is counted twice."""

import signal

import pytest

from tests.processor.ward import Ward, agree

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
PACE = "0.0005"


def test_killed_three_times_and_started_again(ward: Ward) -> None:
    ward.send(4000, odd=[b"{broken"] * 5)
    for _ in range(3):
        worker = ward.worker(pace_s=PACE)
        ward.send_until_handled(worker, 600)
        worker.end(signal.SIGKILL)
    ward.worker()
    ward.until_done()
    agree(ward)


def killed_once(ward: Ward, without: str) -> None:
    ward.send(3000)
    worker = ward.worker(pace_s=PACE, without=without)
    worker.until_handled(900)
    worker.end(signal.SIGKILL)
    ward.worker(without=without)
    ward.until_done()


def test_without_the_applied_offset_a_kill_counts_events_twice(ward: Ward) -> None:
    killed_once(ward, "applied")
    expected, found = ward.expected(), ward.found()
    assert sum(ledger[0] for ledger in found.ledgers.values()) > sum(
        ledger[0] for ledger in expected.ledgers.values()
    )
    assert found.issues - expected.issues, "issues that nobody can explain"


def test_offsets_committed_before_the_ledgers_are_durable_would_lose_events(ward: Ward) -> None:
    """The damage that the order tell, persist, commit prevents; even the checks at the next start see it."""
    ward.send(3000)
    worker = ward.worker(without="durable-first", fault="between:3")
    assert worker.wait() == 1
    again = ward.worker(without="verification")
    ward.until_done()
    again.end()
    expected, found = ward.expected(), ward.found()
    assert sum(ledger[0] for ledger in found.ledgers.values()) < 3000
    assert expected.issues - found.issues, "issues lost"


def test_a_refused_write_of_ledgers_ends_the_worker_and_costs_nothing(ward: Ward) -> None:
    ward.send(3000, odd=[b"{broken"] * 3)
    worker = ward.worker(fault="between:3")
    assert worker.wait() == 1
    assert "FAILED: KafkaError" in worker.text()
    ward.worker()
    ward.until_done()
    agree(ward)
    assert ward.repeated() > 0, "what was told before the failure is told again, with the same ids"


def test_persisting_before_telling_would_lose_issues(ward: Ward) -> None:
    ward.send(3000)
    assert ward.worker(without="tell-first", fault="between:3").wait() == 1
    ward.worker()
    ward.until_done()
    expected, found = ward.expected(), ward.found()
    assert expected.ledgers == found.ledgers
    assert expected.issues - found.issues, "issues lost, although every ledger is right"


def test_a_write_of_ledgers_torn_in_the_middle_heals(ward: Ward) -> None:
    ward.send(3000, odd=[b"{broken"] * 3)
    worker = ward.worker(fault="torn:3")
    worker.until(lambda words: "torn" in words)
    assert worker.wait() == 9
    ward.worker()
    ward.until_done()
    agree(ward)
