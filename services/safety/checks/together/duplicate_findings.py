"""What a row about duplicates says of two drugs in use, or of one drug ordered twice."""

from dataclasses import dataclass
from decimal import Decimal

from pydantic import JsonValue

from schemas.base import Severity
from schemas.issues import SourceRef
from schemas.medications import Route
from services.safety.checks.amounts.line_flush import Flush
from services.safety.checks.judgement import Finding, View
from services.safety.checks.remembering import Remembered
from services.safety.checks.together.repeated_orders import Repeated
from services.safety.checks.use.in_use import InUse
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.duplicate import Duplicate

CHECK = "duplicate-therapy"


@dataclass(frozen=True, slots=True, eq=False)
class DuplicateRule:
    """A row with what is worked out from it once."""

    row: Duplicate
    exempt: frozenset[Route]
    source: SourceRef
    flush: Flush | None


_remembered: Remembered[Finding | None] = Remembered()


def two_in_use(view: View, rule: DuplicateRule, one: InUse, other: InUse) -> Finding | None:
    """What a row says of two drugs in use."""
    knowledge = view.knowledge
    key = (id(rule), id(one), id(other), id(knowledge))
    known = _remembered.known(view.now, key)
    if known is None:
        severity = _together(rule.row, one, other)
        found = None if severity is None else _two_of_a_class(knowledge, rule, one, other, severity)
        known = _remembered.keep(view.now, key, (rule, one, other, knowledge), found, None)
    return known[0]


def _together(row: Duplicate, one: InUse, other: InUse) -> Severity | None:
    if row.together is None:
        return None
    if row.as_needed_exempt and one.orders and other.orders and one.scheduled != other.scheduled:
        return None
    severity = row.together
    if one.only_as_needed or other.only_as_needed:
        severity = severity.stepped(-1)
    if one.local or other.local:
        severity = severity.stepped(-1)
    return severity


def _two_of_a_class(
    knowledge: KnowledgeBase, rule: DuplicateRule, one: InUse, other: InUse, severity: Severity
) -> Finding:
    row = rule.row
    group = knowledge.classes.get(row.subject.partition(":")[2])
    what = f" Both are {group.label}." if group is not None else ""
    return Finding(
        check=CHECK,
        subject=f"{one.ingredient}|{other.ingredient}",
        subjects=(one.ingredient, other.ingredient),
        severity=severity,
        text=f"{one.ingredient} together with {other.ingredient}.{what} {row.action}",
        implicated=tuple(dict.fromkeys((*one.entities, *other.entities))),
        evidence={
            "drugs": [_shown(one), _shown(other)],
            "class": row.subject,
            "exposure_hours": int(row.exposure.total_seconds() // 3600),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=any(knowledge.high_alert(each.ingredient) for each in (one, other)),
    )


def ordered_twice(knowledge: KnowledgeBase, rule: DuplicateRule, use: InUse, twice: Repeated) -> Finding:
    """What a row says of one drug that is ordered more than once."""
    row = rule.row
    note = " By different routes: are they meant as alternatives?" if twice.by_other_routes else ""
    return Finding(
        check=CHECK,
        subject=use.ingredient,
        subjects=(use.ingredient,),
        severity=twice.severity,
        level=Decimal(len(twice.entities)),
        text=f"{use.ingredient}: {len(twice.entities)} orders are active at once.{note} {row.action}",
        implicated=twice.entities,
        evidence={
            "drugs": [_shown(use)],
            "orders": list(twice.entities),
            "overlap_minutes": int(row.overlap.total_seconds() // 60),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=knowledge.high_alert(use.ingredient),
    )


def _shown(use: InUse) -> JsonValue:
    return {
        "ingredient": use.ingredient,
        "entities": list(use.entities),
        "scheduled": use.scheduled,
        "only_as_needed_never_given": use.only_as_needed,
        "local_route": use.local,
        "known_by_name_only": use.by_text,
    }
