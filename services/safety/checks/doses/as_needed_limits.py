"""The most that an order as needed allows in a period: an amount (maxDosePerPeriod), or a number of doses.

House rules. Of an order with several dosages as needed at once nobody can tell which one a dose follows, so
no maximum of it is judged. A number of doses is far too high only if it is also more than one dose too many.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.dosage import Dosage, MaxDose
from schemas.issues import NotAssessedReason
from schemas.quantities import base, plain
from services.safety.checks.amounts.daily_order import dose_changes
from services.safety.checks.amounts.limits import base_unit
from services.safety.checks.doses.as_needed_orders import AsNeeded, frequency, span_of
from services.safety.checks.judgement import earliest
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.policy import DosePolicy
from services.safety.knowledge.products import Contained
from services.safety.ledger.amounts import Amount, amount_of
from services.safety.ledger.body import bare_unit
from services.safety.ledger.entries import Prescribed

DOSES = "dose"
"""The dimension in which a number of doses is counted, one each."""

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Most:
    """At most `value` within `window`; above `hard` the ward's tolerance is no excuse.

    `next_dose` is the least that one further dose adds, None where that cannot be calculated. `unit` is the
    one of all three; people read amounts in `shown_as`, of which one is `factor` units.
    """

    value: Decimal
    hard: Decimal
    dimension: str
    unit: str
    window: timedelta
    next_dose: Decimal | None
    shown_as: str
    factor: Decimal = ONE

    def words(self, amount: Decimal) -> str:
        """An amount for people: "3 g", "4 doses"."""
        return f"{plain(round(amount / self.factor, 6).normalize() + 0)} {self.shown_as}"


_Maxima = tuple[list[Most], list[NotAssessedReason]]
_remembered: Remembered[_Maxima] = Remembered()


def maxima(order: AsNeeded, at: datetime, policy: DosePolicy, longest: timedelta) -> _Maxima:
    """What an order allowed at an instant, and why other maxima of it cannot be judged.

    A period longer than `longest` cannot, because the doses of so long a time are not all remembered.
    """
    key = (id(order), id(policy), longest)
    known = _remembered.known(at, key)
    if known is None:
        turns = earliest(at, *dose_changes(order.entry))
        known = _remembered.keep(at, key, (order, policy), _maxima(order, at, policy, longest), turns)
    return known[0]


def _maxima(order: AsNeeded, at: datetime, policy: DosePolicy, longest: timedelta) -> _Maxima:
    dosages = order.dosages(at)
    if len(dosages) != 1:
        return [], []
    dosage = dosages[0]
    found: list[Most] = []
    problems: list[NotAssessedReason] = []
    stated = frequency(dosage)
    if stated is not None and stated[0] > 1:
        times, seconds = stated
        hard = max(times * policy.moderate_up_to, times + 1)
        found.append(Most(times, hard, DOSES, "{dose}", span_of(seconds), ONE, "doses"))
    for cap in dosage.max_dose:
        outcome = _capped(order.entry, dosage, cap, policy)
        if isinstance(outcome, Most):
            found.append(outcome)
        else:
            problems.append(outcome)
    kept = [most for most in found if most.window <= longest]
    if len(kept) < len(found):
        problems.append(NotAssessedReason.INSUFFICIENT_HISTORY)
    return kept, problems


def _capped(entry: Prescribed, dosage: Dosage, cap: MaxDose, policy: DosePolicy) -> Most | NotAssessedReason:
    if entry.content is None:
        return NotAssessedReason.UNMAPPED_DRUG
    amount = amount_of(cap.amount, entry.product, entry.content, entry.body)
    if not isinstance(amount, Amount):
        return amount
    if amount.value <= 0:
        return NotAssessedReason.IMPLAUSIBLE_VALUE
    unit, factor = base_unit(amount.dimension), ONE
    stated_in = bare_unit(cap.amount.unit)
    one, dimension = base(ONE, stated_in)
    if dimension == amount.dimension:
        unit_shown, factor = stated_in, one
    else:
        unit_shown = unit
    return Most(
        value=amount.value,
        hard=amount.value * policy.moderate_up_to,
        dimension=amount.dimension,
        unit=unit,
        window=span_of(cap.period_seconds),
        next_dose=_next_dose(entry, entry.content, dosage, amount.dimension),
        shown_as=unit_shown,
        factor=factor,
    )


def _next_dose(entry: Prescribed, content: Contained, dosage: Dosage, dimension: str) -> Decimal | None:
    """Of a range of doses the least; None where it is not stated in the dimension of the maximum."""
    dose = dosage.dose_low or dosage.dose_high
    single = amount_of(dose, entry.product, content, entry.body) if dose is not None else None
    return single.value if isinstance(single, Amount) and single.dimension == dimension else None
