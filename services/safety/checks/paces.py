"""How fast doses run, and orders let them: as stated, else the amount over the charted time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from schemas.clinical import Dosage, Route
from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.body_size import body_size
from services.safety.checks.daily_order import in_force
from services.safety.checks.judgement import View
from services.safety.ledger.amounts import Amount, PerBody, amount_of
from services.safety.ledger.body import Size
from services.safety.ledger.entries import Given, Pace, Prescribed

_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_A_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Running:
    """`amount` in `seconds`. `charted`: worked out from the times of the dose, which are seldom exact.

    `rests_on` are the observations that a dose per kg or m2 was worked out with.
    """

    entity: str
    amount: Amount
    seconds: Decimal
    route: Route
    stated: str
    charted: bool = False
    rests_on: tuple[str, ...] = ()

    def within(self, span: timedelta) -> Decimal:
        """How much of it runs in a span, in the base unit of its dimension."""
        return round(self.amount.value / self.seconds * _seconds(span), 9)


@dataclass(frozen=True, slots=True)
class Unknown:
    """What nobody can say of how fast it runs; `amount` is how much it is, if that is known.

    `uncounted`: not even how much it was can be told, whatever its time.
    """

    entity: str
    route: Route
    reason: NotAssessedReason
    amount: Amount | None = None
    uncounted: bool = False


def of_dose(view: View, dose: Given) -> Running | Unknown:
    """How fast a dose that was given ran. A weight that is known by now counts as of its start."""
    pace = dose.pace
    if pace is not None:
        amount = pace.amount
        rests_on: tuple[str, ...] = ()
        if isinstance(amount, PerBody):
            size, _ = body_size(replace(view, now=dose.start), amount.unit)
            if not isinstance(size, Size):
                return Unknown(dose.entity, dose.route, size)
            amount, rests_on = amount.of(size), size.entities
        if isinstance(amount, Amount):
            return Running(dose.entity, amount, pace.seconds, dose.route, pace.stated, rests_on=rests_on)
    if dose.amount is None:
        reason = dose.problem or NotAssessedReason.MISSING_DOSE
        return Unknown(dose.entity, dose.route, reason, uncounted=True)
    if not dose.lasts:
        reason = NotAssessedReason.MISSING_DURATION if pace is None else _reason(pace)
        return Unknown(dose.entity, dose.route, reason, dose.amount)
    return Running(dose.entity, dose.amount, _seconds(dose.lasts), dose.route, dose.stated, charted=True)


def of_order(view: View, entry: Prescribed) -> Iterator[Running | Unknown]:
    """How fast an order says that its doses run; an order that does not say is silent."""
    for dosage in entry.order.dosages:
        if dosage.rate is not None and in_force(dosage, view.now):
            yield _ordered(entry, dosage)


def _ordered(entry: Prescribed, dosage: Dosage) -> Running | Unknown:
    rate = dosage.rate
    if rate is None or entry.content is None:
        return Unknown(entry.entity, dosage.route, NotAssessedReason.UNMAPPED_DRUG)
    amount = amount_of(rate.amount, entry.product, entry.content, entry.body)
    if not isinstance(amount, Amount):
        return Unknown(entry.entity, dosage.route, amount)
    stated = f"{rate.amount} in {plain(rate.per_seconds)} s"
    return Running(entry.entity, amount, rate.per_seconds, dosage.route, stated)


def _reason(pace: Pace) -> NotAssessedReason:
    return pace.amount if isinstance(pace.amount, NotAssessedReason) else NotAssessedReason.MISSING_DURATION


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span // _MICROSECOND) / _MICROSECONDS_A_SECOND
