"""By when a pump is to be refilled, as an observation states it: a date, or so many days from then on.

A date alone is the beginning of that day at the facility, and so is a time without an offset a local one.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.clinical import Observation
from services.safety.knowledge.kinds.refill import FARTHEST

_HOURS = {"h": 1, "d": 24, "wk": 168}


class RefillDate(NamedTuple):
    """`entity` states that the pump is to be refilled by `at`; None where that is not understood."""

    entity: str
    at: datetime | None


def refill_date(fact: Observation, zone: ZoneInfo) -> RefillDate:
    """The date that an observation states."""
    at = _by_value(fact) if fact.value is not None else _by_text(fact.text, zone)
    believable = at is not None and abs(at - fact.effective_at) <= FARTHEST
    return RefillDate(fact.entity, at if believable else None)


def _by_value(fact: Observation) -> datetime | None:
    hours = _HOURS.get(fact.value.unit) if fact.value is not None else None
    if fact.value is None or hours is None or fact.value.value * hours > Decimal(100_000):
        return None
    return fact.effective_at + timedelta(hours=float(fact.value.value * hours))


def _by_text(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
