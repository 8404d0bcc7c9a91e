"""Not assessed, by drug: what was given or ordered of it and cannot be calculated, with the reason.

One issue per drug and reason. A dose that cannot be calculated keeps a drug from being judged for as long
as a window that holds it may be judged. An order that could not be calculated is said once per encounter:
to the end of a known stay, however often it is stopped and ordered anew.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from schemas.clinical import Route
from schemas.issues import NotAssessedReason
from services.safety.checks.activity import active_orders
from services.safety.checks.applicability import applicable, patient_inputs
from services.safety.checks.daily_order import daily_parts, dose_changes
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.checks.limits import Rule, rules
from services.safety.checks.remembering import Remembered
from services.safety.checks.stay import stay
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given, Prescribed

_WHY = {
    NotAssessedReason.UNMAPPED_DRUG: "known by its name only: no strength to calculate with",
    NotAssessedReason.UNKNOWN_UNIT: "a unit is not known",
    NotAssessedReason.UNCONVERTIBLE_UNIT: "a unit cannot be converted to the limit's",
    NotAssessedReason.MISSING_DOSE: "no dose or no schedule is stated",
    NotAssessedReason.TEXT_ONLY_DOSE: "dose or schedule is stated in words only",
    NotAssessedReason.MISSING_WEIGHT: "a dose is stated per kg, or a limit goes by an unknown weight",
    NotAssessedReason.MISSING_HEIGHT: "a dose is stated per m2, or a limit goes by an unknown body surface",
    NotAssessedReason.MISSING_AGE: "limits depend on age and the birth date is not known",
    NotAssessedReason.IMPLAUSIBLE_VALUE: "micrograms without a route: by mouth or into the spine?",
}

_INSTANT = timedelta(microseconds=1)


class UnassessedDrug:
    """Doses and orders of one ingredient, or of one unmapped product, that no limit can be applied to."""

    id = "not-assessed-drug"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, stays, and the age and weight where limits depend on them."""
        return frozenset({"given", "orders", "encounters"}) | patient_inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Products that nobody knows, and drugs with limits."""
        return ingredient.startswith("<") or any(knowledge.limits(ingredient, kind) for kind in LimitKind)

    def judge(self, view: View, subject: str) -> Judgement:
        """One finding for each reason why something about the drug could not be judged."""
        unmapped = subject.startswith("<")
        daily = rules(view.knowledge, subject, LimitKind.DAILY)
        single = rules(view.knowledge, subject, LimitKind.SINGLE)
        if not unmapped and not daily and not single:
            return SILENT
        policy = view.knowledge.policy.dose
        window = max((rule.window for rule in daily), default=policy.point_event)
        problems: dict[NotAssessedReason, dict[str, None]] = {}
        instants = [
            _from_doses(view, subject, (*daily, *single), window + policy.retrospective, problems),
            _from_orders(view, subject, daily, single, problems),
        ]
        if not unmapped:
            instants.append(_from_patient(view, subject, problems))
        findings = tuple(
            _finding(subject, reason, tuple(entities)) for reason, entities in problems.items() if entities
        )
        return Judgement(findings, earliest(view.now, *instants))


def _finding(subject: str, reason: NotAssessedReason, entities: tuple[str, ...]) -> Finding:
    unmapped = subject.startswith("<")
    why = "no knowledge of this drug" if unmapped else _WHY[reason]
    text = f"{subject.strip('<>')}: cannot be judged; {why}."
    return not_assessed(UnassessedDrug.id, reason, subject, text, entities)


def _from_doses(
    view: View,
    subject: str,
    limits: tuple[Rule, ...],
    span: timedelta,
    problems: dict[NotAssessedReason, dict[str, None]],
) -> datetime | None:
    timeline = view.ledger.given.get(subject)
    if timeline is None:
        return None
    review_at = timeline.next_after(view.now)
    like: Given | None = None
    reason: NotAssessedReason | None = None
    for dose in timeline.overlapping(view.now - span, view.now):
        if like is None or not _stated_alike(dose, like):
            like, reason = dose, dose_problem(dose, limits)
        if reason is not None and dose.done and dose.end + span > view.now:
            problems.setdefault(reason, {})[dose.entity] = None
            review_at = earliest(view.now, review_at, dose.end + span)
    return review_at


def _stated_alike(one: Given, other: Given) -> bool:
    """Whether nothing about two doses differs that may be a problem: as a rule all of a drug are alike."""
    amount, before = one.amount, other.amount
    return (
        amount is not None
        and before is not None
        and one.route is other.route
        and amount.dimension == before.dimension
        and amount.micro is before.micro
        and one.release is other.release
    )


def dose_problem(dose: Given, limits: tuple[Rule, ...]) -> NotAssessedReason | None:
    """Why a dose given cannot be held against the drug's limits; None where it can or no limit is for it."""
    amount = dose.amount
    if amount is None:
        in_reach = not limits or dose.route is Route.UNKNOWN or any(dose.route in r.routes for r in limits)
        return dose.problem if in_reach else None
    return _amount_problem(amount, dose.route, [rule for rule in limits if rule.of_form(dose.release)])


