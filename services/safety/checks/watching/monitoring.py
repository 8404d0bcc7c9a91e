"""Monitoring: what must be measured while a drug is used was not measured, or not for too long.

One line for each drug, with everything that is overdue; rows in force go before drafts. Where no result of
the patient ever arrived, or their source gave no sign of life since something was due, that is said instead,
once for all drugs.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue

from schemas.issues import NotAssessedReason
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.checks.remembering import Remembered
from services.safety.checks.spaced import Spaced
from services.safety.checks.wards.signs_of_life import alive_at
from services.safety.checks.watching.overdue_results import (
    Overdue,
    overdue_results,
    results_asked_for,
    told_by_orders,
    wanted_of,
)
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.monitoring import Monitoring


class Unmonitored:
    """The results of a patient against the rows about one drug in use."""

    id = "monitoring"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, stays, every result that a row asks for, and conditions where one speaks of them."""
        results = results_asked_for(knowledge)
        if not results:
            return frozenset()
        limited = any(row.only_in is not None for row in knowledge.rules_of_kind(Monitoring))
        return results | {"given", "orders", "encounters"} | ({"conditions"} if limited else set())

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a row about monitoring."""
        return wanted_of(knowledge, ingredient) is not None

    def reads_for(self, knowledge: KnowledgeBase, ingredient: str) -> frozenset[str]:
        """Of the results those that its own rows ask for: any other says of what is overdue only whether
        results arrive, and from what source.
        """
        rules = wanted_of(knowledge, ingredient)
        return self.reads(knowledge) - results_asked_for(knowledge) | frozenset(rules.codes if rules else ())

    def judge(self, view: View, subject: str) -> Judgement:
        """One finding with all that is overdue, or that it cannot be told."""
        rules = wanted_of(view.knowledge, subject)
        if rules is None:
            return SILENT
        overdue, review_at = overdue_results(view, subject, rules)
        if not overdue:
            return Judgement((), review_at) if review_at is not None else SILENT
        heard, changes = _heard(view, overdue)
        review_at = earliest(view.now, review_at, changes)
        told = [each for each in heard if not each.rule.row.shadow] or heard
        if told:
            return Judgement((_finding(view, subject, told),), review_at)
        if all(each.rule.row.shadow for each in overdue):
            len(view.alive)  # looked at, so that the first result of any kind has it asked again
            return Judgement((), review_at)
        return Judgement((_unheard(subject),), review_at)

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """Where scheduled orders alone tell what is overdue, and no doses."""
        rules = wanted_of(view.knowledge, further.dose.ingredient)
        return (rules is None or told_by_orders(view, further.dose.ingredient, rules)) and Spaced()


_newest: Remembered[tuple[datetime, str] | None] = Remembered()


def _heard(view: View, overdue: Sequence[Overdue]) -> tuple[list[Overdue], datetime | None]:
    """What is overdue although results arrived, and their source was alive after it was due."""
    newest, changes = _newest(
        view.now, (view.ledger.observed, view.knowledge), (), lambda: _newest_result(view)
    )
    if newest is None:
        return [], changes
    source = newest[1]
    return [each for each in overdue if each.use.longer or alive_at(view.alive, source, each.due)], changes


def _newest_result(view: View) -> tuple[tuple[datetime, str] | None, datetime | None]:
    """When the newest result came that any row asks for, and from what source."""
    newest: tuple[datetime, str] | None = None
    changes: datetime | None = None
    for code in results_asked_for(view.knowledge):
        timeline = view.ledger.observed.get(code)
        if timeline is None:
            continue
        changes = earliest(view.now, changes, timeline.next_after(view.now))
        latest = timeline.latest(view.now)
        if latest is not None:
            source = (latest.start, latest.fact.source)
            newest = source if newest is None else max(newest, source)
    return newest, changes


def _unheard(ingredient: str) -> Finding:
    text = (
        "No result of this patient arrived since one was due, and none may have been sent: whether what the "
        "drugs call for was measured is not judged. Look in the laboratory system."
    )
    return not_assessed(Unmonitored.id, NotAssessedReason.FEED_SILENT, "results", text, (), (ingredient,))


def _finding(view: View, ingredient: str, overdue: Sequence[Overdue]) -> Finding:
    worst = max(overdue, key=lambda each: each.rule.row.severity.rank)
    lines: list[JsonValue] = [
        {
            "measured": each.rule.row.measured,
            "wanted": each.rule.row.wanted,
            "last_result": each.last.entity,
            "last_result_at": each.last.at.isoformat() if each.last.at is not None else None,
            "could_not_be_read": list(each.last.unreadable),
            "overdue_since": each.due.isoformat(),
        }
        for each in overdue
    ]
    entities = [
        entity
        for each in overdue
        for entity in (*each.use.entities, *each.condition, *each.last.unreadable, each.last.entity)
        if entity is not None
    ]
    said = "; ".join(_said(view, each) for each in overdue)
    return Finding(
        check=Unmonitored.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=worst.rule.row.severity,
        level=Decimal(len(overdue)),
        text=f"{ingredient}: {said}. {worst.rule.row.action}",
        implicated=tuple(dict.fromkeys(entities)),
        evidence={"drug": ingredient, "overdue": lines},
        sources=tuple(each.rule.source for each in overdue),
        shadow=worst.rule.row.shadow,
        high_alert=view.knowledge.high_alert(ingredient),
    )


def _said(view: View, overdue: Overdue) -> str:
    row, last = overdue.rule.row, overdue.last
    known = f"last result {view.clock(last.at)}" if last.at is not None else "no result known"
    doubt = (
        f", {'a newer' if last.at is not None else 'but'} one could not be read" if last.unreadable else ""
    )
    where = f" in {row.only_in.condition}" if row.only_in is not None else ""
    return f"{row.measured} overdue{where}, {known}{doubt} (wanted {row.wanted})"
