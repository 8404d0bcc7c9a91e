"""As-needed maximum: what was given under an order as needed against the most that it allows in a period.

Above it is moderate, above the policy's hard factor major; as for daily limits, up to that factor an excess
counts only if it also holds in the period shortened by the ward's tolerance, and what became known only when
it had passed is told as of the past. Where the next dose would be too much for now, that is said before
somebody gives it: minor, with the instant at which it fits.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import JsonValue

from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.as_needed_limits import DOSES, ONE, Most, maxima
from services.safety.checks.as_needed_orders import AsNeeded, along, as_needed_orders
from services.safety.checks.daily_order import dose_changes
from services.safety.checks.judgement import (
    SILENT,
    Finding,
    Judgement,
    View,
    earliest,
    not_assessed,
    the_worst,
)
from services.safety.checks.one_dose import given_at_all, in_parts
from services.safety.checks.rolling_most import Reached, reached
from services.safety.checks.shown_doses import shown_doses, shown_window
from services.safety.checks.span_words import in_words
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import DosePolicy
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given
from services.safety.ledger.pruning import reach

_NO_TIME = timedelta(0)
_WHY = {
    NotAssessedReason.INSUFFICIENT_HISTORY: "its period is longer than doses are remembered",
    NotAssessedReason.UNMAPPED_DRUG: "the drug is known by its name only",
    NotAssessedReason.IMPLAUSIBLE_VALUE: "it is nothing at all",
}


class AsNeededMaximum:
    """The doses under each order as needed of one ingredient."""

    id = "as-needed-maximum"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses and orders."""
        return frozenset({"given", "orders"})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:  # noqa: ARG002 - the protocol's
        """Every known drug, because any may be ordered as needed."""
        return not ingredient.startswith("<")

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst of what is told of any order, and why a maximum cannot be judged."""
        timeline = view.ledger.given.get(subject)
        if timeline is None or subject.startswith("<"):
            return SILENT
        orders = as_needed_orders(view, subject)
        if orders is None or not orders.limited:
            return SILENT
        found: list[Finding] = []
        problems: dict[NotAssessedReason, list[str]] = {}
        reviews: list[datetime | None] = [timeline.next_after(view.now)]
        remembered = reach(view.knowledge, subject)
        doses = timeline.overlapping(view.now - remembered, view.now)
        under = orders.split(d for d in doses if d.start + remembered > view.now and given_at_all(d))
        for order in orders.by_entity.values():
            mine = along(order, under)
            if order.leading and mine:
                reviews += [order.entry.start, order.entry.until, *dose_changes(order.entry)]
                reviews.append(mine[-1].start + remembered)
                findings, review_at = _judge_order(view, subject, order, mine, problems)
                found += findings
                reviews.append(review_at)
        unknown = tuple(_unknown(subject, reason, entities) for reason, entities in problems.items())
        return Judgement((*the_worst(found), *unknown), earliest(view.now, *reviews))


def _judge_order(
    view: View,
    ingredient: str,
    order: AsNeeded,
    doses: Sequence[Given],
    problems: dict[NotAssessedReason, list[str]],
) -> tuple[list[Finding], datetime | None]:
    """By what the order says now, or said when it ended; a further dose is a matter of active orders only."""
    entry, policy, now = order.entry, view.knowledge.policy.dose, view.now
    active = entry.start <= now and (entry.until is None or now < entry.until)
    at = now if entry.until is None or now < entry.until else entry.until - timedelta.resolution
    longest = (reach(view.knowledge, ingredient) - policy.retrospective) / 2
    limits, unknown = maxima(order, at, policy, longest)
    for reason in unknown if active and not entry.on_hold else ():
        problems.setdefault(reason, []).append(entry.entity)
    found: list[Finding] = []
    reviews: list[datetime | None] = []
    for limit in limits:
        counting = _counting(doses, limit, now - policy.retrospective - 2 * limit.window, policy)
        if not counting:
            continue
        told, review_at = reached(counting, limit, policy, now)
        reviews.append(review_at)
        found += [
            _finding(view, ingredient, order, limit, each)
            for each in told
            if each.over or (active and not entry.on_hold)
        ]
    return found, earliest(now, *reviews)


def _counting(doses: Sequence[Given], limit: Most, since: datetime, policy: DosePolicy) -> Sequence[Given]:
    """What counts of the doses after `since`, whole at their start; of a number, parts of one dose once."""
    mine = [dose for dose in doses if dose.start > since]
    if limit.dimension != DOSES:
        known = (d for d in mine if d.amount is not None and d.amount.dimension == limit.dimension)
        return [replace(dose, lasts=_NO_TIME) for dose in known]
    first = [
        dose
        for place, dose in enumerate(mine)
        if not place or not in_parts(mine[place - 1], dose, policy.one_dose_within)
    ]
    return [replace(dose, lasts=_NO_TIME, amount=Amount(ONE, DOSES)) for dose in first]


def _finding(view: View, ingredient: str, order: AsNeeded, limit: Most, told: Reached) -> Finding:
    entity = order.entry.entity
    unlinked: list[JsonValue] = [part.dose.entity for part in told.parts if part.dose.order is None]
    evidence: dict[str, JsonValue] = {
        "window": shown_window(limit.window, told.until),
        "doses": shown_doses(told.parts),
        "unit": limit.unit,
        "total": plain(told.amount),
        "limit": plain(limit.value),
        "order": entity,
        "tolerance_minutes": int(view.knowledge.policy.dose.tolerance.total_seconds() // 60),
    }
    if told.fits_at is not None:
        evidence["next_dose_fits_at"] = told.fits_at.isoformat()
    if unlinked:
        evidence["naming_no_order"] = unlinked
    return Finding(
        check=AsNeededMaximum.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=told.severity,
        level=told.amount / limit.value,
        text=_text(ingredient, limit, told, unlinked=bool(unlinked)),
        implicated=(*(part.dose.entity for part in told.parts), entity),
        evidence=evidence,
        high_alert=view.knowledge.high_alert(ingredient),
        retrospective=told.late,
    )


def _text(ingredient: str, limit: Most, told: Reached, *, unlinked: bool) -> str:
    span = in_words(limit.window)
    said = (
        f"{ingredient} as needed: {limit.words(told.amount)} given in the {span} up to "
        f"{told.until:%Y-%m-%d %H:%M} UTC; the order allows {limit.words(limit.value)} in {span}."
    )
    if unlinked:
        said += " Doses that name no order are counted."
    if not told.late:
        until = "for now" if told.fits_at is None else f"until {told.fits_at:%Y-%m-%d %H:%M} UTC"
        said += f" Nothing is left {until}."
    return said + (" Ask the prescriber before the next dose." if told.over else "")


def _unknown(ingredient: str, reason: NotAssessedReason, entities: Sequence[str]) -> Finding:
    why = _WHY.get(reason, "it cannot be converted to what is given")
    text = f"{ingredient}: the most that an order as needed allows cannot be judged; {why}."
    return not_assessed(AsNeededMaximum.id, reason, ingredient, text, tuple(entities))
