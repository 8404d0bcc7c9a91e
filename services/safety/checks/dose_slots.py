"""When the doses of an order are due, and which due times the doses given account for.

House rules: clock times where the order names them (in UTC, until a site maps its ward hours), else evenly
spaced from the start of the dosage; of a range of frequencies the lower. A dose accounts for at most the
nearest open due time within the tolerance; what no dose accounts for stays open, even if extra doses were
given.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from schemas.clinical import Dosage
from services.safety.ledger.entries import Prescribed

_DAY = timedelta(days=1)


def due_times(entry: Prescribed, after: datetime, until: datetime) -> list[datetime]:
    """The instants in (after, until] at which a scheduled dose of the order is due, in order.

    Empty for orders on hold, orders as needed or once, and orders whose schedule is not structured.
    """
    if entry.on_hold:
        return []
    first = min((dosage.sequence for dosage in entry.order.dosages), default=0)
    found: set[datetime] = set()
    for dosage in entry.order.dosages:
        dated = dosage.starts_at is not None or dosage.ends_at is not None
        if dosage.as_needed or dosage.once or (dosage.sequence != first and not dated):
            continue
        begins = max(entry.start, dosage.starts_at or entry.start)
        ends = [instant for instant in (entry.until, dosage.ends_at) if instant is not None]
        last = min((until, *(instant - timedelta.resolution for instant in ends)))
        found.update(_dosage_times(dosage, begins, after, last))
    return sorted(found)


def _dosage_times(dosage: Dosage, begins: datetime, after: datetime, last: datetime) -> Iterable[datetime]:
    if last < begins or last <= after:
        return
    if dosage.times_of_day:
        day = max(begins, after).astimezone(UTC).date()
        while datetime.combine(day, time(), UTC) <= last:
            for text in dosage.times_of_day:
                instant = datetime.combine(day, time.fromisoformat(text), UTC)
                if begins <= instant <= last and instant > after:
                    yield instant
            day += _DAY
        return
    if dosage.period_seconds is None:
        return
    times = dosage.times_low or dosage.times_high or Decimal(1)
    step = timedelta(microseconds=int(dosage.period_seconds * 1_000_000 / times))
    if step <= timedelta(0):
        return
    number = max(0, (after - begins) // step + 1)
    while begins + number * step <= last:
        yield begins + number * step
        number += 1


def open_slots(slots: Sequence[datetime], doses: Iterable[datetime], tolerance: timedelta) -> list[datetime]:
    """The due times that no dose accounts for; `doses` are instants in order."""
    left = list(slots)
    for dose in doses:
        near = [slot for slot in left if abs(slot - dose) <= tolerance]
        if near:
            left.remove(min(near, key=lambda slot: (abs(slot - dose), slot)))
    return left
