"""Not assessed, by drug: what was given or ordered of it and cannot be calculated, with the reason.

One issue per drug and reason. A dose that cannot be calculated keeps a drug from being judged for as long
as a window that holds it may be judged. An order that could not be calculated is said once per encounter:
to the end of a known stay, however often it is stopped and ordered anew.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from schemas.issues import NotAssessedReason
from services.safety.checks.amounts.amount_problems import kind_problem
from services.safety.checks.amounts.applicability import applicable, depends, patient_inputs
from services.safety.checks.amounts.limits import Rule, rules
from services.safety.checks.amounts.running_on import with_what_runs
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.checks.not_assessed.unassessed_orders import from_orders
from services.safety.checks.spaced import Spaced
from services.safety.checks.use.activity import active_orders
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind

_WHY = {
    NotAssessedReason.UNMAPPED_DRUG: "known by its name only: no strength to calculate with",
    NotAssessedReason.UNKNOWN_UNIT: "a unit is not known",
    NotAssessedReason.UNCONVERTIBLE_UNIT: "a unit cannot be converted to the limit's",
    NotAssessedReason.MISSING_DOSE: "no dose or no schedule is stated",
    NotAssessedReason.TEXT_ONLY_DOSE: "dose or schedule is stated in words only",
    NotAssessedReason.MISSING_WEIGHT: "a dose or a limit goes by the weight, and no usable one is known",
    NotAssessedReason.MISSING_HEIGHT: (
        "a dose or a limit goes by body surface or adjusted weight, and height or sex is not known"
    ),
    NotAssessedReason.MISSING_AGE: "limits depend on age and the birth date is not known",
    NotAssessedReason.IMPLAUSIBLE_VALUE: "micrograms without a route: by mouth or into the spine?",
}


@dataclass(frozen=True, slots=True)
class _Limits:
    """All limits of a drug; `depend`: some depend on the patient.

    A dose matters for `span` where no limit can be held against it, for `briefly` at least for any reason.
    """

    unmapped: bool
    every: tuple[Rule, ...]
    span: timedelta
    briefly: timedelta
    depend: bool


@lru_cache(maxsize=16_384)
def _limits(knowledge: KnowledgeBase, subject: str) -> _Limits:
    daily, single = (rules(knowledge, subject, kind) for kind in (LimitKind.DAILY, LimitKind.SINGLE))
    policy = knowledge.policy.dose
    window = max((rule.window for rule in daily), default=policy.point_event)
    depend = any(depends(knowledge, subject, kind) for kind in LimitKind)
    span, briefly = (each + policy.retrospective for each in (window, policy.point_event))
    return _Limits(subject.startswith("<"), (*daily, *single), span, min(span, briefly), depend)


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
        limits = _limits(view.knowledge, subject)
        if not limits.unmapped and not limits.every:
            return SILENT
        problems: dict[NotAssessedReason, dict[str, None]] = {}
        instants = [
            _from_doses(view, subject, limits, problems),
            from_orders(view, subject, limits.every, problems),
        ]
        if limits.depend:
            instants.append(_from_patient(view, subject, problems))
        if not problems:
            review_at = earliest(view.now, *instants)
            return SILENT if review_at is None else Judgement((), review_at)
        findings = tuple(
            _finding(subject, reason, tuple(entities)) for reason, entities in problems.items() if entities
        )
        return Judgement(findings, earliest(view.now, *instants))

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:
        """Where the dose before was of the same kind and still counts: then its problems are those told, and
        where none are told those of all that follow.
        """
        before = further.before
        briefly = _limits(view.knowledge, before.ingredient).briefly
        alike = before.kind is further.dose.kind and before.done and before.pace is further.dose.pace is None
        return (alike and view.now < before.end + briefly) and Spaced(
            within=briefly if held.findings else None
        )


def _finding(subject: str, reason: NotAssessedReason, entities: tuple[str, ...]) -> Finding:
    unmapped = subject.startswith("<")
    why = "no knowledge of this drug" if unmapped else _WHY[reason]
    text = f"{subject.strip('<>')}: cannot be judged; {why}."
    return not_assessed(UnassessedDrug.id, reason, subject, text, entities)


def _from_doses(
    view: View,
    subject: str,
    limits: _Limits,
    problems: dict[NotAssessedReason, dict[str, None]],
) -> datetime | None:
    timeline = view.ledger.given.get(subject)
    if timeline is None:
        return None
    span = limits.span
    doses, changes = with_what_runs(view, subject, timeline.overlapping(view.now - span, view.now))
    review_at = earliest(view.now, timeline.next_after(view.now), changes)
    reasons = {kind: kind_problem(kind, limits.every) for kind in {dose.kind for dose in doses}}
    if not any(reasons.values()):
        return review_at
    for dose in doses:
        reason = reasons[dose.kind]
        if reason is not None and dose.done and dose.end + span > view.now:
            problems.setdefault(reason, {})[dose.entity] = None
            review_at = earliest(view.now, review_at, dose.end + span)
    return review_at


def _from_patient(
    view: View, subject: str, problems: dict[NotAssessedReason, dict[str, None]]
) -> datetime | None:
    """Rows left out for want of age or weight matter while a way of giving that they speak of is in use."""
    found = [applicable(view, subject, kind) for kind in LimitKind]
    turns = earliest(view.now, *(each.review_at for each in found))
    left_out = [pair for each in found for pair in each.left_out]
    if not left_out:
        return turns
    orders, changes = active_orders(view, subject)
    review_at = earliest(view.now, turns, changes)
    policy = view.knowledge.policy.dose
    span = policy.point_event + policy.retrospective
    timeline = view.ledger.given.get(subject)
    doses = timeline.overlapping(view.now - span, view.now) if timeline is not None else ()
    kinds = {dose.kind for dose in doses}
    for reason, rule in left_out:
        for entry in orders:
            reached = not entry.routes or any(rule.covers(route, micro=False) for route in entry.routes)
            if reached and rule.of_form(entry.release):
                problems.setdefault(reason, {})[entry.entity] = None
        covered = {
            kind for kind in kinds if rule.of_form(kind.release) and rule.covers(kind.route, kind.micro)
        }
        for dose in doses if covered else ():
            if dose.kind in covered and dose.done and dose.end + span > view.now:
                problems.setdefault(reason, {})[dose.entity] = None
                review_at = earliest(view.now, review_at, dose.end + span)
    return review_at
