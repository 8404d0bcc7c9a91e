"""Whether so little of a drug was given or ordered at once that it keeps a line open, and treats nobody.

House rules. What has an end or a rate runs: a treatment however little it is, and so is a dose of an order
that runs or is not on record. What is not known to be so little, or for an adult, counts as a treatment too.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from schemas.quantities import base
from services.safety.checks.amounts.ordered_single import ordered_single
from services.safety.checks.judgement import View
from services.safety.checks.patient.years_of_age import reaches_age
from services.safety.knowledge.line_flush import LineFlush
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given, Prescribed


@dataclass(frozen=True, slots=True, eq=False)
class Flush:
    """A row made ready: the most by dimension in base units, and from which age in years on it holds."""

    up_to: dict[str, Decimal]
    age_from: Decimal

    def is_dose(self, view: View, dose: Given, reviews: list[datetime | None]) -> bool:
        """Whether a dose only flushed a line. Adds to `reviews` when time alone may make it so."""
        if dose.lasts or dose.pace is not None or not self._small(dose.amount):
            return False
        if dose.order is not None:
            orders = view.ledger.prescribed.get(dose.ingredient, ())
            mine = [entry for entry in orders if entry.entity == dose.order]
            if not mine or any(dosage.rate for entry in mine for dosage in entry.order.dosages):
                return False
        return self._grown_up(view, reviews)

    def is_order(self, view: View, entry: Prescribed, reviews: list[datetime | None]) -> bool:
        """Whether all that is ordered only flushes a line; `reviews` as for a dose."""
        dosages = entry.order.dosages
        small = bool(dosages) and all(
            each.rate is None and self._small(ordered_single(entry, each)) for each in dosages
        )
        return small and self._grown_up(view, reviews)

    def _small(self, amount: object) -> bool:
        if not isinstance(amount, Amount):
            return False
        most = self.up_to.get(amount.dimension)
        return most is not None and amount.value <= most

    def _grown_up(self, view: View, reviews: list[datetime | None]) -> bool:
        person = view.ledger.person
        if person is None or person.born_at is None:
            return False
        since = reaches_age(person.born_at, self.age_from)
        reviews.append(since)
        return since <= view.now


def flush_of(row: LineFlush | None) -> Flush | None:
    """The row made ready, None where there is none."""
    if row is None:
        return None
    known = [base(each.value, each.unit) for each in row.up_to]
    return Flush({dimension: value for value, dimension in known}, row.age_from)
