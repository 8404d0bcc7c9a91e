"""What people are told where an amount is the upper end of a range that an order states."""

from collections.abc import Iterable

from schemas.clinical import Dosage

_UPPER_END = ", the upper end of a range"


def of_doses(dosages: Iterable[Dosage]) -> str:
    """For one dose: words where one of the dosages is of a range of amounts, else nothing."""
    return _UPPER_END if any(map(_amounts, dosages)) else ""


def of_days(dosages: Iterable[Dosage]) -> str:
    """For a sum: words where one of the dosages is of a range of amounts or of times, else nothing."""
    return _UPPER_END if any(_amounts(dosage) or _times(dosage) for dosage in dosages) else ""


def of_coming(dosages: Iterable[Dosage]) -> str:
    """The same in the midst of a sentence."""
    words = of_days(dosages)
    return f"{words}," if words else ""


def _amounts(dosage: Dosage) -> bool:
    low, high = dosage.dose_low, dosage.dose_high
    return low is not None and high is not None and low != high


def _times(dosage: Dosage) -> bool:
    low, high = dosage.times_low, dosage.times_high
    return low is not None and high is not None and low != high
