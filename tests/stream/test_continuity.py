"""No record is passed over: what a fetch must begin with, and what happens if it does not."""

import pytest
from faust.types import TP

from services.stream.continuity import TRIES, Continuity, OffsetGap, OffsetReset, Verdict
from tests.processor.ledgers import Bare

PLACE = TP("patient-events", 0)


def records(first: int, last: int) -> list[Bare]:
    return [Bare(None, None, offset=offset) for offset in range(first, last + 1)]


def placed(offset: int) -> Continuity:
    continuity = Continuity()
    continuity.place({PLACE: offset})
    return continuity


def test_a_fetch_that_follows_is_taken_and_what_was_handled_is_dropped() -> None:
    continuity = placed(5)
    assert continuity.judge(PLACE, records(5, 7)) == (Verdict.TAKE, records(5, 7))
    continuity.advance(PLACE, 8)
    assert continuity.judge(PLACE, records(5, 9)) == (Verdict.TAKE, records(8, 9))


def test_a_gap_is_sought_back_some_times_and_then_ends_the_worker() -> None:
    continuity = placed(5)
    for _ in range(TRIES):
        assert continuity.judge(PLACE, records(6, 7)) == (Verdict.SEEK_BACK, [])
    with pytest.raises(OffsetGap):
        continuity.judge(PLACE, records(6, 7))


def test_a_log_that_begins_again_below_what_is_done_ends_the_worker() -> None:
    continuity = placed(5)
    for _ in range(TRIES):
        assert continuity.judge(PLACE, records(0, 7)) == (Verdict.SEEK_BACK, [])
    with pytest.raises(OffsetReset):
        continuity.judge(PLACE, records(0, 7))


def test_a_fetch_from_before_the_partition_was_elsewhere_is_asked_for_again() -> None:
    continuity = placed(1425)
    continuity.forget({PLACE})
    continuity.place({PLACE: 2025})
    assert continuity.judge(PLACE, records(1425, 1430)) == (Verdict.SEEK_BACK, [])
    assert continuity.judge(PLACE, records(2025, 2030)) == (Verdict.TAKE, records(2025, 2030))


def test_records_of_a_partition_that_was_not_placed_are_not_taken() -> None:
    assert Continuity().judge(PLACE, records(0, 1)) == (Verdict.UNPLACED, [])
