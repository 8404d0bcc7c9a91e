"""Allergy: a drug is ordered, or was given within a day, to somebody who is recorded as allergic to it.

House rules: an allergy to the ingredient itself is contraindicated, an intolerance of it moderate; how bad
relatives of it are is for the rows to say. Neither an order as needed nor a local route makes it less. One
issue for each drug and allergen, by the worst row that speaks of it.
"""

from datetime import datetime

from pydantic import JsonValue

from schemas.base import Severity
from schemas.clinical import Allergy
from services.safety.checks.contraindications.allergens import Allergen, allergen, leads
from services.safety.checks.further_dose import AsksOnlyUse
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, sooner
from services.safety.checks.remembering import Remembered
from services.safety.checks.use.activity import Active
from services.safety.checks.use.drug_in_use import in_use, use_shown
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.allergy import AllergyRule

_ITSELF = "Do not give it until the prescriber has decided; ask the patient what happened and when."

_Stated = tuple[tuple[Allergy, Allergen, AllergyRule | None], ...]
"""Statements of an allergy, what each is to, and the row that leads to the drug, None for the drug itself."""

_remembered: Remembered[_Stated] = Remembered()


class AllergicDrug(AsksOnlyUse):
    """The recorded allergies and intolerances against one ingredient."""

    id = "allergy"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses, orders and allergies."""
        return frozenset({"given", "orders", "allergies"})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:  # noqa: ARG002 - the protocol's
        """Every drug that is known: somebody may be allergic to any."""
        return not ingredient.startswith("<")

    def judge(self, view: View, subject: str) -> Judgement:
        """One finding for each allergen that forbids the drug."""
        if not view.ledger.allergies or subject.startswith("<"):
            return SILENT
        about = (view.ledger.allergies, view.knowledge)
        stated, review_at = _remembered(view.now, about, (subject,), lambda: _stated(view, subject))
        if not stated:
            return Judgement((), review_at)
        active, changes = in_use(view, subject, None, frozenset())
        review_at = sooner(review_at, changes)
        if active is None:
            return Judgement((), review_at)
        by_allergen: dict[str, list[tuple[Allergy, Allergen, AllergyRule | None]]] = {}
        for one in stated:
            by_allergen.setdefault(one[1].named, []).append(one)
        findings = tuple(_finding(view.knowledge, active, found) for found in by_allergen.values())
        return Judgement(findings, review_at)


def _stated(view: View, ingredient: str) -> tuple[_Stated, datetime | None]:
    found: list[tuple[Allergy, Allergen, AllergyRule | None]] = []
    review_at: datetime | None = None
    rows = view.knowledge.rules_of(ingredient, AllergyRule)
    for fact in counted(view):
        to = allergen(view.knowledge, fact.substance)
        leading: list[AllergyRule | None] = [row for row in rows if leads(view.knowledge, row, to)]
        if ingredient in to.ingredients:
            leading.append(None)
        if leading and fact.effective_at <= view.now:
            found += [(fact, to, row) for row in leading]
        elif leading:
            review_at = earliest(view.now, review_at, fact.effective_at)
    return tuple(found), review_at


def counted(view: View) -> tuple[Allergy, ...]:
    """The statements that somebody does not bear something, whenever it begins to hold."""
    known = sorted(view.ledger.allergies.items())
    return tuple(fact for _, fact in known if fact.active and not fact.negated)


def _severity(fact: Allergy, row: AllergyRule | None) -> Severity:
    if row is None:
        return Severity.MODERATE if fact.intolerance else Severity.CONTRAINDICATED
    return row.intolerance if fact.intolerance else row.severity


def _weight(one: tuple[Allergy, Allergen, AllergyRule | None]) -> tuple[bool, int, bool, str]:
    fact, _, row = one
    shadow = row is not None and row.shadow
    return (not shadow, _severity(fact, row).rank, row is None, row.id if row is not None else "")


def _finding(
    knowledge: KnowledgeBase, active: Active, stated: list[tuple[Allergy, Allergen, AllergyRule | None]]
) -> Finding:
    fact, to, row = max(stated, key=_weight)
    entities = tuple(dict.fromkeys(one.entity for one, _, _ in stated))
    allergies: list[JsonValue] = list(entities)
    what = "an intolerance of" if fact.intolerance else "an allergy to"
    to_do = row.action if row is not None else _ITSELF
    drugs: list[JsonValue] = [*sorted(to.ingredients)]
    return Finding(
        check=AllergicDrug.id,
        subject=f"{active.ingredient}|{to.named}",
        subjects=(active.ingredient,),
        severity=_severity(fact, row),
        text=f"{active.ingredient}: {what} {to.named} is recorded. {to_do}",
        implicated=tuple(dict.fromkeys((*active.entities, *entities))),
        evidence={
            "drug": use_shown(active),
            "allergen": to.named,
            "allergen_drugs": drugs,
            "allergies": allergies,
            "intolerance": fact.intolerance,
            "itself": row is None,
        },
        sources=(source_ref(row),) if row is not None else (),
        shadow=row is not None and row.shadow,
        high_alert=knowledge.high_alert(active.ingredient),
    )
