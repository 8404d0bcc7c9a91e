"""Not assessed, by patient: what is dated before the patient was born.

Either the birth date is wrong or these times are. Doses go on being counted, because a dose that was given
and is left out of a sum harms more than one too many, and so do stays, conditions and allergies; a result
from before birth is not used (`measured`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, not_assessed
from services.safety.checks.patient.believable import before_birth
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.ledger import PatientLedger

_NAMED = 5
_TO_THE_DAY, _TO_THE_YEAR = timedelta(days=1), timedelta(days=366)
"""House rule: a stay is told that began more than a day before birth, what somebody has from more than a year
before it on, as that is often known to the year only.
"""


class UnassessedBeforeBirth:
    """What is dated before the birth date that is known."""

    id = "not-assessed-before-birth"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses and results so dated, orders, stays, conditions, allergies and the birth date."""
        return frozenset({"before-birth", "orders", "encounters", "conditions", "allergies", "person"})

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for the patient: the first dose, order and result of each kind, and whatever else is so
        dated.

        Time alone changes nothing of it.
        """
        person = view.ledger.person
        if person is None or person.born_at is None:
            return SILENT
        born_at = person.born_at
        drugs = _drugs(view.ledger, born_at)
        results = {
            code: timeline.entries[0].entity
            for code, timeline in view.ledger.observed.items()
            if timeline.entries[0].start < born_at and before_birth(born_at, timeline.entries[0].start)
        }
        others = _others(view.ledger, born_at)
        if not drugs and not results and not others:
            return SILENT
        results = dict(sorted(results.items()))
        entities = tuple(dict.fromkeys((*drugs.values(), *results.values(), *others, person.entity)))
        return Judgement((_finding(view, born_at, tuple(drugs), tuple(results), others, entities),))


def _drugs(ledger: PatientLedger, born_at: datetime) -> dict[str, str]:
    """The drugs with a dose or an order so dated, in name order, each with the first of these."""
    first: dict[str, tuple[datetime, str]] = {}
    for name, timeline in ledger.given.items():
        dose = timeline.entries[0]
        if dose.start < born_at:
            first[name] = (dose.start, dose.entity)
    for name, entries in ledger.prescribed.items():
        for entry in entries:
            if entry.start < born_at:
                order = (entry.start, entry.entity)
                first[name] = min(order, first.get(name, order))
    return {name: entity for name, (start, entity) in sorted(first.items()) if before_birth(born_at, start)}


def _others(ledger: PatientLedger, born_at: datetime) -> dict[str, str]:
    """The kinds of stays, conditions and allergies that are so dated, by entity."""
    stays, rest = born_at - _TO_THE_DAY, born_at - _TO_THE_YEAR
    found = {each: "stays" for each, stay in ledger.encounters.items() if stay.effective_at < stays}
    found |= {each: "conditions" for each, fact in ledger.conditions.items() if fact.effective_at < rest}
    found |= {each: "allergies" for each, fact in ledger.allergies.items() if fact.effective_at < rest}
    return dict(sorted(found.items()))


def _finding(
    view: View,
    born_at: datetime,
    drugs: tuple[str, ...],
    codes: tuple[str, ...],
    others: Mapping[str, str],
    entities: tuple[str, ...],
) -> Finding:
    labels = tuple(name.strip("<>") for name in drugs)
    what = []
    if labels:
        what.append(f"doses or orders of {_named(labels)} (they still count)")
    if codes:
        what.append(f"results {_named(codes)} (they are not used)")
    if others:
        what.append(f"{', '.join(sorted(set(others.values())))} (they still count)")
    text = (
        f"Dated before the birth date ({view.clock(born_at)}): {'; '.join(what)}. Either the birth "
        "date or these times are wrong: what depends on them cannot be relied on. Correct whichever is wrong."
    )
    reason = NotAssessedReason.BEFORE_BIRTH
    return not_assessed(UnassessedBeforeBirth.id, reason, "", text, entities, labels)


def _named(names: Iterable[str]) -> str:
    told = tuple(names)
    more = len(told) - _NAMED
    return ", ".join(told[:_NAMED]) + (f" and {more} more" if more > 0 else "")
