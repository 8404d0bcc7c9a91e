"""How much of what makes a patient used to a class of drugs they had before an instant.

Doses count as they were given, orders from home as they are scheduled: nobody charts what is taken there.
What has no figure (a route without one, a dose without an amount, tablets from home as needed), and an order
of the ward of which no dose is charted, make it unknown how much there was. Drafts do so too: by them alone
nobody is used to anything, and nobody is told not to be.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from schemas.medications import Route
from schemas.quantities import base
from services.safety.checks.amounts.daily_order import in_force, part_of
from services.safety.checks.amounts.limits import covers
from services.safety.checks.amounts.patches import strength, worn
from services.safety.checks.judgement import View
from services.safety.checks.opioids.opioid_equivalents import MASS, factor_for, factors
from services.safety.checks.use.roster import present
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.tolerance import Tolerance
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given, Prescribed

_NOTHING = Decimal(0)
_NO_FIGURE = Decimal("Infinity")
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Had:
    """Shares of what makes used to a drug: what is `known` to have been had, and what `may` have been."""

    known: Decimal
    may: Decimal


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one drug: by amount, by patch, and for what goes by equivalents."""

    daily: tuple[tuple[frozenset[Route], Decimal, str, bool], ...]
    patch: tuple[frozenset[Route], Decimal, timedelta] | None
    equivalents: Decimal | None


@lru_cache(maxsize=1_024)
def _rows(knowledge: KnowledgeBase, ingredient: str) -> _Rows:
    daily, patch, equivalents = [], None, None
    for row in knowledge.rules_of(ingredient, Tolerance):
        routes = frozenset(row.routes)
        if row.daily_from is not None:
            daily.append((routes, *base(row.daily_from.value, row.daily_from.unit), row.shadow))
        elif row.per_hour_from is not None and row.worn_for is not None:
            patch = (routes, row.per_hour_from.to("ug"), row.worn_for)
        elif row.mme_from is not None:
            equivalents = row.mme_from
    return _Rows(tuple(daily), patch, equivalents)


def tolerance_before(view: View, at: datetime, drugs: Iterable[str], span: timedelta) -> Had:
    """The share of what makes used to them that a day of the `span` before `at` held on average: 1 is enough.

    A dose that is early or late by the ward's tolerance is no less of a week.
    """
    after = at - span - view.tolerance_at(at)
    there = present(view)
    parts = [
        part
        for drug in drugs
        if drug in there
        for part in (*_given(view, drug, after, at), *_by_order(view, drug, at - span, at))
    ]
    known = sum((part.known for part in parts), _NOTHING)
    return Had(known / _days(span), sum((part.may for part in parts), _NOTHING) / _days(span))


def _doses(view: View, drug: str, after: datetime, until: datetime) -> list[Given]:
    timeline = view.ledger.given.get(drug)
    if timeline is None:
        return []
    return [dose for dose in timeline.overlapping(after, until) if dose.done and dose.start < until]


def _given(view: View, drug: str, after: datetime, until: datetime) -> Iterator[Had]:
    patch = _rows(view.knowledge, drug).patch
    doses = _doses(view, drug, after - (patch[2] if patch is not None else timedelta(0)), until)
    patches = [dose for dose in doses if patch is not None and dose.route in patch[0]]
    for dose in doses:
        if dose.start <= after or dose in patches:
            continue
        if dose.amount is None:
            yield Had(_NOTHING, _NO_FIGURE)
        else:
            yield _share(view.knowledge, drug, dose.amount, dose.amount.value, dose.route)
    if patch is not None:
        for each in worn(view, patches, patch[2]):
            days = _days(min(each.off, until) - max(each.dose.start, after))
            if days > 0 and each.per_hour is None:
                yield Had(_NOTHING, _NO_FIGURE)
            elif days > 0 and each.per_hour is not None:
                share = each.per_hour / patch[1] * days
                yield Had(share, share)


def _by_order(view: View, drug: str, after: datetime, until: datetime) -> Iterator[Had]:
    rows = _rows(view.knowledge, drug)
    reach = rows.patch[2] if rows.patch is not None else timedelta(0)
    charted = bool(_doses(view, drug, after - reach, until))
    for entry in view.ledger.prescribed.get(drug, ()):
        days = _days(min(entry.until or until, until) - max(entry.start, after))
        at_home = entry.order.community
        if entry.on_hold or days <= 0 or (charted and not at_home):
            continue
        for part in _ordered(view, entry, rows, until):
            # What a ward ordered and nobody charted may have been given or not.
            yield Had(part.known * days if at_home else _NOTHING, part.may * days)


def _ordered(view: View, entry: Prescribed, rows: _Rows, at: datetime) -> Iterator[Had]:
    if not entry.order.dosages:
        yield Had(_NOTHING, _NO_FIGURE)
    for dosage in entry.order.dosages:
        if dosage.once or not in_force(dosage, at):
            continue
        per_hour = strength(dosage)
        if dosage.as_needed:
            yield Had(_NOTHING, _NO_FIGURE if entry.order.community else _NOTHING)
        elif rows.patch is not None and dosage.route in rows.patch[0] and per_hour is not None:
            share = per_hour / rows.patch[1]
            yield Had(share, share)
        elif (part := part_of(entry, dosage)) is not None:
            yield _share(view.knowledge, entry.ingredient, part.single, part.amount, dosage.route)
        else:
            yield Had(_NOTHING, _NO_FIGURE)


def _share(knowledge: KnowledgeBase, drug: str, kind: Amount, value: Decimal, route: Route) -> Had:
    """Of what a day of it would have to be; without a figure where no row and no factor speaks of it."""
    rows = _rows(knowledge, drug)
    for routes, most, dimension, draft in rows.daily:
        if kind.dimension == dimension and covers(routes, route, kind.micro):
            return Had(_NOTHING if draft else value / most, value / most)
    row = factor_for(factors(knowledge, drug), route, micro=kind.micro)
    if rows.equivalents is None or row is None or row.factor is None or row.worn_for is not None:
        return Had(_NOTHING, _NO_FIGURE)
    if kind.dimension != MASS:
        return Had(_NOTHING, _NO_FIGURE)
    share = value * row.factor / rows.equivalents
    return Had(share, share)


def _days(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1)) / (_DAY // timedelta(microseconds=1))
