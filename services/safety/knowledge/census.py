"""How many rows stand at which status: what a site must know before it trusts a base."""

from collections import Counter
from collections.abc import Iterable

from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.depressants import AlcoholRule, CnsLoad
from services.safety.knowledge.interacting import Interaction
from services.safety.knowledge.kinds import KINDS as RULES
from services.safety.knowledge.models import Limit, Row, Status, Withdrawal

KINDS: dict[type[Row], str] = {
    Limit: "limits",
    Withdrawal: "stopping",
    Interaction: "interactions",
    AlcoholRule: "alcohol",
    CnsLoad: "sedation",
    **{kind: kind.label for kind in RULES.values()},
}


def census(rows: Iterable[Row]) -> dict[str, dict[Status, int]]:
    """The number of rows of each kind at each status, kinds in a fixed order, statuses all present."""
    found = Counter((KINDS[type(row)], row.status) for row in rows)
    return {kind: {status: found[kind, status] for status in Status} for kind in KINDS.values()}


def rows_of(base: KnowledgeBase) -> tuple[Row, ...]:
    """Every row of a base."""
    own = [row for drug in base.drugs.values() for row in (*drug.limits, *drug.withdrawal)]
    return (*own, *base.interactions, *base.alcohol_rules, base.cns_load, *base.rules)
