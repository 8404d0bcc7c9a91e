"""What people are told where an amount is the upper end of a range that an order states."""

from collections.abc import Collection, Iterable
from datetime import datetime

from schemas.dosage import Dosage
from services.safety.checks.amounts.daily_order import in_force
from services.safety.ledger.entries import Prescribed

_UPPER_END = ", the upper end of a range"


def of_doses(dosages: Iterable[Dosage]) -> str:
    """For one dose: words where one of the dosages is of a range of amounts, else nothing."""
    return _UPPER_END if any(map(_amounts, dosages)) else ""


def of_days(dosages: Iterable[Dosage]) -> str:
    """For a sum: words where one of the dosages is of a range of amounts or of times, else nothing."""
    return _UPPER_END if any(_amounts(dosage) or _times(dosage) for dosage in dosages) else ""


def of_orders(entries: Iterable[Prescribed], entities: Collection[str], at: datetime) -> str:
    """For a day that some of the orders make up at an instant: words where any of them states a range."""
    mine = (entry for entry in entries if entry.entity in entities)
    return of_days(dosage for entry in mine for dosage in entry.order.dosages if in_force(dosage, at))


def of_coming(dosages: Iterable[Dosage]) -> str:
    """The same of a sum in the midst of a sentence."""
    return amid(of_days(dosages))


def amid(words: str) -> str:
    """Such words, or none, in the midst of a sentence."""
    return f"{words}," if words else ""


def _amounts(dosage: Dosage) -> bool:
    low, high = dosage.dose_low, dosage.dose_high
    return low is not None and high is not None and low != high


def _times(dosage: Dosage) -> bool:
    low, high = dosage.times_low, dosage.times_high
    return low is not None and high is not None and low != high
