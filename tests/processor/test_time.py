"""Ticks: time reaches patients for whom nothing arrives, whatever becomes of the worker that sends it."""

import signal

import pytest

from tests.processor.ward import Ward, agree

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def quiet_patients(ward: Ward) -> None:
    """Thirty patients fall silent; others go on until the silent ones' reviews have come due."""
    ward.review = True
    ward.send(600, patients=30)
    for partition in range(ward.partitions):
        talker = next(f"t{i}" for i in range(1000) if ward.home(f"t{i}") == partition)
        for i in range(20):
            ward.put(talker, b'{"p": "%s", "n": %d, "t": %d}' % (talker.encode(), i, 600 + 50 * i))
    ward.flush()


def reviewed(ward: Ward) -> bool:
    return ward.done() and ward.found().ledgers == ward.expected().ledgers


def test_reviews_come_due_for_silent_patients(ward: Ward) -> None:
    quiet_patients(ward)
    ward.worker()
    ward.eventually(lambda: reviewed(ward))
    agree(ward)
    assert any("review-" in issue for issue in ward.found().issues)


def test_without_ticks_nobody_looks_at_silent_patients(ward: Ward) -> None:
    quiet_patients(ward)
    worker = ward.worker(without="ticks")
    ward.until_done()
    worker.end()
    expected, found = ward.expected(), ward.found()
    assert expected.issues - found.issues
    ward.worker()  # late ticks: sent at once by the next owner
    ward.eventually(lambda: reviewed(ward))
    agree(ward)


def test_double_ticks_and_kills_change_nothing(ward: Ward) -> None:
    quiet_patients(ward)
    worker = ward.worker(fault="double-ticks", pace_s="0.0005")
    worker.until_handled(600)
    worker.end(signal.SIGKILL)
    ward.worker(fault="double-ticks")
    ward.eventually(lambda: reviewed(ward))
    agree(ward)
