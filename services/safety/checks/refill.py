"""Refill: a pump is not refilled by its date, or sounds an alarm, so that its drug may end at once.

It goes by what is observed of the pump and by time alone, whatever is ordered, in the house only: elsewhere
nobody promises that the next date arrives here. A date that is not understood is said.
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
from services.safety.checks.refill_date import RefillDate, refill_date
from services.safety.checks.stay import stay
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
        """For each drug the date that has come, the alarm, or that the date is not understood."""
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


def _newest(view: View, codes: Iterable[Code], reviews: list[datetime | None]) -> Observation | None:
    newest: Observation | None = None
    for code in codes:
        timeline = view.ledger.observed.get(code)
        if timeline is None:
            continue
        reviews.append(timeline.next_after(view.now))
        last = timeline.latest(view.now)
        if last is not None and (newest is None or _stated(last.fact) > _stated(newest)):
            newest = last.fact
    return newest


def _stated(fact: Observation) -> tuple[datetime, datetime, str]:
    return fact.effective_at, fact.recorded_at, fact.entity


def _by_date(view: View, drug: str, row: Refill, reviews: list[datetime | None]) -> Iterator[Finding]:
    fact = _newest(view, row.due, reviews)
    if fact is None:
        return
    stated: RefillDate = refill_date(fact, view.knowledge.zone)
    if stated.at is None:
        text = f"{drug}: by when the pump is to be refilled is not understood. Look it up and state it again."
        reason = NotAssessedReason.IMPLAUSIBLE_VALUE
        yield not_assessed(RefillOverdue.id, reason, f"{drug}|refill", text, (fact.entity,), (drug,))
        return
    reviews += [stated.at - row.soon, stated.at]
    if view.now < stated.at - row.soon:
        return
    over = view.now >= stated.at
    when = "was" if over else "is"
    by = f"{stated.at:%Y-%m-%d %H:%M %Z}"
    text = f"{drug}: the pump {when} to be refilled by {by}, and no later date is stated."
    evidence: dict[str, JsonValue] = {"kind": "refill", "due": stated.at.isoformat()}
    severity = row.severity if over else row.severity_soon
    yield _finding(
        view, drug, row, f"{drug}|refill", severity, Decimal(2 if over else 1), text, fact, evidence
    )


def _by_alarm(view: View, drug: str, row: Refill, reviews: list[datetime | None]) -> Iterator[Finding]:
    fact = _newest(view, row.alarms, reviews)
    if fact is None or fact.text.strip().lower() in _SILENCED:
        return
    ends = fact.effective_at + row.alarm_for
    reviews.append(ends)
    if view.now >= ends:
        return
    what = f" ({fact.text})" if fact.text else ""
    text = f"{drug}: the pump sounded an alarm{what} at {fact.effective_at:%Y-%m-%d %H:%M} UTC."
    evidence: dict[str, JsonValue] = {"kind": "alarm", "at": fact.effective_at.isoformat()}
    yield _finding(view, drug, row, f"{drug}|alarm", row.severity, Decimal(1), text, fact, evidence)


def _finding(
    view: View,
    drug: str,
    row: Refill,
    subject: str,
    severity: Severity,
    level: Decimal,
    text: str,
    fact: Observation,
    evidence: dict[str, JsonValue],
) -> Finding:
    return Finding(
        check=RefillOverdue.id,
        subject=subject,
        subjects=(drug,),
        severity=severity,
        level=level,
        text=f"{text} {row.action}",
        implicated=(fact.entity,),
        evidence=evidence,
        sources=(source_ref(row),),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(drug),
    )
