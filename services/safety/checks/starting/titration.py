"""Titration: the scheduled daily dose of a drug was raised too soon after the last rise, or by too much.

Judged by what is ordered. A fall is never an issue, and neither is a pause shorter than the time between two
steps. The issue ends when the dose is lowered to what was allowed, or when the time of a step has passed at
the new dose.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.issues import NotAssessedReason, SourceRef
from schemas.medications import Route
from schemas.quantities import base, plain
from services.safety.checks.amounts.limits import base_unit, covers, shown
from services.safety.checks.amounts.prescribed_level import Levels, level_at, levels
from services.safety.checks.amounts.range_words import amid, of_orders
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import (
    SILENT,
    Finding,
    Judgement,
    View,
    earliest,
    not_assessed,
    the_worst,
)
from services.safety.checks.patient.coded_conditions import stated
from services.safety.checks.spaced import Spaced
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.titration import Titration
from services.safety.ledger.entries import Given

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A row; `step` is in the base unit of `dimension`, None where the row knows a share."""

    row: Titration
    step: Decimal | None
    dimension: str
    routes: frozenset[Route]
    source: SourceRef


@dataclass(frozen=True, slots=True)
class Rise:
    """A rise from `before` to `after` a day at `at`; the last start or rise was at `last`."""

    at: datetime
    before: Decimal
    after: Decimal
    last: datetime
    allowed: Decimal


@lru_cache(maxsize=16_384)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    found = []
    for row in knowledge.rules_of(ingredient, Titration):
        amount, dimension = base(row.unit_amount.value, row.unit_amount.unit)
        step = amount if row.share is None else None
        found.append(_Rule(row, step, dimension, frozenset(row.routes), source_ref(row)))
    return tuple(found)


class TitrationPace:
    """The orders of one ingredient against its titration rules."""

    id = "titration"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Orders; doses, to say so where a drug is given without any; conditions that a row speaks of."""
        limited = any(row.only_in is not None for row in knowledge.rules_of_kind(Titration))
        return frozenset({"given", "orders", "conditions"} if limited else {"given", "orders"})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a pace."""
        return bool(knowledge.rules_of(ingredient, Titration))

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst rise that still counts."""
        rules = _rules(view.knowledge, subject)
        if not rules:
            return SILENT
        if subject not in view.ledger.prescribed:
            return _without_orders(view, subject, rules)
        found: list[Finding] = []
        instants: list[datetime | None] = []
        for rule in rules:
            condition, changes = stated(view, rule.row.only_in)
            instants.append(changes)
            if rule.row.only_in is not None and not condition:
                continue
            known = levels(view, subject, rule.routes, rule.dimension)
            instants += [level.at for level in known]
            rises = too_fast(known, rule.row, rule.step, view.now)
            instants += [rise.at + rule.row.every for rise in rises]
            standing = level_at(known, view.now)
            holding = [
                rise
                for rise in rises
                if view.now < rise.at + rule.row.every
                and standing is not None
                and standing.per_day is not None
                and standing.per_day > rise.allowed
            ]
            if holding:
                worst = max(holding, key=lambda rise: (rise.after / rise.allowed, rise.at))
                found.append(_finding(view, subject, rule, known, worst, condition))
        return Judgement(the_worst(found), earliest(view.now, *instants))

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """Always: where there are orders, these alone are looked at."""
        return Spaced()


def too_fast(known: Levels, row: Titration, step: Decimal | None, now: datetime) -> list[Rise]:
    """Every rise up to `now` that came too soon or was too large, in order; without a step, by the share.

    What follows a level that cannot be calculated, or a pause of `row.every` and longer, counts as a start.
    """
    found: list[Rise] = []
    before: Decimal | None = None
    raised_at: datetime | None = None
    paused_at: datetime | None = None
    for level in known:
        if level.at > now:
            break
        if level.per_day is None:
            before = paused_at = None
            continue
        if level.per_day == 0:
            paused_at = paused_at or level.at
            continue
        if paused_at is not None and level.at - paused_at >= row.every:
            before = None
        paused_at = None
        if before is None or raised_at is None:
            raised_at = level.at
        elif level.per_day > before:
            most = step if step is not None else before * (row.share or _NOTHING)
            allowed = before if level.at - raised_at < row.every else before + most
            if level.per_day > allowed:
                found.append(Rise(level.at, before, level.per_day, raised_at, allowed))
            raised_at = level.at
        before = level.per_day
    return found


def _without_orders(view: View, ingredient: str, rules: tuple[_Rule, ...]) -> Judgement:
    """Doses without any order: how fast the dose rises cannot be seen."""
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return SILENT
    span = view.knowledge.policy.dose.point_event
    review_at = timeline.next_after(view.now)
    entities: list[str] = []
    for dose in timeline.overlapping(view.now - span, view.now):
        micro = dose.amount is not None and dose.amount.micro
        if (
            dose.done
            and dose.end + span > view.now
            and any(covers(r.routes, dose.route, micro) and _is_level(view, r, dose) for r in rules)
        ):
            entities.append(dose.entity)
            review_at = earliest(view.now, review_at, dose.end + span)
    if not entities:
        return Judgement((), review_at)
    text = f"{ingredient}: given without a known order; whether its dose rises too fast is not judged."
    unjudged = not_assessed(
        TitrationPace.id,
        NotAssessedReason.INSUFFICIENT_HISTORY,
        f"{ingredient}|pace",  # first-dose may say of the same drug that its start is not judged
        text,
        tuple(entities),
        drugs=(ingredient,),
    )
    return Judgement((unjudged,), review_at)


def _is_level(view: View, rule: _Rule, dose: Given) -> bool:
    """Whether a dose shows a daily dose; where rises are shares, of a pump, one given at once is a trial."""
    return rule.row.share is None or dose.lasts > view.knowledge.policy.dose.bolus_up_to


def _finding(
    view: View, ingredient: str, rule: _Rule, known: Levels, rise: Rise, condition: tuple[str, ...]
) -> Finding:
    row = rule.row
    unit = row.unit_amount
    now = level_at(known, view.now)
    per_day = now.per_day if now is not None and now.per_day is not None else rise.after
    orders = view.ledger.prescribed.get(ingredient, ())
    raised = level_at(known, rise.at)
    ranged = of_orders(orders, raised.entities, rise.at) if raised is not None else ""
    hours = plain(round(Decimal(int((rise.at - rise.last).total_seconds())) / 3600, 1))
    every = plain(Decimal(int(row.every.total_seconds())) / 3600)
    listed: list[JsonValue] = [
        {"from": level.at.isoformat(), "per_day": plain(level.per_day), "orders": list(level.entities)}
        for level in known
        if level.per_day is not None and rise.last <= level.at <= view.now
    ]
    return Finding(
        check=TitrationPace.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=per_day / rise.allowed,
        text=(
            f"{ingredient}: {shown(rise.before, unit)} raised to {shown(rise.after, unit)} a day"
            f"{amid(ranged)} {hours} h after the last step; at most {row.most} more, no sooner than "
            f"{every} h after it"
            f"{f' in {row.only_in.condition}' if row.only_in is not None else ''}. {row.action}"
        ),
        implicated=(*(now.entities if now is not None else ()), *condition),
        evidence={
            "levels": listed,
            "raised_at": rise.at.isoformat(),
            "last_step_at": rise.last.isoformat(),
            "before": plain(rise.before),
            **({"step": plain(rule.step)} if rule.step is not None else {"share": str(row.share)}),
            "hours_between_steps": every,
            "unit": base_unit(rule.dimension),
            "total": plain(per_day),
            "limit": plain(rise.allowed),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient, row.routes),
    )
