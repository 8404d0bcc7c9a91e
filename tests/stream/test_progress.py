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
