"""A partition that is ours must be read while records wait in it; one that was elsewhere starts anew."""

import pytest
from faust.types import TP

from services.stream.continuity import OffsetReset
from services.stream.progress import PartitionStuck, Progress

EVENTS = TP("patient-events", 0)


def test_records_may_wait_for_as_long_as_allowed_and_no_second_longer() -> None:
    progress = Progress(stuck_s=60)
    progress.note(EVENTS, expected=100, end=300, now=0)
    progress.note(EVENTS, expected=100, end=300, now=60)
    with pytest.raises(PartitionStuck, match="200 records wait, none was read for 61 s"):
        progress.note(EVENTS, expected=100, end=300, now=61)


def test_one_record_handled_is_progress() -> None:
    progress = Progress(stuck_s=60)
    progress.note(EVENTS, expected=100, end=300, now=0)
    progress.note(EVENTS, expected=101, end=300, now=59)
    progress.note(EVENTS, expected=101, end=300, now=119)
    with pytest.raises(PartitionStuck):
        progress.note(EVENTS, expected=101, end=300, now=120)


def test_a_partition_with_nothing_to_read_may_be_silent() -> None:
    progress = Progress(stuck_s=60)
    for now in (0, 1000, 2000):
        progress.note(EVENTS, expected=300, end=300, now=now)
    progress.note(EVENTS, expected=300, end=301, now=2060)
    with pytest.raises(PartitionStuck):
        progress.note(EVENTS, expected=300, end=301, now=2061)


def test_a_partition_that_comes_back_unread_is_given_its_time_again() -> None:
    progress = Progress(stuck_s=60)
    progress.note(EVENTS, expected=100, end=300, now=0)
    progress.keep(frozenset())
    progress.note(EVENTS, expected=100, end=300, now=500)
    progress.note(EVENTS, expected=100, end=300, now=560)
    with pytest.raises(PartitionStuck):
        progress.note(EVENTS, expected=100, end=300, now=561)


def test_a_log_that_ends_below_what_was_handled_is_another_log() -> None:
    with pytest.raises(OffsetReset, match="ends at 99, below 100"):
        Progress(stuck_s=60).note(EVENTS, expected=100, end=99, now=0)


def test_how_late_it_is_goes_by_the_first_record_that_waits() -> None:
    progress = Progress(stuck_s=60)
    progress.note(EVENTS, expected=100, end=100, now=0)
    assert progress.late_s(EVENTS, now=5) == 0
    progress.note(EVENTS, expected=100, end=200, now=10)
    progress.note(EVENTS, expected=150, end=300, now=20)
    assert progress.late_s(EVENTS, now=30) == 20
    progress.note(EVENTS, expected=200, end=300, now=40)
    assert progress.late_s(EVENTS, now=40) == 20
    progress.note(EVENTS, expected=300, end=300, now=50)
    assert progress.late_s(EVENTS, now=99) == 0


def test_one_that_keeps_up_is_never_late_however_much_arrives() -> None:
    progress = Progress(stuck_s=60)
    for now in range(0, 600, 5):
        progress.note(EVENTS, expected=100 * now, end=100 * now + 50, now=now)
        assert progress.late_s(EVENTS, now) == 0


def test_one_that_comes_back_is_late_from_then_on() -> None:
    progress = Progress(stuck_s=60)
    progress.note(EVENTS, expected=100, end=300, now=0)
    progress.keep(frozenset())
    progress.note(EVENTS, expected=100, end=300, now=500)
    assert progress.late_s(EVENTS, now=510) == 10
