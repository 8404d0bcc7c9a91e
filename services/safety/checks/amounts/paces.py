"""How fast doses run, and orders let them: as stated, else the amount over the charted time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from schemas.dosage import Dosage, Rate
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from schemas.quantities import plain
from services.safety.checks.amounts.daily_order import in_force
from services.safety.checks.judgement import View
from services.safety.checks.patient.body_size import body_size, body_size_at
from services.safety.ledger.amounts import Amount, PerBody, amount_of, stated_amount
from services.safety.ledger.body import KILOGRAM, Size
from services.safety.ledger.entries import Given, Pace, Prescribed

_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_A_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Running:
    """`amount` in `seconds`. `charted`: worked out from the times of the dose, which are seldom exact.

    `rests_on` are the observations that a dose per kg or m2 was worked out with. `lasts`: for how long it
    ran, None where no end is known.
    """

    entity: str
    amount: Amount
    seconds: Decimal
    route: Route
    stated: str
    charted: bool = False
    rests_on: tuple[str, ...] = ()
    lasts: timedelta | None = None

    def within(self, span: timedelta) -> Decimal:
        """How much of it runs in a span, in the base unit of its dimension."""
        return round(self.amount.value / self.seconds * _seconds(span), 9)


@dataclass(frozen=True, slots=True)
class Unknown:
    """What nobody can say of how fast it runs; `amount` is how much it is, if that is known.

    `uncounted`: not even how much it was can be told, whatever its time. `timeless`: it has neither rate nor
    end.
    """

    entity: str
    route: Route
    reason: NotAssessedReason
    amount: Amount | None = None
    uncounted: bool = False
    timeless: bool = False


def of_dose(view: View, dose: Given) -> Running | Unknown:
    """How fast a dose that was given ran. A weight that is known by now counts as of its start."""
    pace, lasts = dose.pace, dose.lasts or None
    if pace is not None:
        amount = pace.amount
        rests_on: tuple[str, ...] = ()
        if isinstance(amount, PerBody):
            size = body_size_at(view, dose.start, amount.unit)
            if not isinstance(size, Size):
                return Unknown(dose.entity, dose.route, size)
            amount, rests_on = amount.of(size), size.entities
        if isinstance(amount, Amount):
            return Running(dose.entity, amount, pace.seconds, dose.route, pace.stated, False, rests_on, lasts)
    timeless = pace is None and lasts is None
    if dose.amount is None:
        reason = dose.problem or NotAssessedReason.MISSING_DOSE
        return Unknown(dose.entity, dose.route, reason, uncounted=True, timeless=timeless)
    if lasts is None:
        reason = NotAssessedReason.MISSING_DURATION if pace is None else _reason(pace)
        return Unknown(dose.entity, dose.route, reason, dose.amount, timeless=timeless)
    seconds = _seconds(lasts)
    return Running(dose.entity, dose.amount, seconds, dose.route, dose.stated, charted=True, lasts=lasts)


def of_dose_per_kilogram(view: View, dose: Given) -> Running | Unknown:
    """The same per kg of body weight. What is stated per kg needs no weight for that."""
    pace = dose.pace
    if pace is not None and isinstance(pace.amount, PerBody) and pace.amount.unit == KILOGRAM:
        one = pace.amount.one
        return Running(dose.entity, one, pace.seconds, dose.route, pace.stated, lasts=dose.lasts or None)
    return _per_kilogram(of_dose(view, dose), body_size_at(view, dose.start, KILOGRAM))


def of_order(view: View, entry: Prescribed) -> Iterator[Running | Unknown]:
    """How fast an order says that its doses run; an order that does not say is silent."""
    for dosage in entry.order.dosages:
        if dosage.rate is not None and in_force(dosage, view.now):
            yield _ordered(entry, dosage, dosage.rate)


def of_order_per_kilogram(view: View, entry: Prescribed) -> Iterator[Running | Unknown]:
    """The same per kg of body weight."""
    for dosage in entry.order.dosages:
        if dosage.rate is not None and in_force(dosage, view.now):
            yield _ordered_per_kilogram(view, entry, dosage, dosage.rate)


def _ordered(entry: Prescribed, dosage: Dosage, rate: Rate) -> Running | Unknown:
    if entry.content is None:
        return Unknown(entry.entity, dosage.route, NotAssessedReason.UNMAPPED_DRUG)
    amount = amount_of(rate.amount, entry.product, entry.content, entry.body)
    if not isinstance(amount, Amount):
        return Unknown(entry.entity, dosage.route, amount)
    stated = f"{rate.amount} in {plain(rate.per_seconds)} s"
    return Running(entry.entity, amount, rate.per_seconds, dosage.route, stated)


def _ordered_per_kilogram(view: View, entry: Prescribed, dosage: Dosage, rate: Rate) -> Running | Unknown:
    stated = stated_amount(rate.amount, entry.product, entry.content) if entry.content is not None else None
    if isinstance(stated, PerBody) and stated.unit == KILOGRAM:
        words = f"{rate.amount} in {plain(rate.per_seconds)} s"
        return Running(entry.entity, stated.one, rate.per_seconds, dosage.route, words)
    return _per_kilogram(_ordered(entry, dosage, rate), body_size(view, KILOGRAM)[0])


def _per_kilogram(each: Running | Unknown, size: Size | NotAssessedReason) -> Running | Unknown:
    if isinstance(each, Unknown):
        return each
    if not isinstance(size, Size):
        return Unknown(each.entity, each.route, size, each.amount)
    amount = replace(each.amount, value=each.amount.value / size.value)
    return replace(each, amount=amount, rests_on=tuple(dict.fromkeys((*each.rests_on, *size.entities))))


def _reason(pace: Pace) -> NotAssessedReason:
    return pace.amount if isinstance(pace.amount, NotAssessedReason) else NotAssessedReason.MISSING_DURATION


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span // _MICROSECOND) / _MICROSECONDS_A_SECOND
