"""Records that could not be understood: what is written about them, and how many are too many."""

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence

from schemas.rejections import Origin, records_lost, rejected_event
from services.safety.processor.changelog import Item
from services.safety.processor.contract import Reject
from services.safety.processor.refusal import TooManyRejects

HOP = "safety"


def rejection(reject: Reject) -> Item:
    """The record for `rejected-events`; its key is the origin, so that a repetition can be seen."""
    record, mark = reject.record, reject.mark
    origin = Origin(topic=record.topic, partition=record.partition, offset=record.offset)
    event = rejected_event(HOP, origin, record.value or b"", reject.reason, reject.detail)
    if mark is not None:
        known = {"source": mark.source, "mode": mark.mode, "time_domain": mark.time_domain, "mark": mark}
        event = event.model_copy(update=known)
    return Item(origin.key.encode(), event.model_dump_json().encode())


def lost(topic: str, partition: int, expected: int, first: int) -> Item:
    """The record for `rejected-events` about records that nobody can read any more."""
    event = records_lost(HOP, topic, partition, expected, first - 1)
    return Item(event.origin.key.encode(), event.model_dump_json().encode())


class RejectLimit:
    """Single bad records are passed over; many at once mean that the fault is elsewhere."""

    def __init__(self, limit: int, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._window_s = window_s
        self._clock = clock
        self._recent: deque[tuple[float, str]] = deque()

    def count(self, rejects: Sequence[Reject]) -> None:
        """Count these; raise `TooManyRejects` when the window now holds more than the limit."""
        now = self._clock()
        self._recent.extend((now, reject.reason) for reject in rejects)
        while self._recent and self._recent[0][0] < now - self._window_s:
            self._recent.popleft()
        if len(self._recent) <= self._limit:
            return
        reasons = ", ".join(
            f"{number} x {why}" for why, number in Counter(r for _, r in self._recent).most_common()
        )
        last = rejects[-1].record
        raise TooManyRejects(
            f"{len(self._recent)} records could not be understood within {self._window_s:g} s ({reasons}), "
            f"the last at {last.topic}[{last.partition}]@{last.offset}. Nothing of this batch was sent or "
            "written. Find the cause (a new sender, an older version here?); to pass over them all the "
            f"same, start with DOSEWARDEN_REJECT_LIMIT above {self._limit}."
        )
