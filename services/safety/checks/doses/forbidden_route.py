"""Route: a drug was given, or is ordered, by a route by which it must never be given.

Told for as long as the order is active, and for the policy's point-event time after a dose. A route that is
not known is no forbidden one.
"""

from datetime import datetime
from functools import lru_cache

from schemas.issues import SourceRef
from schemas.medications import Route
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, sooner, the_worst
from services.safety.checks.spaced import Spaced
from services.safety.checks.use.activity import Active
from services.safety.checks.use.drug_in_use import in_use, use_shown
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.route import ForbiddenRoute


@lru_cache(maxsize=4_096)
def _rules(
    knowledge: KnowledgeBase, ingredient: str
) -> tuple[tuple[ForbiddenRoute, frozenset[Route], SourceRef], ...]:
    """The rows about a drug, with every route but theirs."""
    rows = knowledge.rules_of(ingredient, ForbiddenRoute)
    return tuple((row, frozenset(Route) - frozenset(row.routes), source_ref(row)) for row in rows)


class DrugByForbiddenRoute:
    """Doses and orders of one ingredient by the routes that are forbidden for it."""

    id = "route"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses and orders."""
        return frozenset({"given", "orders"})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a forbidden route."""
        return bool(_rules(knowledge, ingredient))

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst row that a dose or an order breaks."""
        found: list[Finding] = []
        review_at: datetime | None = None
        for row, others, source in _rules(view.knowledge, subject):
            active, changes = in_use(view, subject, None, others)
            review_at = sooner(review_at, changes)
            if active is None or not (active.dosed or _ordered_so(view, active, row)):
                continue
            found.append(_finding(view, active, row, source))
        if not found and review_at is None:
            return SILENT
        return Judgement(the_worst(found), review_at)

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """After a dose by a route that no row forbids: no other dose is looked at."""
        dose = further.dose
        rules = _rules(view.knowledge, dose.ingredient)
        return all(dose.route not in row.routes for row, _, _ in rules) and Spaced()


def _ordered_so(view: View, active: Active, row: ForbiddenRoute) -> bool:
    """Whether an active order names a forbidden route: one that names no route is no sign of it."""
    entries = view.ledger.prescribed.get(active.ingredient, ())
    return any(entry.entity in active.entities and entry.routes & set(row.routes) for entry in entries)


def _finding(view: View, active: Active, row: ForbiddenRoute, source: SourceRef) -> Finding:
    return Finding(
        check=DrugByForbiddenRoute.id,
        subject=active.ingredient,
        subjects=(active.ingredient,),
        severity=row.severity,
        text=f"{active.ingredient} {_how(view, active, row)}, and must never be given so. {row.action}",
        implicated=active.entities,
        evidence={"drug": use_shown(active), "routes": [route.value for route in row.routes]},
        sources=(source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(active.ingredient, row.routes),
    )


def _how(view: View, active: Active, row: ForbiddenRoute) -> str:
    """ "given intrathecal" or "ordered intrathecal": what was done goes before what is planned."""
    ledger, forbidden = view.ledger, set(row.routes)
    doses, orders = ledger.given.get(active.ingredient), ledger.prescribed.get(active.ingredient, ())
    given = {dose.route for dose in doses.entries if dose.entity in active.entities} if doses else set()
    ordered = {route for entry in orders if entry.entity in active.entities for route in entry.routes}
    routes = given & forbidden or ordered & forbidden
    names = " and ".join(sorted(route.value for route in routes))
    return f"{'given' if given & forbidden else 'ordered'} {names}"