def _amount_problem(amount: Amount, route: Route, limits: Sequence[Rule]) -> NotAssessedReason | None:
    if route is Route.UNKNOWN and amount.micro:
        return NotAssessedReason.IMPLAUSIBLE_VALUE
    by_route = [rule for rule in limits if rule.covers(route, amount.micro)]
    if by_route and all(rule.dimension != amount.dimension for rule in by_route):
        return NotAssessedReason.UNCONVERTIBLE_UNIT
    return None


_of_orders: Remembered[tuple[tuple[NotAssessedReason, str], ...]] = Remembered()


def _from_orders(
    view: View,
    subject: str,
    daily: tuple[Rule, ...],
    single: tuple[Rule, ...],
    problems: dict[NotAssessedReason, dict[str, None]],
) -> datetime | None:
    """Adds what no limit can be applied to among the orders, which most doses do not change."""
    entries = view.ledger.prescribed.get(subject)
    if entries is None:
        return None
    about = (entries, view.ledger.encounters, daily, single)
    key = tuple(map(id, about))
    known = _of_orders.known(view.now, key)
    if known is None:
        found: dict[NotAssessedReason, dict[str, None]] = {}
        review_at = _judge_orders(view, subject, (*daily, *single), found)
        pairs = tuple((reason, entity) for reason, entities in found.items() for entity in entities)
        known = _of_orders.keep(view.now, key, about, pairs, review_at)
    for reason, entity in known[0]:
        problems.setdefault(reason, {})[entity] = None
    return known[1]


def _judge_orders(
    view: View, subject: str, limits: tuple[Rule, ...], problems: dict[NotAssessedReason, dict[str, None]]
) -> datetime | None:
    orders, review_at = active_orders(view, subject)
    over, stay_changes = _over_in_this_stay(view, subject)
    review_at = earliest(view.now, review_at, stay_changes)
    for entry, when in (*((entry, view.now) for entry in orders), *over):
        review_at = earliest(view.now, review_at, *dose_changes(entry))
        if entry.content is None:
            problems.setdefault(NotAssessedReason.UNMAPPED_DRUG, {})[entry.entity] = None
            continue
        parts, reasons = daily_parts(entry, when)
        of_form = [rule for rule in limits if rule.of_form(entry.release)]
        covered = not entry.routes or any(
            route is Route.UNKNOWN or any(route in rule.routes for rule in limits) for route in entry.routes
        )
        for reason in reasons if covered else ():
            problems.setdefault(reason, {})[entry.entity] = None
        for part in parts:
            problem = _amount_problem(part.single, part.route, of_form)
            if problem is not None:
                problems.setdefault(problem, {})[entry.entity] = None
    return review_at


def _over_in_this_stay(view: View, subject: str) -> tuple[list[tuple[Prescribed, datetime]], datetime | None]:
    """Orders that ended within the known stay that goes on, each with the last instant at which it held.

    An order on hold held at no instant, as far as its newest statement says.
    """
    ended = [
        (entry, entry.until)
        for entry in view.ledger.prescribed.get(subject, ())
        if entry.until is not None and not entry.on_hold and entry.start < entry.until <= view.now
    ]
    if not ended:
        return [], None
    going_on, changes = stay(view, None)
    if going_on is None:
        return [], changes
    return [(entry, until - _INSTANT) for entry, until in ended if until > going_on.start], changes


def _from_patient(
    view: View, subject: str, problems: dict[NotAssessedReason, dict[str, None]]
) -> datetime | None:
    """Rows left out for want of age or weight matter while a way of giving that they speak of is in use."""
    found = [applicable(view, subject, kind) for kind in LimitKind]
    turns = earliest(view.now, *(each.review_at for each in found))
    left_out = [pair for each in found for pair in each.left_out]
    if not left_out:
        return turns
    policy = view.knowledge.policy.dose
    orders, changes = active_orders(view, subject)
    review_at = earliest(view.now, turns, changes)
    span = policy.point_event + policy.retrospective
    timeline = view.ledger.given.get(subject)
    doses = timeline.overlapping(view.now - span, view.now) if timeline is not None else ()
    recent = [dose for dose in doses if dose.done and dose.end + span > view.now]
    review_at = earliest(view.now, review_at, *(dose.end + span for dose in recent))
    for reason, rule in left_out:
        mine = problems.setdefault(reason, {})
        for entry in orders:
            reached = not entry.routes or any(rule.covers(route, micro=False) for route in entry.routes)
            if reached and rule.of_form(entry.release):
                mine[entry.entity] = None
        for dose in recent:
            micro = dose.amount is not None and dose.amount.micro
            if rule.of_form(dose.release) and rule.covers(dose.route, micro):
                mine[dose.entity] = None
    return review_at
