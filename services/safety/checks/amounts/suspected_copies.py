"""Which doses look like another one charted again: the same amount by the same route shortly after it.

Doses under two different orders are two doses. A dose that was not done, or whose amount is not known, is
nobody's copy.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from schemas.issues import SourceRef
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.double_charting import DoubleCharting
from services.safety.ledger.entries import Given
from services.safety.ledger.timeline import Timeline

Pair = tuple[Given, Given]
"""The earlier and the later of two doses; the later one is the suspected copy."""


@dataclass(frozen=True, slots=True, eq=False)
class CopyRule:
    """A row about double charting made ready for use."""

    row: DoubleCharting
    source: SourceRef
    high_alert: bool


@lru_cache(maxsize=4_096)
def copy_rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[CopyRule, ...]:
    """The rows that speak of an ingredient, drafts as well."""
    high_alert = knowledge.high_alert(ingredient)
    return tuple(
        CopyRule(row, source_ref(row), high_alert) for row in knowledge.rules_of(ingredient, DoubleCharting)
    )


def suspected(
    timeline: Timeline[Given], row: DoubleCharting, since: datetime, until: datetime
) -> Iterator[Pair]:
    """Each dose begun from `since` to `until` that looks like one shortly before it, with that one."""
    doses = timeline.since(since - row.within).entries
    for place, later in enumerate(doses):
        if later.start > until:
            break
        if later.start < since or (row.routes and later.route not in row.routes):
            continue
        for earlier in reversed(doses[:place]):
            if later.start - earlier.start > row.within:
                break
            if _alike(earlier, later):
                yield earlier, later
                break


def copies(knowledge: KnowledgeBase, timeline: Timeline[Given], doses: Sequence[Given]) -> frozenset[str]:
    """The entities of those of some doses of one ingredient, in order, that look like copies.

    Only rows in force are asked: a draft eases nothing.
    """
    if len(doses) < 2:
        return frozenset()
    first, last = doses[0].start, doses[-1].start
    rows = (rule.row for rule in copy_rules(knowledge, doses[0].ingredient) if not rule.row.shadow)
    return frozenset(later.entity for row in rows for _, later in suspected(timeline, row, first, last))


def _alike(one: Given, other: Given) -> bool:
    return (
        one.done
        and other.done
        and one.amount is not None
        and other.amount is not None
        and (one.amount.value, one.amount.dimension) == (other.amount.value, other.amount.dimension)
        and (one.route, one.lasts) == (other.route, other.lasts)
        and one.entity != other.entity
        and (one.order is None or other.order is None or one.order == other.order)
    )
