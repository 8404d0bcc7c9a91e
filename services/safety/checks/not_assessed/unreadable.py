"""Not assessed, by patient: statements that could not be read, merged records, sources that fell silent."""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from schemas.clinical import UnreadableFact
from schemas.issues import NotAssessedReason
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import Finding, Judgement, View, earliest, not_assessed, sooner
from services.safety.checks.spaced import Spaced
from services.safety.checks.stopping.missed_doses import missed_chain, nothing_missed
from services.safety.checks.wards.leave import LEAVE_CODE
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.merging import in_circle, links_of
from services.safety.ledger.outlived import outlived

_TOO_LATE = NotAssessedReason.TOO_LATE.value


class UnassessedRecord:
    """What keeps a patient's record, or the absence of entries in it, from being judged."""

    id = "not-assessed-record"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Unreadable statements, merges, and all that missed doses depend on."""
        return frozenset({"unreadable", "merges", "given", "orders", "encounters", LEAVE_CODE})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs that are dangerous to stop, whose missed doses may be a silence."""
        return bool(knowledge.withdrawal(ingredient))

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each unreadable statement and silent source, and one for a merged record."""
        findings: list[Finding] = []
        review_at: datetime | None = None
        for entity, item in sorted(view.ledger.unreadable.items()):
            review_at = earliest(view.now, review_at, item.effective_at)
            if item.effective_at <= view.now and not dismissed(view, item):
                findings.append(_unreadable(entity, item))
        if (merged := _merged(view)) is not None:
            findings.append(merged)
        silent, changes = _silent_sources(view)
        return Judgement((*findings, *silent), sooner(review_at, changes))

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:
        """Where nothing was told or missed, for a dose of the present: what is missed is missed after it."""
        if held.findings:
            return False
        rows = view.knowledge.withdrawal(further.dose.ingredient)
        return not rows or nothing_missed(view, further, min(row.missed_slots for row in rows))


def _merged(view: View) -> Finding | None:
    """That a record is judged elsewhere, or that its merges lead nowhere."""
    ledger = view.ledger
    merges = sorted(entity for entity, merge in ledger.merges.items() if merge.merged_from is None)
    if not merges:
        return None
    if ledger.survivor is not None:
        text = "This record was merged into another one: it is judged there, together with that one."
        reason, subject = NotAssessedReason.MERGED, ledger.survivor
    elif in_circle(ledger.merges[merges[0]].patient, links_of(ledger.merges.values())):
        text = (
            "This record was merged in a circle, so that none of the records goes on: each is judged by what "
            "was stated of itself alone. Take back the wrong merge."
        )
        reason, subject = NotAssessedReason.MERGE_CYCLE, ""
    else:
        return None
    finding = not_assessed(UnassessedRecord.id, reason, subject, text, tuple(merges), ())
    if ledger.survivor is None:
        return finding
    return replace(finding, evidence=finding.evidence | {"survivor": ledger.survivor})


def dismissed(view: View, item: UnreadableFact) -> bool:
    """Whether it was dismissed, or outlived by a readable statement about the same entity."""
    if item.dismissed:
        return True
    about = view.ledger.facts.get(item.about) if item.about is not None else None
    return about is not None and not isinstance(about, UnreadableFact) and outlived(item, about)


def _unreadable(entity: str, item: UnreadableFact) -> Finding:
    late = item.reason.startswith(_TOO_LATE)
    reason = NotAssessedReason.TOO_LATE if late else NotAssessedReason.UNREADABLE_FACT
    text = (
        "A statement about this patient arrived too late to be judged."
        if late
        else f"A statement about this patient could not be read: {item.reason}."
    )
    return not_assessed(UnassessedRecord.id, reason, entity, text, (entity,), ())


@lru_cache(maxsize=8)
def _dangerous_to_stop(knowledge: KnowledgeBase) -> tuple[str, ...]:
    return tuple(sorted(name for name, drug in knowledge.drugs.items() if drug.withdrawal))


def _silent_sources(view: View) -> tuple[tuple[Finding, ...], datetime | None]:
    """One finding for each source that would have charted doses which are missed, and is silent since."""
    silent: dict[str, list[str]] = {}
    review_at: datetime | None = None
    for ingredient in _dangerous_to_stop(view.knowledge):
        for row in view.knowledge.withdrawal(ingredient) if ingredient in view.ledger.prescribed else ():
            chain, changes = missed_chain(view, ingredient, row)
            review_at = sooner(review_at, changes)
            if chain is not None and chain.unheard(view) and ingredient not in silent.get(chain.source, ()):
                silent.setdefault(chain.source, []).append(ingredient)
    findings = tuple(
        not_assessed(
            "withdrawal",
            NotAssessedReason.FEED_SILENT,
            source,
            f"The source {source} gave no sign of life: it is not known whether doses were missed of "
            f"{', '.join(drugs)}.",
            (),
            tuple(drugs),
        )
        for source, drugs in sorted(silent.items())
    )
    return findings, review_at
