"""Rows about doses for who is not used to them, made ready for arithmetic."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from schemas.issues import SourceRef
from schemas.medications import Route
from schemas.quantities import base
from services.safety.checks.amounts.limits import covers
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.naive import NaiveDose as Row
from services.safety.ledger.amounts import Amount


@dataclass(frozen=True, slots=True, eq=False)
class NaiveRule:
    """A row; `most` in base units with its dimension, None where the drug is not for such patients at all."""

    row: Row
    most: tuple[Decimal, str] | None
    routes: frozenset[Route]
    used_to: tuple[str, ...]
    source: SourceRef

    def broken(self, amount: Amount | None, route: Route) -> bool:
        """Whether a dose is more than a patient may have who is not used to it."""
        if not covers(self.routes, route, amount is not None and amount.micro):
            return False
        if self.most is None:
            return True
        value, dimension = self.most
        return amount is not None and amount.dimension == dimension and amount.value > value


@lru_cache(maxsize=4_096)
def naive_rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[NaiveRule, ...]:
    """The rows about a drug."""
    return tuple(
        NaiveRule(
            row,
            None if row.single_max is None else base(row.single_max.value, row.single_max.unit),
            frozenset(row.routes),
            tuple(knowledge.members(row.used_to)),
            source_ref(row),
        )
        for row in knowledge.rules_of(ingredient, Row)
    )
