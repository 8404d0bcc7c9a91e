"""Orders that say how many times a day and no clock times, at the hours that the house or ward states.

Done once for each order and not for each dose. "Every eight hours" is no "three times a day" and is left as
it is, and so are a range of times, what is taken as needed or once, an infusion, and home medication.
"""

from decimal import Decimal

from schemas.clinical import Order
from schemas.dosage import Dosage
from services.safety.knowledge.ward_rules import Clocks

_DAY_SECONDS = Decimal(86_400)


def at_house_hours(order: Order, hours: Clocks) -> Order:
    """The order with the clock times of the house or ward; the very same object where none apply."""
    if not hours or order.community:
        return order
    dosages = tuple(_timed(dosage, hours) for dosage in order.dosages)
    if all(one is other for one, other in zip(dosages, order.dosages, strict=True)):
        return order
    return order.model_copy(update={"dosages": dosages})


def _timed(dosage: Dosage, hours: Clocks) -> Dosage:
    if dosage.as_needed or dosage.once or dosage.times_of_day or dosage.rate is not None:
        return dosage
    low, high = dosage.times_low or dosage.times_high, dosage.times_high or dosage.times_low
    if dosage.period_seconds != _DAY_SECONDS or low is None or low != high or low != int(low):
        return dosage
    clocks = hours.get(int(low))
    return dosage if clocks is None else dosage.model_copy(update={"times_of_day": clocks})
