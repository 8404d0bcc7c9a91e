"""Workers come, go, stand still and wake up again."""

import signal

import pytest

from tests.processor.ward import Ward, agree

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_a_second_worker_joins_is_killed_a_third_joins_and_leaves(ward: Ward) -> None:
    ward.send(6000, odd=[b"{broken"] * 5)
    first = ward.worker(pace_s="0.001")
    first.until_handled(600)
    second = ward.worker(pace_s="0.001")
    ward.send_until_handled(second, 300)
    second.end(signal.SIGKILL)
    third = ward.worker(pace_s="0.001")
    ward.send_until_handled(third, 300)
    assert third.end() == 0
    ward.until_done()
    assert first.end() == 0, first.tail()
    agree(ward)


def test_the_group_rearranges_itself_while_a_heartbeat_is_due_and_nobody_ends(ward: Ward) -> None:
    ward.send(600)
    first = ward.worker(fault="rearranged-while-verifying")
    first.until(lambda words: "verified" in words)
    second = ward.worker()
    first.until(lambda words: "rearranged" in words)
    ward.send_until_handled(second, 300)
    ward.until_done()
    assert first.end() == 0, first.tail()
    agree(ward)


def test_told_to_stop_in_the_middle_of_a_fetch_it_finishes_the_fetch(ward: Ward) -> None:
    ward.send(3000)
    worker = ward.worker(fault="stand:3")
    worker.until(lambda words: "standing" in words)
    worker.process.send_signal(signal.SIGTERM)
    ward.eventually(lambda: "Signal received" in worker.text())
    worker.go_on()
    assert worker.wait() == 0, worker.tail()
    handled = int(worker.words[-1].split()[1])
    assert 0 < handled < 3000
    assert ward.repeated() == 0
    assert ward.committed() == handled, "what was handled is committed, to the last record"
    ward.worker()
    ward.until_done()
    agree(ward)


def awake_after_losing_its_partitions(ward: Ward, without: str = "") -> int:
    ward.send(3000)
    sleeper = ward.worker(fault="stand:3", without=without)
    sleeper.until(lambda words: "standing" in words)
    sleeper.process.send_signal(signal.SIGSTOP)
    ward.worker()
    ward.until_done()
    sleeper.go_on()
    sleeper.process.send_signal(signal.SIGCONT)
    return sleeper.wait()


def test_a_worker_that_slept_through_its_session_does_not_write(ward: Ward) -> None:
    assert awake_after_losing_its_partitions(ward) == 1
    assert "LeaseExpired" in ward.workers[0].text()
    assert ward.stale() == 0
    agree(ward)


def test_without_the_lease_the_sleeper_writes_old_ledgers_and_recovery_refuses_them(ward: Ward) -> None:
    awake_after_losing_its_partitions(ward, "lease")
    assert ward.stale() > 0
    agree(ward)
