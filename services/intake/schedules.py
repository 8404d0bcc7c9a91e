"""What no order can mean, held against own events at the door: the contract itself stays as wide as what was
stored by it, or a ledger could not be read any more.
"""

import re

from schemas.clinical import Order
from schemas.dosage import Dosage
from schemas.quantities import UnconvertibleUnit, UnknownUnit
from services.intake.reading import Unreadable

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")


def refuse_dosages(order: Order) -> None:
    """Raises `Unreadable` where a time of day is none (checks of the patient would fail by it), or where a
    range ends below where it begins (its upper end is what counts).
    """
    for dosage in order.dosages:
        if not all(_CLOCK.fullmatch(time) for time in dosage.times_of_day):
            raise Unreadable("wrong-schema", "the field dosages.times_of_day holds no time of day")
        if _turned_round(dosage):
            raise Unreadable("wrong-schema", "a range of the field dosages ends below where it begins")


def _turned_round(dosage: Dosage) -> bool:
    low, high = dosage.dose_low, dosage.dose_high
    if dosage.times_low and dosage.times_high and dosage.times_low > dosage.times_high:
        return True
    try:
        return low is not None and high is not None and low.to(high.unit) > high.value
    except (UnknownUnit, UnconvertibleUnit):
        return False
