"""What of the opioid load time and further doses leave as it is.

What was given only becomes less by time, and where more is scheduled the sum is that. Then of what was given
only from what drugs it came is told, and by which rows these count.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.safety.checks.amounts.dose_slots import due_every
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import Judgement, View
from services.safety.checks.opioids.opioid_doses import Doses
from services.safety.checks.opioids.opioid_orders import Scheduled
from services.safety.checks.opioids.opioid_rules import LoadRule, drafts, sources_of
from services.safety.knowledge.base import KnowledgeBase


def told_until(view: View, rule: LoadRule, doses: Doses, orders: Scheduled) -> datetime | None:
    """When time alone may change what is told by a threshold of the doses given; None for never.

    They only become less, and where more is scheduled the sum is that. Then only of what drugs it is counts.
    Nothing is known so long ahead where wards have rules of their own.
    """
    if doses.kinds is None or doses.mme > orders.mme or view.wards is not None:
        return doses.review_at
    if doses.mme < rule.row.mme:
        return None
    if doses.kinds != orders.kinds or drafts_among(view.knowledge, doses):
        return doses.review_at
    changes, until = doses.review_at, doses.sure_until(view.knowledge.house.tolerance)
    return changes if changes is None or until is None or until < changes else until


def keeps_within(
    view: View, window: timedelta, orders: Scheduled, doses: Doses, further: FurtherDose
) -> bool:
    """Whether of each drug no more was given than is scheduled, where every order counts by itself, and of a
    further dose's drug never is, with as much for each due time: a window holds so many of them.
    """
    if sum(orders.of.values()) != orders.mme:
        return False
    if any(each.mme > orders.of.get(name, 0) for name, each in doses.of.items()):
        return False
    order, drug = further.order, further.dose.ingredient
    even, of_drug = due_every(order), doses.of.get(drug)
    if even is None or of_drug is None or len(view.ledger.prescribed[drug]) > 1:
        return False
    if any(part.counts is None or part.counts.due is None for part in of_drug.counted):
        return False
    times = -(-window // even.step)
    return times * max(part.mme for part in of_drug.counted) <= orders.of.get(drug, 0)


def is_one_more(view: View, rule: LoadRule, doses: Doses, further: FurtherDose) -> bool:
    """Whether without a further dose as much is told, of the same drugs: others of its drug count.

    One that is charted late may bring back another one, whose due time it takes.
    """
    of_drug, dose = doses.of.get(further.dose.ingredient), further.dose
    if of_drug is None or doses.early or len(of_drug.counted) < 2:
        return False
    if dose.start < view.now - 2 * view.knowledge.house.tolerance:
        return False
    mine = next((part for part in reversed(of_drug.counted) if part.entity == dose.entity), None)
    return mine is not None and doses.mme - mine.mme >= rule.row.mme


def told_alike(
    view: View, rules: Sequence[LoadRule], doses: Doses, orders: Scheduled, held: Judgement
) -> bool:
    """Whether what was given tells by some thresholds the same drugs by the same rows as the orders and the
    answer held, as long as that is held; and none of them by a draft.
    """
    if not rules:
        return True
    told = next((finding for finding in held.findings if finding.reason is None), None)
    kinds, until = doses.kinds, doses.sure_until(view.knowledge.house.tolerance)
    if told is None or kinds != orders.kinds or held.review_at is None or until is None:
        return False
    if drafts_among(view.knowledge, doses) or until < held.review_at:
        return False
    if told.subjects != tuple([drug for drug, _ in kinds]):
        return False
    return all(
        told.sources == sources_of(view.knowledge, rule, [row for _, row in kinds])
        if told.sources[0] is rule.source
        else not told.shadow and told.severity.rank > rule.row.severity.rank
        for rule in rules
    )


def drafts_among(knowledge: KnowledgeBase, doses: Doses) -> bool:
    """Whether some of what was given counts by a draft."""
    return not drafts(knowledge).isdisjoint([row for _, row in doses.kinds or ()])
