"""Refill: a pump is not refilled by its date, or sounds an alarm, so that its drug may end at once.

It goes by what is observed of the pump and by time alone, whatever is ordered, in the house only: elsewhere
nobody promises that the next date arrives here. A date that is not understood is said, and the last one that
was understood counts on.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.base import Severity
from schemas.clinical import Observation
from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.checks.stopping.refill_date import refill_date
from services.safety.checks.wards.stay import stay
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.refill import Refill
from services.safety.knowledge.models import Code

_SILENCED = frozenset({"false", "no", "off", "none", "cleared", "resolved"})
"""How an observation says that no alarm sounds (any more)."""


@lru_cache(maxsize=8)
def _ruled(knowledge: KnowledgeBase) -> tuple[tuple[str, Refill], ...]:
    rows = knowledge.rules_of_kind(Refill)
    return tuple((drug, row) for row in rows for drug in sorted(knowledge.members(row.subject)))


@lru_cache(maxsize=8)
def _codes(knowledge: KnowledgeBase) -> frozenset[Code]:
    return frozenset(c for row in knowledge.rules_of_kind(Refill) for c in (*row.due, *row.alarms))


class RefillOverdue:
    """What is observed of a patient's pump against its date."""

    id = "refill"
    per_ingredient = False

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:  # noqa: ARG002 - the protocol's
        """No drug that is given or ordered: only what is observed counts."""
        return False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """What is observed of pumps, and stays; nothing without a row."""
        codes = _codes(knowledge)
        return codes | {"encounters"} if codes else frozenset()

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """For each drug the date that has come, the alarm, and that the newest date is not understood."""
        if not any(code in view.ledger.observed for code in _codes(view.knowledge)):
            return SILENT
        reviews: list[datetime | None] = []
        where, changes = stay(view, None)
        reviews.append(changes)
        found: list[Finding] = []
        for drug, row in _ruled(view.knowledge) if where is not None else ():
            found += _by_date(view, drug, row, reviews)
            found += _by_alarm(view, drug, row, reviews)
        return Judgement(tuple(found), earliest(view.now, *reviews))


def _observed(view: View, codes: Iterable[Code], reviews: list[datetime | None]) -> tuple[Observation, ...]:
    """What is observed under some codes so far, the newest first."""
    found: list[Observation] = []
    for code in codes:
        timeline = view.ledger.observed.get(code)
        if timeline is not None:
            reviews.append(timeline.next_after(view.now))
            found += [entry.fact for entry in timeline.entries[: timeline.started(view.now)]]
    return tuple(sorted(found, key=_stated, reverse=True))


def _stated(fact: Observation) -> tuple[datetime, datetime, str]:
    return fact.effective_at, fact.recorded_at, fact.entity


def _by_date(view: View, drug: str, row: Refill, reviews: list[datetime | None]) -> Iterator[Finding]:
    facts = _observed(view, row.due, reviews)
    dates = [refill_date(fact, view.knowledge.zone) for fact in facts]
    if dates and dates[0].at is None:
        text = f"{drug}: by when the pump is to be refilled is not understood. Look it up and state it again."
        reason = NotAssessedReason.IMPLAUSIBLE_VALUE
        yield not_assessed(RefillOverdue.id, reason, f"{drug}|refill", text, (dates[0].entity,), (drug,))
    due = next(((date.entity, date.at) for date in dates if date.at is not None), None)
    if due is None:
        return
    entity, by = due
    reviews += [by - row.soon, by]
    if view.now < by - row.soon:
        return
    over = view.now >= by
    when = "was" if over else "is"
    later = "stated" if entity == dates[0].entity else "understood"
    text = f"{drug}: the pump {when} to be refilled by {view.clock(by)}, and no later date is {later}."
    evidence: dict[str, JsonValue] = {"kind": "refill", "due": by.isoformat()}
    severity = row.severity if over else row.severity_soon
    yield _finding(
        view, drug, row, f"{drug}|refill", severity, Decimal(2 if over else 1), text, entity, evidence
    )


def _by_alarm(view: View, drug: str, row: Refill, reviews: list[datetime | None]) -> Iterator[Finding]:
    facts = _observed(view, row.alarms, reviews)
    if not facts or facts[0].text.strip().lower() in _SILENCED:
        return
    fact = facts[0]
    ends = fact.effective_at + row.alarm_for
    reviews.append(ends)
    if view.now >= ends:
        return
    what = f" ({fact.text})" if fact.text else ""
    text = f"{drug}: the pump sounded an alarm{what} at {view.clock(fact.effective_at)}."
    evidence: dict[str, JsonValue] = {"kind": "alarm", "at": fact.effective_at.isoformat()}
    yield _finding(view, drug, row, f"{drug}|alarm", row.severity, Decimal(1), text, fact.entity, evidence)


def _finding(
    view: View,
    drug: str,
    row: Refill,
    subject: str,
    severity: Severity,
    level: Decimal,
    text: str,
    entity: str,
    evidence: dict[str, JsonValue],
) -> Finding:
    return Finding(
        check=RefillOverdue.id,
        subject=subject,
        subjects=(drug,),
        severity=severity,
        level=level,
        text=f"{text} {row.action}",
        implicated=(entity,),
        evidence=evidence,
        sources=(source_ref(row),),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(drug, row.routes),
    )
