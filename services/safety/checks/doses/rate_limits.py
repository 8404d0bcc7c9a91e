"""Rows about how fast a drug may run, made ready for arithmetic, and what breaks them."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from schemas.base import Severity
from schemas.issues import SourceRef
from schemas.medications import Route
from schemas.quantities import base
from services.safety.checks.amounts.limits import covers
from services.safety.checks.amounts.paces import Running, Unknown
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.infusion_rate import InfusionRate
from services.safety.ledger.amounts import Amount


@dataclass(frozen=True, slots=True, eq=False)
class RateRule:
    """A row made ready: `value` in the base unit of `dimension`, above `hard` it is far too fast."""

    row: InfusionRate
    value: Decimal
    hard: Decimal
    dimension: str
    routes: frozenset[Route]
    source: SourceRef

    @property
    def by_weight(self) -> bool:
        """Whether its amounts are per kg of body weight."""
        return self.row.per is not None

    def speaks_of(self, each: Running | Unknown) -> bool:
        """Whether the row is for that way of giving, and for what lasts that long."""
        longer = self.row.longer_than
        if longer is not None:
            if isinstance(each, Unknown):
                if each.timeless:
                    return False
            elif each.lasts is not None and each.lasts <= longer:
                return False
        return covers(self.routes, each.route, each.amount is not None and each.amount.micro)

    def severity(self, each: Running) -> Severity | None:
        """How bad it is, None where it is no breach."""
        much = each.within(self.row.within)
        if much <= (self.hard if each.charted else self.value):
            return None
        lower = each.charted or much <= self.hard
        return self.row.severity.stepped(-1) if lower else self.row.severity

    def too_little(self, amount: Amount | None) -> bool:
        """Whether all of a dose is no more than may run within the row's span."""
        if amount is None or self.row.only_above:
            return False
        return amount.dimension == self.dimension and amount.value <= self.value


@lru_cache(maxsize=4_096)
def rate_rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[RateRule, ...]:
    """The rows about a drug."""
    found = []
    for row in knowledge.rules_of(ingredient, InfusionRate):
        value, dimension = base(row.at_most.value, row.at_most.unit)
        hard = value * knowledge.policy.dose.moderate_up_to
        found.append(RateRule(row, value, hard, dimension, frozenset(row.routes), source_ref(row)))
    return tuple(found)
