"""Not assessed, by patient: drugs of which no row says how much is too much, given so and for this patient.

One line for the patient, which names the drugs and by which routes. A drug counts while an order of it is
active, to the end of a known stay, however often it is stopped and ordered anew, and for the policy's
point-event time after a dose. A further drug makes the line worse; that one is not given any more, or is by
another route as well, is not told again.
"""

from collections.abc import Iterable
from datetime import datetime

from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.amounts.amount_limits import (
    Limited,
    Way,
    holds,
    is_child,
    limited,
    way_of,
    ways_of,
)
from services.safety.checks.amounts.applicability import patient_inputs
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed, sooner
from services.safety.checks.not_assessed.unassessed_orders import over_in_this_stay
from services.safety.checks.remembering import Remembered
from services.safety.checks.spaced import Spaced
from services.safety.checks.use.activity import active_orders
from services.safety.checks.use.roster import present
from services.safety.knowledge.base import KnowledgeBase

_NAMED = 60
_ASKED = frozenset({Limited.SOME, Limited.NOBODY})
_ASKED_OF_CHILDREN = _ASKED | {Limited.ADULTS}

_Ways = tuple[tuple[Way, str], ...]
_remembered: Remembered[_Ways] = Remembered()


class UnassessedLimit:
    """The drugs in use whose amounts no row can be held against."""

    id = "not-assessed-limit"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, stays, and age, body and conditions where limits depend on them."""
        return frozenset({"given", "orders", "encounters", "person"}) | patient_inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:  # noqa: ARG002 - the protocol's
        """Drugs that are known; that a product is not is said of itself."""
        return ingredient[0] != "<"

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for all such drugs."""
        found: dict[tuple[Route, str], dict[str, None]] = {}
        child, review_at = is_child(view)
        for drug in present(view):
            ways, changes = _asked_of(view, drug, child=child)
            review_at = sooner(review_at, changes)
            for way, entity in ways:
                if limited(view.knowledge, drug, way) is not Limited.NOBODY:
                    held, changes = holds(view, drug, way, child=child)
                    review_at = earliest(view.now, review_at, changes)
                    if held:
                        continue
                found.setdefault((way.route, drug), {})[entity] = None
        if not found:
            return SILENT if review_at is None else Judgement((), review_at)
        return Judgement((_finding(found),), review_at)

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """After a dose of which some row speaks, or given as its order says: that order is counted itself.
        Each dose alike is given in the same way.
        """
        dose, knowledge = further.dose, view.knowledge
        way = way_of(dose, knowledge.policy.dose.bolus_up_to)
        if limited(knowledge, dose.ingredient, way) not in _asked(child=is_child(view)[0]):
            return Spaced()
        as_ordered = way._replace(micro=False) in ways_of(further.order) and not way.micro
        return as_ordered and Spaced()


def _asked(*, child: bool) -> frozenset[Limited]:
    """Whom limits are for that may not be for the patient."""
    return _ASKED_OF_CHILDREN if child else _ASKED


def _asked_of(view: View, drug: str, *, child: bool) -> tuple[_Ways, datetime | None]:
    """The ways in which a drug is in use and of which no row speaks for everybody, each with an entity."""
    ledger = view.ledger
    given, prescribed = ledger.given.get(drug), ledger.prescribed.get(drug)
    about = (given, prescribed, ledger.encounters, view.knowledge)
    key = (*map(id, about), drug, child)
    known = _remembered.known(view.now, key)
    if known is not None:
        return known
    return _remembered.keep(view.now, key, about, *_in_use(view, drug, _asked(child=child)))


def _in_use(view: View, drug: str, asked: frozenset[Limited]) -> tuple[_Ways, datetime | None]:
    knowledge, now = view.knowledge, view.now
    ways: dict[tuple[Way, str], None] = {}
    orders, review_at = active_orders(view, drug)
    over, changes = over_in_this_stay(view, drug)
    review_at = earliest(now, review_at, changes)
    for entry in (*orders, *(entry for entry, _ in over)):
        for way in ways_of(entry):
            if limited(knowledge, drug, way) in asked:
                ways[way, entry.entity] = None
    timeline = view.ledger.given.get(drug)
    if timeline is None:
        return tuple(ways), review_at
    counts_for = knowledge.policy.dose.point_event
    review_at = sooner(review_at, timeline.next_after(now))
    for dose in timeline.overlapping(now - counts_for, now):
        way = way_of(dose, knowledge.policy.dose.bolus_up_to)
        ends = dose.end + counts_for
        if dose.done and now < ends and limited(knowledge, drug, way) in asked:
            ways[way, dose.entity] = None
            review_at = earliest(now, review_at, ends)
    return tuple(ways), review_at


def _finding(found: dict[tuple[Route, str], dict[str, None]]) -> Finding:
    pairs = sorted(found)
    text = (
        f"How much is too much is not judged, because no limit that is for this patient is known: "
        f"{_named(pairs[:_NAMED])}{_more(len(pairs) - _NAMED)}."
    )
    drugs = tuple(sorted({drug for _, drug in pairs}))
    entities = tuple(dict.fromkeys(entity for pair in pairs for entity in found[pair]))
    return not_assessed(UnassessedLimit.id, NotAssessedReason.NO_DOSE_LIMIT, "", text, entities, drugs)


def _named(pairs: Iterable[tuple[Route, str]]) -> str:
    by_route: dict[Route, list[str]] = {}
    for route, drug in pairs:
        by_route.setdefault(route, []).append(drug)
    return "; ".join(f"{_words(route)}: {', '.join(drugs)}" for route, drugs in by_route.items())


def _words(route: Route) -> str:
    match route:
        case Route.UNKNOWN:
            return "route not known"
        case Route.OTHER:
            return "by another route"
        case _:
            return route.value


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""
