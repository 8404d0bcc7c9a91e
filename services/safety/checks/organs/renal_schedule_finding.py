"""What is told of doses that are too large, or too near to each other, for the kidneys."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from operator import attrgetter

from pydantic import JsonValue

from schemas.base import Severity
from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.amounts.limits import base_unit, shown
from services.safety.checks.doses.interval_breach import Breach, Least
from services.safety.checks.doses.interval_finding import minutes
from services.safety.checks.judgement import Finding, View, not_assessed
from services.safety.checks.organs.renal_schedule_rules import Bound, ScheduleRule
from services.safety.checks.patient.kidneys import KidneyFunction
from services.safety.checks.span_words import in_words

CHECK = "renal-schedule"
_rank = attrgetter("rank")


def too_large(
    view: View,
    ingredient: str,
    rule: ScheduleRule,
    by: Bound,
    largest: Decimal,
    how: str,
    listed: dict[str, JsonValue],
    entities: Sequence[str],
) -> Finding:
    """The largest of doses that were given, or ordered, above a single dose."""
    most, single = by.held.advice.single_max, by.held.single
    assert most is not None and single is not None  # noqa: S101 - it was passed
    value, dimension = single
    evidence = {
        **listed,
        "unit": base_unit(dimension),
        "total": plain(largest),
        "limit": plain(value),
    }
    text = f"{shown(largest, most)} {how}; at most {most} at once {by.said}."
    severity = by.held.advice.severity
    return _finding(view, ingredient, rule, by, severity, text, largest / value, entities, evidence)


def too_soon(
    view: View, ingredient: str, rule: ScheduleRule, breaches: Sequence[tuple[Bound, Breach]]
) -> Finding:
    """The worst of doses that came too soon after the one before."""
    present = [each for each in breaches if not each[1].late] or breaches
    by, worst = min(
        present,
        key=lambda one: (-_severity(*one).rank, one[1].gap, one[1].dose.start),
    )
    doses: list[JsonValue] = [
        {
            "entity": dose.entity,
            "start": dose.start.isoformat(),
            "stated": dose.stated,
            "route": dose.route.value,
        }
        for dose in (worst.before, worst.dose)
    ]
    return _finding(
        view,
        ingredient,
        rule,
        by,
        _severity(by, worst),
        f"given at {view.clock(worst.dose.start)}, {in_words(worst.gap)} after the dose before; at "
        f"least {in_words(worst.least.interval)} {by.said}.",
        Decimal(len(present)),
        tuple(entity for _, each in present for entity in (each.before.entity, each.dose.entity)),
        {
            "doses": doses,
            "unit": "min",
            "total": plain(minutes(worst.gap)),
            "limit": plain(minutes(worst.least.interval)),
            "tolerance_minutes": int(view.tolerance_at(worst.dose.start).total_seconds() // 60),
        },
        retrospective=worst.late,
    )


def _severity(by: Bound, each: Breach) -> Severity:
    """Much too soon is a step graver, but a dose too soon is never told as one that is forbidden."""
    stated = by.held.advice.severity
    return min(each.severity(stated), max(stated, Severity.MAJOR, key=_rank), key=_rank)


def ordered_too_often(
    view: View,
    ingredient: str,
    rule: ScheduleRule,
    by: Bound,
    wait: Least,
    apart: Mapping[str, timedelta],
    *,
    as_needed: bool,
) -> Finding:
    """Orders of which a dose is due too often; as needed counts one severity lower."""
    shortest = min(apart.values())
    severity = by.held.advice.severity
    orders: list[JsonValue] = [
        {"entity": entity, "every": plain(minutes(span))} for entity, span in apart.items()
    ]
    return _finding(
        view,
        ingredient,
        rule,
        by,
        severity.stepped(-1) if as_needed else severity,
        f"ordered every {in_words(shortest)}; at least {in_words(wait.interval)} apart {by.said}.",
        Decimal(1),
        tuple(apart),
        {
            "orders": orders,
            "unit": "min",
            "total": plain(minutes(shortest)),
            "limit": plain(minutes(wait.interval)),
        },
    )


def kidneys_unknown(ingredient: str, kidneys: KidneyFunction, entities: tuple[str, ...]) -> Finding:
    """That nobody knows the kidneys of a patient who has the drug."""
    reason = NotAssessedReason.MISSING_RENAL_FUNCTION
    text = (
        f"{ingredient}: how much at once and how often depends on the kidneys, and they are not known: "
        f"{kidneys.why_not}."
    )
    return not_assessed(CHECK, reason, ingredient, text, (*entities, *kidneys.entities))


def amount_unknown(ingredient: str, reason: NotAssessedReason, entities: tuple[str, ...]) -> Finding:
    """That nobody can say how much at once a dose is."""
    text = (
        f"{ingredient}: how much at once depends on the kidneys, and how much a dose is cannot be calculated."
    )
    return not_assessed(CHECK, reason, f"{ingredient}|schedule", text, entities, (ingredient,))


def _finding(
    view: View,
    ingredient: str,
    rule: ScheduleRule,
    by: Bound,
    severity: Severity,
    text: str,
    level: Decimal,
    entities: Sequence[str],
    evidence: dict[str, JsonValue],
    *,
    retrospective: bool = False,
) -> Finding:
    kidneys = by.kidneys
    return Finding(
        check=CHECK,
        subject=ingredient,
        subjects=(ingredient,),
        severity=severity,
        level=level,
        text=f"{ingredient}: {text} {rule.row.action}",
        implicated=tuple(dict.fromkeys((*entities, *kidneys.entities))),
        evidence={
            **evidence,
            "kidneys": kidneys.how,
            "measure": rule.row.measure.value,
            "value": kidneys.shown,
            "rising_creatinine": kidneys.unstable,
        },
        sources=(rule.source,),
        shadow=rule.row.shadow,
        high_alert=view.knowledge.high_alert(ingredient),
        retrospective=retrospective,
    )
