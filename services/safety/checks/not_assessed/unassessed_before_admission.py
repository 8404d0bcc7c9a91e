"""Not assessed, by patient: doses that are dated long before the stay began in which they were charted.

Either the stay began earlier or the time of the dose is a slip, and then it is missing where it was given. It
goes on being counted as it is dated. Such a dose of the live feed is too late and told as that, so these are
of history.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from schemas.clinical import Administration, Encounter
from schemas.issues import NotAssessedReason
from services.safety.checks.charting.charted_again import SHOWN_FOR
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.checks.spaced import Spaced
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.copies import entity_of
from services.safety.ledger.ledger import PatientLedger

_LONG_BEFORE = timedelta(days=30)
"""House rule: what was charted in a stay did not happen longer than this before it."""


class UnassessedBeforeAdmission:
    """Doses of stays that go on, or ended lately."""

    id = "not-assessed-before-admission"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses and stays."""
        return frozenset({"given", "encounters"})

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each drug, with all its doses that are so dated."""
        if not view.ledger.encounters:
            return SILENT
        review_at: datetime | None = None
        found: dict[str, list[str]] = {}
        for ingredient, entity, stay in _misdated(view.ledger):
            until = None if stay.ends_at is None else stay.ends_at + SHOWN_FOR
            if until is None or view.now < until:
                found.setdefault(ingredient, []).append(entity)
                review_at = earliest(view.now, review_at, until)
        return Judgement(tuple(_finding(name, tuple(found[name])) for name in sorted(found)), review_at)

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:
        """Where nothing was told and the dose is of no time long before any stay, as no later one is."""
        stays = view.ledger.encounters
        if held.findings or (stays and further.dose.start < _earliest_doubt(stays)):
            return False
        return Spaced()


def _earliest_doubt(stays: Mapping[str, Encounter]) -> datetime:
    """No dose from then on is dated long before any of the stays."""
    return max(stay.effective_at for stay in stays.values()) - _LONG_BEFORE


def _misdated(ledger: PatientLedger) -> Iterator[tuple[str, str, Encounter]]:
    """The doses that are dated long before the stay that they name, by ingredient, with that stay."""
    bound = _earliest_doubt(ledger.encounters)
    for ingredient, timeline in ledger.given.items():
        for dose in timeline.entries:
            if dose.start >= bound:
                break
            stay = _stay_of(ledger, dose.entity)
            if stay is not None and dose.start < stay.effective_at - _LONG_BEFORE:
                yield ingredient, dose.entity, stay


def _stay_of(ledger: PatientLedger, entity: str) -> Encounter | None:
    fact = ledger.facts.get(entity)
    if not isinstance(fact, Administration) or fact.visit is None:
        return None
    record = fact.merged_from
    return ledger.encounters.get(fact.visit if record is None else entity_of(record, fact.visit))


def _finding(ingredient: str, entities: tuple[str, ...]) -> Finding:
    name = ingredient.strip("<>")
    text = (
        f"{name}: doses ({len(entities)}) are dated more than {_LONG_BEFORE.days} days before the stay began "
        "in which they were charted. If they were given in that stay, they are missing from what is judged "
        "there: correct the time of the dose, or the beginning of the stay."
    )
    reason = NotAssessedReason.BEFORE_ADMISSION
    return not_assessed(UnassessedBeforeAdmission.id, reason, ingredient, text, entities)
