"""Lifetime dose: all that was ever given of a drug, with what is ordered next, passes what a lifetime allows.

Counted is what this record holds, each dose whole from its start, and of every active order that nothing was
given for yet one dose. Told while the drug is in use. What was given elsewhere or before the record began is
not known to it, and that is said for as long as the sum is below the limit.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.issues import NotAssessedReason, SourceRef
from schemas.medications import Route
from schemas.quantities import base, plain
from services.safety.checks.amounts.limits import base_unit, shown
from services.safety.checks.doses.ever_given import SHOWN, EverGiven, ever_given, listed
from services.safety.checks.judgement import (
    SILENT,
    Finding,
    Judgement,
    View,
    earliest,
    not_assessed,
    the_worst,
)
from services.safety.checks.patient.body_surface import BodySurface, body_surface, surface_inputs
from services.safety.checks.patient.coded_conditions import stated
from services.safety.checks.use.drug_in_use import exempt_from, in_use
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.lifetime import LifetimeDose


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: LifetimeDose
    value: Decimal
    dimension: str
    routes: frozenset[Route]
    exempt: frozenset[Route]
    source: SourceRef


@lru_cache(maxsize=4_096)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    found = []
    for row in knowledge.rules_of(ingredient, LifetimeDose):
        value, dimension = base(row.value.value, row.value.unit)
        exempt = exempt_from(row.routes)
        found.append(_Rule(row, value, dimension, frozenset(row.routes), exempt, source_ref(row)))
    return tuple(found)


class LifetimeTotal:
    """All doses ever given of one ingredient against the most of a lifetime."""

    id = "lifetime-dose"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, the body surface, and the conditions that lower a limit."""
        return frozenset({"given", "orders", "conditions", "encounters"}) | surface_inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a most of a lifetime."""
        return bool(_rules(knowledge, ingredient))

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst excess over any rule that holds, or why that cannot be told."""
        found: list[Finding] = []
        unknown: dict[str, Finding] = {}
        instants: list[datetime | None] = []
        for rule in _rules(view.knowledge, subject):
            findings, review_at = _judge_rule(view, subject, rule)
            instants.append(review_at)
            for each in findings:
                if each.reason is None:
                    found.append(each)
                else:
                    unknown.setdefault(each.subject, each)
        if not found and not unknown and not any(instants):
            return SILENT
        return Judgement((*the_worst(found), *unknown.values()), earliest(view.now, *instants))


def _judge_rule(view: View, ingredient: str, rule: _Rule) -> tuple[list[Finding], datetime | None]:
    active, review_at = in_use(view, ingredient, None, rule.exempt)
    if active is None:
        return [], review_at
    condition, changes = stated(view, rule.row.only_in)
    review_at = earliest(view.now, review_at, changes)
    if rule.row.only_in is not None and not condition:
        return [], review_at
    summed = ever_given(view, ingredient, rule.routes, rule.dimension)
    review_at = earliest(view.now, review_at, summed.review_at)
    findings = [_uncounted(ingredient, *each) for each in summed.uncounted if not rule.row.shadow]
    surface: BodySurface | None = None
    if rule.row.per is not None:
        body, changes = body_surface(view)
        review_at = earliest(view.now, review_at, changes)
        if isinstance(body, NotAssessedReason):
            return findings + _without_body(ingredient, rule, body, active.entities), review_at
        surface = body
    most = rule.value * (surface.value if surface is not None else 1)
    if summed.amount > most:
        findings.append(_finding(view, ingredient, rule, summed, most, surface, condition))
    elif not rule.row.shadow:
        findings.append(_history(view, ingredient, summed, active.entities))
    return findings, review_at


def _uncounted(ingredient: str, reason: NotAssessedReason, entity: str) -> Finding:
    text = f"{ingredient}: a dose could not be counted towards the most of a lifetime."
    return not_assessed(LifetimeTotal.id, reason, ingredient, text, (entity,))


def _without_body(
    ingredient: str, rule: _Rule, missing: NotAssessedReason, entities: tuple[str, ...]
) -> list[Finding]:
    if rule.row.shadow:
        return []
    text = f"{ingredient}: the most of a lifetime goes by body surface, and that is not known."
    return [not_assessed(LifetimeTotal.id, missing, ingredient, text, entities)]


def _history(view: View, ingredient: str, summed: EverGiven, entities: tuple[str, ...]) -> Finding:
    begins = f" begins on {view.calendar(summed.doses[0].start)}" if summed.doses else " holds no dose yet"
    text = (
        f"{ingredient} has a most of a lifetime. The record of it{begins}; "
        f"what was given before or elsewhere is not counted."
    )
    return not_assessed(LifetimeTotal.id, NotAssessedReason.INSUFFICIENT_HISTORY, ingredient, text, entities)


def _finding(
    view: View,
    ingredient: str,
    rule: _Rule,
    summed: EverGiven,
    most: Decimal,
    surface: BodySurface | None,
    condition: tuple[str, ...],
) -> Finding:
    row = rule.row
    parts = [f"{shown(summed.given, row.value)} given"] if summed.doses else []
    coming = summed.amount - summed.given
    parts += [f"{shown(coming, row.value)} ordered next"] if summed.orders else []
    by = f" ({row.limit}, {plain(surface.value)} m2)" if surface is not None else ""
    where = f" in {row.only_in.condition}" if row.only_in is not None else ""
    orders: list[JsonValue] = [{"entity": name, "single": plain(single)} for name, single in summed.orders]
    evidence: dict[str, JsonValue] = {
        "doses": listed(summed.doses),
        "orders": orders,
        "unit": base_unit(rule.dimension),
        "total": plain(summed.amount),
        "limit": plain(most),
    }
    if surface is not None:
        evidence["body_surface"] = surface.shown
    entities = (
        *(dose.entity for dose in summed.doses[-SHOWN:]),
        *(name for name, _ in summed.orders),
        *(surface.entities if surface is not None else ()),
        *condition,
    )
    return Finding(
        check=LifetimeTotal.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=summed.amount / most,
        text=(
            f"{ingredient}: {' and '.join(parts)} make {shown(summed.amount, row.value)} in all that is "
            f"known; most of a lifetime{where} {shown(most, row.value)}{by}. {row.action}"
        ),
        implicated=tuple(dict.fromkeys(entities)),
        evidence=evidence,
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient, row.routes),
    )
