"""The newest estimate of kidney function, as long as it counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.quantities import UnconvertibleUnit, UnknownUnit
from services.safety.checks.judgement import View, earliest

_INDEXED = "mL/min/{1.73_m2}"


@dataclass(frozen=True, slots=True)
class Egfr:
    """An estimated glomerular filtration rate in mL/min/1.73 m2, and the observation that states it."""

    entity: str
    at: datetime
    value: Decimal


def egfr(view: View, codes: Iterable[str], valid_for: timedelta) -> tuple[Egfr | None, datetime | None]:
    """The newest eGFR of the family (`system|code`) not older than `valid_for`, and when time changes that.

    None where there is none, or where its unit is not that of an indexed rate: nothing is assumed.
    """
    newest: Egfr | None = None
    review_at: datetime | None = None
    for code in codes:
        readings = view.ledger.observed.get(code)
        if readings is None:
            continue
        review_at = earliest(view.now, review_at, readings.next_after(view.now))
        reading = readings.latest(view.now)
        if reading is None or reading.fact.value is None or reading.start + valid_for <= view.now:
            continue
        review_at = earliest(view.now, review_at, reading.start + valid_for)
        try:
            value = reading.fact.value.to(_INDEXED)
        except (UnknownUnit, UnconvertibleUnit):
            continue
        if newest is None or reading.start > newest.at:
            newest = Egfr(reading.entity, reading.start, value)
    return newest, review_at
