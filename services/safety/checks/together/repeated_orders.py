"""Which active orders of one drug say the same thing twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from schemas.base import Severity
from services.safety.checks.judgement import sooner
from services.safety.checks.use.in_use import InUse, Running
from services.safety.knowledge.kinds.duplicate import Duplicate
from services.safety.ledger.orders import predecessors


@dataclass(frozen=True, slots=True)
class Repeated:
    """The orders that stand beside another one, in order of their start, and how bad the worst pair is."""

    entities: tuple[str, ...]
    severity: Severity
    by_other_routes: bool


def repeated(use: InUse, row: Duplicate, now: datetime) -> tuple[Repeated | None, datetime | None]:
    """What of an ingredient is ordered twice now, and when time alone may next change that.

    No repetition: an order for one dose beside others, orders linked as alternatives, orders of one lineage,
    and orders that have not overlapped for longer than a transfer takes.
    """
    if row.repeated is None or len(use.orders) < 2:
        return None, None
    standing = [running for running in use.orders if not running.once]
    pairs: list[tuple[Running, Running]] = []
    review_at: datetime | None = None
    for one, other in combinations(standing, 2):
        if _meant(one, other) or (row.as_needed_exempt and one.entry.as_needed != other.entry.as_needed):
            continue
        counts_from = max(one.entry.start, other.entry.start) + row.overlap
        if now < counts_from:
            review_at = sooner(review_at, counts_from)
        else:
            pairs.append((one, other))
    if not pairs:
        return None, review_at
    severities = [_severity(row.repeated, one, other) for one, other in pairs]
    entities = tuple(each.entry.entity for each in standing if any(each in pair for pair in pairs))
    worst = max(severities, key=lambda severity: severity.rank)
    return Repeated(entities, worst, _all_by_other_routes(pairs)), review_at


def _severity(stated: Severity, one: Running, other: Running) -> Severity:
    if _by_other_routes(one, other):
        return Severity.MINOR
    lower = (one.only_as_needed or other.only_as_needed) + (one.local or other.local)
    return stated.stepped(-lower)


def _all_by_other_routes(pairs: Sequence[tuple[Running, Running]]) -> bool:
    return all(_by_other_routes(one, other) for one, other in pairs)


def _by_other_routes(one: Running, other: Running) -> bool:
    mine, theirs = one.entry.routes, other.entry.routes
    return bool(mine) and bool(theirs) and mine.isdisjoint(theirs)


def _meant(one: Running, other: Running) -> bool:
    """Whether two orders belong together: alternatives, or one prescription in two records."""
    first, second = one.entry.order, other.entry.order
    if first.alternatives is not None and first.alternatives == second.alternatives:
        return True
    mine, theirs = {first.entity, *predecessors(first)}, {second.entity, *predecessors(second)}
    return not mine.isdisjoint(theirs)
