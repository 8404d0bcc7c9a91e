"""Infusion rate: an infusion or injection runs, or is ordered to run, faster than the drug may.

House rules. Charted times are seldom exact: a rate worked out from them counts only far above the limit, one
severity lower. Two bags are two infusions, never added up. Told while it runs and for the policy's
point-event time after that; of an order for as long as it is active. Of a dose without a rate and without an
end nobody can say how fast it ran: that is said, unless all of it is no more than may run in the row's span.
A row that speaks only of infusions, beyond some minutes, takes such a dose for a bolus and says nothing.
Where the age is not known, rows of every age hold, and what is told says so.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from schemas.base import Severity
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.amounts.daily_order import dose_changes
from services.safety.checks.amounts.limits import covers, rules
from services.safety.checks.amounts.open_infusions import open_infusions, without_end
from services.safety.checks.amounts.paces import (
    Running,
    Unknown,
    of_dose,
    of_dose_per_kilogram,
    of_order,
    of_order_per_kilogram,
)
from services.safety.checks.doses.infusion_finding import CHECK, not_known, too_fast
from services.safety.checks.doses.rate_limits import RateRule, rate_rules
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.patient.body_size import body_size
from services.safety.checks.patient.coded_conditions import stated
from services.safety.checks.patient.years_of_age import age_of
from services.safety.checks.spaced import Spaced
from services.safety.checks.use.activity import active_orders
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind
from services.safety.ledger.body import KILOGRAM, body_inputs


class InfusionTooFast:
    """Doses and orders of one ingredient against how fast it may run."""

    id = CHECK
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses and orders, the body by which they may be stated, and the conditions of rows."""
        return frozenset({"given", "orders", "conditions", "encounters", "person"}) | body_inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs that may run only so fast."""
        return bool(rate_rules(knowledge, ingredient))

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst breach of a row, and what could not be held against any."""
        rows, age, review_at = _of_the_age(view, rate_rules(view.knowledge, subject))
        if not rows:
            return SILENT if review_at is None else Judgement((), review_at)
        runs: dict[bool, list[Running | Unknown]] = {}
        for by_weight in sorted({rule.by_weight for rule in rows}):
            mine = [rule for rule in rows if rule.by_weight is by_weight]
            runs[by_weight], changes = _running(view, subject, mine, by_weight=by_weight)
            review_at = earliest(view.now, review_at, changes)
        found: list[Finding] = []
        asked: list[RateRule] = []
        for rule in rows:
            barred, changes = stated(view, rule.row.not_in)
            review_at = earliest(view.now, review_at, changes)
            if barred:
                continue
            fast = list(_too_fast(rule, runs[rule.by_weight]))
            if fast:
                found.append(too_fast(view, subject, rule, fast, age_known=age is not None))
            if not rule.row.shadow:
                asked.append(rule)
        unknown: dict[NotAssessedReason, dict[str, None]] = {}
        for by_weight, running in runs.items():
            mine = [rule for rule in asked if rule.by_weight is by_weight]
            for reason, entity in _not_comparable(view.knowledge, subject, mine, running):
                unknown.setdefault(reason, {})[entity] = None
        findings = (*the_worst(found), *(not_known(subject, why, tuple(of)) for why, of in unknown.items()))
        return Judgement(findings, review_at) if findings or review_at is not None else SILENT

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """For a dose without a rate, which ends nothing that runs, by a route that no row speaks of."""
        dose = further.dose
        if dose.pace is not None:
            return False
        rows = rate_rules(view.knowledge, dose.ingredient)
        spoken_of = any(covers(rule.routes, dose.route, dose.kind.micro) for rule in rows)
        return not spoken_of and Spaced()


def _of_the_age(
    view: View, rows: Sequence[RateRule]
) -> tuple[list[RateRule], Decimal | None, datetime | None]:
    """The rows that speak of the patient, whose age that is, and the birthday that may change it."""
    if not any(rule.row.aged for rule in rows):
        return list(rows), None, None
    age, birthday = age_of(view)
    return [rule for rule in rows if rule.row.is_for(age)], age, birthday


def _running(
    view: View, ingredient: str, rules: Sequence[RateRule], *, by_weight: bool
) -> tuple[list[Running | Unknown], datetime | None]:
    """All that runs, ran not long ago or is ordered, as it is or per kg of body weight.

    A dose by a route that none of the rules is for is left out: tablets need no review.
    """
    ordered = of_order_per_kilogram if by_weight else of_order
    given = of_dose_per_kilogram if by_weight else of_dose
    orders, review_at = active_orders(view, ingredient)
    found: list[Running | Unknown] = []
    if by_weight and orders:
        _, changes = body_size(view, KILOGRAM)
        review_at = earliest(view.now, review_at, changes)
    for entry in orders:
        review_at = earliest(view.now, review_at, *dose_changes(entry))
        found += ordered(view, entry)
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return found, review_at
    told_for = view.knowledge.policy.dose.point_event
    review_at = earliest(view.now, review_at, timeline.next_after(view.now))
    infusions, changes = open_infusions(view, ingredient)
    review_at = earliest(view.now, review_at, changes)
    over = [(dose, dose.end) for dose in timeline.overlapping(view.now - told_for, view.now)]
    over = [(dose, end) for dose, end in over if dose.done and not without_end(dose)]
    over += [(each.dose, each.until) for each in infusions]
    for dose, end in over:
        spoken_of = any(covers(rule.routes, dose.route, micro=False) for rule in rules)
        if spoken_of and view.now < end + told_for:
            review_at = earliest(view.now, review_at, end + told_for)
            found.append(given(view, dose))
    return found, review_at


def _too_fast(rule: RateRule, running: Sequence[Running | Unknown]) -> Iterator[tuple[Running, Severity]]:
    for each in running:
        if isinstance(each, Running) and each.amount.dimension == rule.dimension and rule.speaks_of(each):
            severity = rule.severity(each)
            if severity is not None:
                yield each, severity


def _not_comparable(
    knowledge: KnowledgeBase, ingredient: str, asked: Sequence[RateRule], running: Sequence[Running | Unknown]
) -> Iterator[tuple[NotAssessedReason, str]]:
    """What no row can be held against, but for what another check tells of the same dose."""
    for each in running:
        mine = [rule for rule in asked if rule.speaks_of(each)]
        if not mine:
            continue
        if isinstance(each, Running):
            if all(rule.dimension != each.amount.dimension or rule.row.only_above for rule in mine):
                yield NotAssessedReason.UNCONVERTIBLE_UNIT, each.entity
        elif each.uncounted and _told_as_a_dose(knowledge, ingredient, each.route):
            continue
        elif not all(rule.too_little(each.amount) for rule in mine):
            yield each.reason, each.entity


@lru_cache(maxsize=4_096)
def _told_as_a_dose(knowledge: KnowledgeBase, ingredient: str, route: Route) -> bool:
    """Whether a dose by this route that cannot be counted is told because of the drug's other limits."""
    return any(
        covers(rule.routes, route, micro=False)
        for kind in LimitKind
        for rule in rules(knowledge, ingredient, kind)
    )
