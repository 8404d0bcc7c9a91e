"""The newest result of one of several measurements, however old it is, and what newer could not be read.

A result beyond the range of the method ("<0.3") is a result. One without a number, in a unit that nobody
knows, or out of all reason is none: whether the patient is well measured cannot be told from it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from services.safety.checks.judgement import View, earliest
from services.safety.checks.patient.measured import value_of
from services.safety.knowledge.measurements import Measurement
from services.safety.ledger.entries import Observed
from services.safety.ledger.pruning import horizon

_BEYOND = re.compile(r"^\s*[<>]=?\s*\d")


class _Place(NamedTuple):
    at: datetime
    recorded_at: datetime
    entity: str


@dataclass(frozen=True, slots=True)
class LastResult:
    """`entity` states the result taken `at`; both None if there is none. `unreadable` are newer ones."""

    entity: str | None = None
    at: datetime | None = None
    unreadable: tuple[str, ...] = ()


def last_result(view: View, measurements: Iterable[Measurement]) -> tuple[LastResult, datetime | None]:
    """The newest result by now, and when time alone may change that."""
    now = view.now
    best: _Place | None = None
    doubtful: list[_Place] = []
    changes: datetime | None = None
    for measurement in measurements:
        for code in measurement.codes:
            timeline = view.ledger.observed.get(code)
            if timeline is None:
                continue
            count = timeline.started(now)
            if count < len(timeline.entries):
                changes = earliest(now, changes, timeline.entries[count].start)
            for place in range(count - 1, -1, -1):
                entry = timeline.entries[place]
                remembered = entry.start + horizon(view.knowledge)
                if place < count - 1 and remembered <= now:
                    break
                where = _Place(entry.start, entry.fact.recorded_at, entry.entity)
                if _readable(measurement, entry):
                    best = where if best is None else max(best, where)
                    if place < count - 1:
                        changes = earliest(now, changes, remembered)
                    break
                doubtful.append(where)
    newer = sorted({each for each in doubtful if best is None or each > best})
    unreadable = tuple(each.entity for each in newer)
    if best is None:
        return LastResult(unreadable=unreadable), changes
    return LastResult(best.entity, best.at, unreadable), changes


def _readable(measurement: Measurement, entry: Observed) -> bool:
    if entry.fact.value is None:
        return bool(_BEYOND.match(entry.fact.text))
    return isinstance(value_of(measurement, entry), Decimal)
