"""Duplicate therapy: two drugs that do the same, or one drug by two orders.

One issue for each pair of drugs, and one for each drug that is ordered twice, by the worst row that speaks of
it. What is only ordered as needed and was never given counts one severity lower, and so does what acts where
it is applied. Two orders of one drug by other routes may be meant as alternatives: they are asked about.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import combinations

from pydantic import JsonValue

from schemas.base import Severity
from schemas.clinical import Route
from schemas.issues import SourceRef
from services.safety.checks.in_use import InUse, in_use
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, sooner
from services.safety.checks.remembering import Remembered
from services.safety.checks.repeated_orders import Repeated, repeated
from services.safety.checks.roster import present
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.duplicate import Duplicate


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: Duplicate
    exempt: frozenset[Route]
    source: SourceRef


@dataclass(frozen=True, slots=True, eq=False)
class _Concerned:
    """One row and the drugs of a patient that it speaks of, in name order."""

    rule: _Rule
    ingredients: tuple[str, ...]


@lru_cache(maxsize=64)
def _rules(knowledge: KnowledgeBase) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(row, frozenset(row.exempt_routes), source_ref(row))
        for row in knowledge.rules_of_kind(Duplicate)
    )


@lru_cache(maxsize=8_192)
def _concerned(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[_Concerned, ...]:
    found = []
    for rule in _rules(knowledge):
        row = rule.row
        mine = tuple(name for name in sorted(ingredients) if knowledge.selected(row.subject, name))
        if mine and (row.repeated is not None or len(mine) > 1):
            found.append(_Concerned(rule, mine))
    return tuple(found)


class DuplicateTherapy:
    """Everything in use against the rows that allow one drug of a class, or one order of a drug."""

    id = "duplicate-therapy"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses and orders, where any row speaks."""
        return frozenset({"given", "orders"}) if _rules(knowledge) else frozenset()

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs that any row is about."""
        return any(knowledge.selected(rule.row.subject, ingredient) for rule in _rules(knowledge))

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each pair of drugs of one class, and for each drug ordered twice."""
        concerned = _concerned(view.knowledge, present(view))
        if not concerned:
            return SILENT
        worst: dict[str, Finding] = {}
        review_at = None
        for each in concerned:
            row = each.rule.row
            using: list[InUse] = []
            for name in each.ingredients:
                use, changes = in_use(view, name, row.exposure, each.rule.exempt)
                review_at = sooner(review_at, changes)
                if use is None:
                    continue
                using.append(use)
                twice, changes = repeated(use, row, view.now)
                review_at = sooner(review_at, changes)
                if twice is not None:
                    _keep(worst, _ordered_twice(view.knowledge, each.rule, use, twice))
            for one, other in combinations(using, 2):
                found = _told(view, each.rule, one, other)
                if found is not None:
                    _keep(worst, found)
        return Judgement(tuple(worst[key] for key in sorted(worst)), review_at)


_remembered: Remembered[Finding | None] = Remembered()


def _told(view: View, rule: _Rule, one: InUse, other: InUse) -> Finding | None:
    """What a row says of two drugs in use."""
    knowledge = view.knowledge
    key = (id(rule), id(one), id(other), id(knowledge))
    known = _remembered.known(view.now, key)
    if known is None:
        severity = _together(rule.row, one, other)
        found = None if severity is None else _two_of_a_class(knowledge, rule, one, other, severity)
        known = _remembered.keep(view.now, key, (rule, one, other, knowledge), found, None)
    return known[0]


def _keep(worst: dict[str, Finding], found: Finding) -> None:
    known = worst.get(found.subject)
    if known is None or _weight(found) > _weight(known):
        worst[found.subject] = found


def _weight(finding: Finding) -> tuple[bool, int, str]:
    return (not finding.shadow, finding.severity.rank, finding.sources[0].row)


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
    knowledge: KnowledgeBase, rule: _Rule, one: InUse, other: InUse, severity: Severity
) -> Finding:
    row = rule.row
    group = knowledge.classes.get(row.subject.partition(":")[2])
    what = f" Both are {group.label}." if group is not None else ""
    return Finding(
        check=DuplicateTherapy.id,
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


def _ordered_twice(knowledge: KnowledgeBase, rule: _Rule, use: InUse, twice: Repeated) -> Finding:
    row = rule.row
    note = " By different routes: are they meant as alternatives?" if twice.by_other_routes else ""
    return Finding(
        check=DuplicateTherapy.id,
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
