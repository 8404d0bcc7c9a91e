"""How much of what makes a patient used to a class of drugs they had before an instant.

Doses count as they were given, orders from home as they are scheduled: nobody charts what is taken there.
What has no figure (a route without one, a dose without an amount) adds nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from schemas.clinical import Route
from schemas.quantities import base
from services.safety.checks.daily_order import in_force, part_of
from services.safety.checks.judgement import View
from services.safety.checks.limits import covers
from services.safety.checks.opioid_doses import MASS, factor_for, factors
from services.safety.checks.patches import strength, worn
from services.safety.checks.roster import present
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.tolerance import Tolerance
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Prescribed

_NOTHING = Decimal(0)
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one drug: by amount, by patch, and for what goes by equivalents."""

    daily: tuple[tuple[frozenset[Route], Decimal, str], ...]
    patch: tuple[frozenset[Route], Decimal, timedelta] | None
    equivalents: Decimal | None


@lru_cache(maxsize=1_024)
def _rows(knowledge: KnowledgeBase, ingredient: str) -> _Rows:
    daily, patch, equivalents = [], None, None
    for row in knowledge.rules_of(ingredient, Tolerance):
        routes = frozenset(row.routes)
        if row.daily_from is not None:
            daily.append((routes, *base(row.daily_from.value, row.daily_from.unit)))
        elif row.per_hour_from is not None and row.worn_for is not None:
            patch = (routes, row.per_hour_from.to("ug"), row.worn_for)
        elif row.mme_from is not None:
            equivalents = row.mme_from
    return _Rows(tuple(daily), patch, equivalents)


def tolerance_before(view: View, at: datetime, drugs: Iterable[str], span: timedelta) -> Decimal:
    """The share of what makes used to them that a day of the `span` before `at` held on average: 1 is enough.

    A dose that is early or late by the ward's tolerance is no less of a week.
    """
    after = at - span - view.knowledge.policy.dose.tolerance
    there = present(view)
    parts = (
        part
        for drug in drugs
        if drug in there
        for part in (*_given(view, drug, after, at), *_at_home(view, drug, at - span, at))
    )
    return sum(parts, _NOTHING) / _days(span)


def _given(view: View, drug: str, after: datetime, until: datetime) -> Iterator[Decimal]:
    timeline = view.ledger.given.get(drug)
    rows = _rows(view.knowledge, drug)
    if timeline is None:
        return
    reach = rows.patch[2] if rows.patch is not None else timedelta(0)
    doses = [dose for dose in timeline.overlapping(after - reach, until) if dose.done and dose.start < until]
    patches = [dose for dose in doses if rows.patch is not None and dose.route in rows.patch[0]]
    for dose in doses:
        if dose.amount is not None and dose.start > after and dose not in patches:
            yield _share(view.knowledge, drug, dose.amount, dose.amount.value, dose.route)
    if rows.patch is not None:
        for patch in worn(view, patches, rows.patch[2]):
            days = _days(min(patch.off, until) - max(patch.dose.start, after))
            if patch.per_hour is not None and days > 0:
                yield patch.per_hour / rows.patch[1] * days


def _at_home(view: View, drug: str, after: datetime, until: datetime) -> Iterator[Decimal]:
    rows = _rows(view.knowledge, drug)
    for entry in view.ledger.prescribed.get(drug, ()):
        days = _days(min(entry.until or until, until) - max(entry.start, after))
        if not entry.order.community or entry.on_hold or days <= 0:
            continue
        yield from (share * days for share in _ordered(view, entry, rows, until))


def _ordered(view: View, entry: Prescribed, rows: _Rows, at: datetime) -> Iterator[Decimal]:
    for dosage in entry.order.dosages:
        if dosage.as_needed or dosage.once or not in_force(dosage, at):
            continue
        per_hour = strength(dosage)
        if rows.patch is not None and dosage.route in rows.patch[0] and per_hour is not None:
            yield per_hour / rows.patch[1]
        elif (part := part_of(entry, dosage)) is not None:
            yield _share(view.knowledge, entry.ingredient, part.single, part.amount, dosage.route)


def _share(knowledge: KnowledgeBase, drug: str, kind: Amount, value: Decimal, route: Route) -> Decimal:
    """Of what a day of it would have to be; 0 where no row and no factor speaks of it."""
    rows = _rows(knowledge, drug)
    for routes, most, dimension in rows.daily:
        if kind.dimension == dimension and covers(routes, route, kind.micro):
            return value / most
    row = factor_for(factors(knowledge, drug), route, micro=kind.micro)
    if rows.equivalents is None or row is None or row.factor is None or row.worn_for is not None:
        return _NOTHING
    return value * row.factor / rows.equivalents if kind.dimension == MASS else _NOTHING


def _days(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1)) / (_DAY // timedelta(microseconds=1))
