"""When one dose came too soon after another, how grave that is, and for how long it is told.

House rule: told for the policy's point-event time after the dose, and for as long as the interval that was
cut short goes on. A breach that became known only after that is told as of the past, one severity lower.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from schemas.base import Severity
from schemas.quantities import Quantity, base
from services.safety.checks.amounts.one_dose import in_parts
from services.safety.checks.judgement import View
from services.safety.knowledge.policy import DosePolicy
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given
from services.safety.ledger.pruning import reach

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Least:
    """The least time between two doses; a gap below `early` is too short, one below `hard` much too short."""

    interval: timedelta
    early: timedelta
    hard: timedelta


@dataclass(frozen=True, slots=True)
class Larger:
    """A dose above `value`, in the base unit of `dimension`, is one that a row speaks of."""

    value: Decimal
    dimension: str

    def than(self, amount: Amount | None) -> bool:
        """Whether an amount is larger; one that is not known, or of another kind, is not."""
        return amount is not None and amount.dimension == self.dimension and amount.value > self.value


@dataclass(frozen=True, slots=True)
class Breach:
    """`dose` came too soon after `before`; told until `ends`, as of the past where `late`."""

    before: Given
    dose: Given
    least: Least
    late: bool
    ends: datetime

    @property
    def gap(self) -> timedelta:
        """From the start of one to the start of the other."""
        return self.dose.start - self.before.start

    def severity(self, stated: Severity) -> Severity:
        """What the rule states, one more for a hard breach, one less for one of the past."""
        return stated.stepped(int(self.gap < self.least.hard) - int(self.late))


@lru_cache(maxsize=4_096)
def least(interval: timedelta, tolerance: timedelta, hard_share: Decimal) -> Least:
    """An interval by the policy: the tolerance never excuses a hard breach."""
    hard = timedelta(microseconds=int(interval // _MICROSECOND * hard_share))
    return Least(interval, max(hard, interval - tolerance), hard)


def larger_than(stated: Quantity | None) -> Larger | None:
    """What a row's amount asks of the dose before; None where it asks nothing."""
    return None if stated is None else Larger(*base(stated.value, stated.unit))


def least_by(policy: DosePolicy, interval: timedelta) -> Least:
    """An interval by the policy of the house."""
    return least(interval, policy.tolerance, policy.hard_interval)


def early_anywhere(view: View, wait: Least) -> timedelta:
    """A gap that is as long is too short on no ward of the patient."""
    return least(wait.interval, view.narrowest_tolerance, view.knowledge.policy.dose.hard_interval).early


def breach(view: View, before: Given, dose: Given, wait: Least) -> Breach | None:
    """The breach of an interval by two successive doses, if there is one that is still told.

    The tolerance is that of the ward on which the later one was given.

    A lockout, shorter than the ward's tolerance, knows no dose in parts: a pump gives none.
    """
    policy, tolerance = view.knowledge.policy.dose, view.tolerance_at(dose.start)
    if view.wards is not None:
        wait = least(wait.interval, tolerance, policy.hard_interval)
    if dose.start - before.start >= wait.early:
        return None
    if wait.interval > tolerance and in_parts(before, dose, policy.one_dose_within):
        return None
    ends = max(dose.start + policy.point_event, before.start + wait.interval)
    late = view.now >= ends
    if late:
        if max(before.received_at, dose.received_at) < ends:
            return None
        ends += policy.retrospective
    ends = min(ends, before.start + reach(view.knowledge, dose.ingredient))
    return Breach(before, dose, wait, late, ends) if view.now < ends else None
