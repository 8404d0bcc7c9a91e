"""How long doses take, and orders let them take: by the stated rate, else by the charted times."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from schemas.dosage import Dosage
from schemas.medications import Route
from services.safety.checks.amounts.daily_order import in_force
from services.safety.checks.judgement import View
from services.safety.ledger.amounts import Amount, amount_of
from services.safety.ledger.entries import Given, Prescribed

_MICROSECONDS_A_SECOND = 1_000_000
_ONE_STEP = timedelta(minutes=1)
"""One press of the chart gives a dose this span at most: it says nothing of how long the dose took."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """`amount` given in `seconds`, None where nobody can say how long it took.

    `charted`: by the times of the dose, which are seldom exact.
    """

    entity: str
    amount: Amount | None
    seconds: Decimal | None
    route: Route
    stated: str
    charted: bool = False


def of_dose(dose: Given) -> Lasting:
    """How long a dose that was given took."""
    pace, amount = dose.pace, dose.amount
    one = Lasting(dose.entity, amount, None, dose.route, dose.stated)
    if pace is not None and isinstance(pace.amount, Amount) and amount is not None:
        seconds = _seconds(amount, pace.amount, pace.seconds)
        if seconds is not None:
            return Lasting(dose.entity, amount, seconds, dose.route, f"{dose.stated} at {pace.stated}")
    if dose.lasts <= _ONE_STEP:
        return one
    lasts = Decimal(dose.lasts // timedelta(microseconds=1)) / _MICROSECONDS_A_SECOND
    return Lasting(dose.entity, amount, lasts, dose.route, dose.stated, charted=True)


def of_order(view: View, entry: Prescribed) -> Iterator[Lasting]:
    """How long an order says that a dose of it takes; one that states no dose or no rate is silent."""
    for dosage in entry.order.dosages:
        if in_force(dosage, view.now):
            yield from _ordered(entry, dosage)


def _ordered(entry: Prescribed, dosage: Dosage) -> Iterator[Lasting]:
    dose, rate = dosage.dose_high or dosage.dose_low, dosage.rate
    if dose is None or rate is None or entry.content is None:
        return
    amount = amount_of(dose, entry.product, entry.content, entry.body)
    each = amount_of(rate.amount, entry.product, entry.content, entry.body)
    if isinstance(amount, Amount) and isinstance(each, Amount):
        seconds = _seconds(amount, each, rate.per_seconds)
        if seconds is not None:
            yield Lasting(entry.entity, amount, seconds, dosage.route, f"{dose} at {rate.amount}")


def _seconds(amount: Amount, each: Amount, seconds: Decimal) -> Decimal | None:
    if amount.dimension != each.dimension or not each.value:
        return None
    return round(amount.value / each.value * seconds, 6)
