"""Prescribed dose: the active orders of an ingredient together allow more in a day than its limit.

Ranges count at their upper end. What is only "as needed" is shown as minor when the limit is passed through it alone.
Orders that look like alternatives (same dose and schedule, another route) are asked about, not paged.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from schemas.base import Severity
from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.activity import active_orders
from services.safety.checks.daily_order import DailyPart, daily_parts, dose_changes, once_until
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.checks.limits import applicable, base_unit, bound, falls_under, overshoot, shown
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.models import Limit, LimitKind

_TEXTS = {
    NotAssessedReason.MISSING_DOSE: "the order states no dose or no schedule",
    NotAssessedReason.TEXT_ONLY_DOSE: "the order states its dose or schedule in words only",
    NotAssessedReason.UNKNOWN_UNIT: "the order's unit is not known",
    NotAssessedReason.UNCONVERTIBLE_UNIT: "the order's unit cannot be converted to the limit's",
    NotAssessedReason.UNMAPPED_DRUG: "the product was recognised by its name alone",
    NotAssessedReason.MISSING_WEIGHT: "the order is per kilogram and the weight is not known",
    NotAssessedReason.MISSING_HEIGHT: "the order is per square metre and the body surface is not known",
}


class PrescribedDose:
    """Active orders against the daily limits of one ingredient."""

    id = "prescribed-dose"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Orders, and the age where limits depend on it."""
        return frozenset({"orders", "person"})

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst excess of the prescribed day over an applicable limit, and what could not be calculated."""
        rows, _ = applicable(view, subject, LimitKind.DAILY)
        if subject not in view.ledger.prescribed or not rows:
            return SILENT
        orders, review_at = active_orders(view, subject)
        parts: list[DailyPart] = []
        missing: dict[NotAssessedReason, list[str]] = {}
        instants: list[datetime | None] = [review_at]
        for entry in orders:
            instants += dose_changes(entry)
            instants += [once_until(entry, dosage) for dosage in entry.order.dosages]
            found, problems = daily_parts(entry, view.now)
            for part in found:
                ends = once_until(entry, part.dosage)
                if ends is None or view.now < ends:
                    parts.append(part)
            for problem in problems:
                missing.setdefault(problem, []).append(entry.entity)
        over = [f for row in rows if (f := _over(view, subject, row, parts)) is not None]
        findings = (max(over, key=lambda f: (not f.shadow, f.severity.rank, f.level)),) if over else ()
        findings += tuple(
            not_assessed(self.id, reason, subject, f"{subject}: {_TEXTS[reason]}.", tuple(entities))
            for reason, entities in missing.items()
        )
        return Judgement(findings, earliest(view.now, *instants))


def _over(view: View, ingredient: str, row: Limit, parts: Iterable[DailyPart]) -> Finding | None:
    limit = bound(row.value)
    mine = [
        part
        for part in parts
        if part.single.dimension == limit.dimension and falls_under(row, part.route, part.single.micro)
    ]
    everything = sum((part.amount for part in mine), Decimal(0))
    if everything <= limit.value:
        return None
    scheduled = [part for part in mine if not part.as_needed]
    fixed = sum((part.amount for part in scheduled), Decimal(0))
    linked = _without_alternatives(mine, linked_only=True)
    likely = _without_alternatives([part for part in mine if not part.as_needed], linked_only=False)
    if linked <= limit.value:
        return None
    if likely > limit.value:
        amount, severity, note = fixed, overshoot(likely, limit.value, view), ""
    elif fixed > limit.value:
        amount, severity = fixed, Severity.MINOR
        note = " Some of these orders look like alternatives of each other: confirm."
    else:
        amount, severity, note = everything, Severity.MINOR, " Only what is given as needed passes the limit."
    drug = view.knowledge.drug(ingredient)
    return Finding(
        check=PrescribedDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=severity,
        level=amount / limit.value,
        text=f"{ingredient}: {shown(amount, row.value)} prescribed per day; limit {row.value}.{note} {row.action}",
        implicated=tuple(dict.fromkeys(part.entry.entity for part in mine)),
        evidence={
            "orders": [
                {
                    "entity": part.entry.entity,
                    "single": plain(part.single.value),
                    "doses_per_day": plain(part.doses),
                    "per_day": plain(part.amount),
                    "as_needed": part.as_needed,
                }
                for part in mine
            ],
            "unit": base_unit(limit.dimension),
            "total": plain(amount),
            "limit": plain(limit.value),
        },
        sources=(source_ref(row),),
        shadow=row.shadow,
        high_alert=bool(drug and drug.high_alert),
    )


def _without_alternatives(parts: list[DailyPart], *, linked_only: bool) -> Decimal:
    """The sum with each group of alternatives counted once, at its largest."""
    groups: dict[object, Decimal] = {}
    by_schedule: dict[object, dict[object, Decimal]] = {}
    for part in parts:
        link = part.entry.order.alternatives
        if link is not None:
            groups[link] = max(groups.get(link, Decimal(0)), part.amount)
        elif linked_only:
            groups[(part.entry.entity, part.dosage.sequence, part.dosage)] = part.amount
        else:
            schedule = (part.single.value, part.doses)
            routes = by_schedule.setdefault(schedule, {})
            routes[part.route] = routes.get(part.route, Decimal(0)) + part.amount
    alike = sum((max(routes.values()) for routes in by_schedule.values()), Decimal(0))
    return sum(groups.values(), Decimal(0)) + alike
