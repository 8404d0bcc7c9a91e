"""As-needed maximum: what was given under an order as needed against the most that it allows in a period.

Above it is moderate, above the policy's hard factor major; as for daily limits, up to that factor an excess
counts only if it also holds in the period shortened by the ward's tolerance, and what became known only when
it had passed is told as of the past. Where the next dose would be too much for now, that is said before
somebody gives it: minor, with the instant at which it fits.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.issues import NotAssessedReason
from services.safety.checks.amounts.daily_order import dose_changes
from services.safety.checks.amounts.one_dose import given_at_all, in_parts
from services.safety.checks.amounts.suspected_copies import copies
from services.safety.checks.doses.as_needed_finding import CHECK, finding, unknown
from services.safety.checks.doses.as_needed_limits import DOSES, ONE, Most, maxima
from services.safety.checks.doses.as_needed_orders import AsNeeded, along, as_needed_orders
from services.safety.checks.doses.rolling_most import has_room, reached
from services.safety.checks.further_dose import AsksOfAsNeeded, FurtherDose
from services.safety.checks.judgement import (
    SILENT,
    Finding,
    Judgement,
    View,
    earliest,
    the_worst,
)
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.policy import DosePolicy
from services.safety.ledger.entries import Given
from services.safety.ledger.pruning import reach

_NOTHING = Decimal(0)


class AsNeededMaximum(AsksOfAsNeeded):
    """The doses under each order as needed of one ingredient; those of a scheduled one count for no other."""

    id = CHECK
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
        if orders is None or not orders.period:
            return SILENT
        found: list[Finding] = []
        problems: dict[NotAssessedReason, list[str]] = {}
        reviews: list[datetime | None] = [timeline.next_after(view.now)]
        longest = _longest(view.knowledge, subject)
        back = view.knowledge.policy.dose.retrospective + 2 * min(longest, orders.period)
        since = view.now - back
        doses = timeline.overlapping(since, view.now)
        under = orders.split(dose for dose in doses if dose.start > since and given_at_all(dose))
        for order in orders.by_entity.values():
            mine = along(order, under)
            if order.leading and mine:
                reviews += [order.entry.start, order.entry.until, *dose_changes(order.entry)]
                reviews.append(mine[-1].start + back)
                findings, review_at = _judge_order(view, order, mine, longest, problems)
                found += findings
                reviews.append(review_at)
        unjudged = tuple(unknown(subject, reason, entities) for reason, entities in problems.items())
        return Judgement((*the_worst(found), *unjudged), earliest(view.now, *reviews))

    def stands_as_needed(self, view: View, further: FurtherDose, held: Judgement) -> bool:
        """Where nothing was told, and beside all doses of the period there is room for the next one."""
        dose, knowledge = further.dose, view.knowledge
        orders = as_needed_orders(view, dose.ingredient)
        if orders is None or not orders.period:
            return True
        order = orders.by_entity.get(further.order.entity)
        if held.findings or order is None:
            return False
        limits, _ = maxima(order, view.now, knowledge.policy.dose, _longest(knowledge, dose.ingredient))
        for limit in limits:
            amounts = [
                _of_one(each, limit)
                for each in further.timeline.overlapping(dose.start - limit.window, view.now)
            ]
            if None in amounts or not has_room(sum(filter(None, amounts), _NOTHING), limit):
                return False
        return True


def _longest(knowledge: KnowledgeBase, ingredient: str) -> timedelta:
    """The longest period of whose doses enough is remembered."""
    return (reach(knowledge, ingredient) - knowledge.policy.dose.retrospective) / 2


def _of_one(dose: Given, limit: Most) -> Decimal | None:
    """What a dose comes to at the most, in what a maximum goes by; None where it cannot be added up."""
    if limit.dimension == DOSES:
        return ONE
    amount = dose.amount
    return amount.value if amount is not None and amount.dimension == limit.dimension else None


def _judge_order(
    view: View,
    order: AsNeeded,
    doses: Sequence[Given],
    longest: timedelta,
    problems: dict[NotAssessedReason, list[str]],
) -> tuple[list[Finding], datetime | None]:
    """By what the order says now, or said when it ended; a further dose is a matter of active orders only."""
    entry, policy, now = order.entry, view.knowledge.policy.dose, view.now
    active = entry.start <= now and (entry.until is None or now < entry.until)
    at = now if entry.until is None or now < entry.until else entry.until - timedelta.resolution
    limits, unclear = maxima(order, at, policy, longest)
    for reason in unclear if active and not entry.on_hold else ():
        problems.setdefault(reason, []).append(entry.entity)
    found: list[Finding] = []
    reviews: list[datetime | None] = []
    for limit in limits:
        since = now - policy.retrospective - 2 * limit.window
        counting = list(_counting(doses, limit, since, policy))
        if limit.dimension != DOSES and len(counting) < len(doses):
            for dose in _beyond(doses, limit, now):
                reason = dose.problem or NotAssessedReason.UNCONVERTIBLE_UNIT
                problems.setdefault(reason, []).append(dose.entity)
                reviews.append(dose.start + limit.window)
        told, review_at = reached(view, counting, limit)
        reviews.append(review_at)
        if limit.dimension != DOSES and any(each.over for each in told):
            twice = copies(view.knowledge, view.ledger.given[entry.ingredient], doses)
            left, review_at = reached(view, [c for c in counting if c[0].entity not in twice], limit)
            reviews.append(review_at)
            told = [each.without(twice, left) for each in told]
        found += [
            finding(view, entry.ingredient, entry.entity, limit, each)
            for each in told
            if each.over or (active and not entry.on_hold)
        ]
    return found, earliest(now, *reviews)


def _beyond(doses: Sequence[Given], limit: Most, now: datetime) -> list[Given]:
    """The doses of the period that cannot be added up to an amount."""
    return [
        dose
        for dose in doses
        if dose.start > now - limit.window
        and (dose.amount is None or dose.amount.dimension != limit.dimension)
    ]


def _counting(
    doses: Sequence[Given], limit: Most, since: datetime, policy: DosePolicy
) -> Iterable[tuple[Given, Decimal]]:
    """What counts of each dose after `since`; of a number, parts of one dose count once."""
    before: Given | None = None
    for dose in doses:
        if dose.start <= since:
            continue
        if limit.dimension == DOSES:
            if before is None or not in_parts(before, dose, policy.one_dose_within):
                yield dose, ONE
            before = dose
        elif dose.amount is not None and dose.amount.dimension == limit.dimension:
            yield dose, dose.amount.value
