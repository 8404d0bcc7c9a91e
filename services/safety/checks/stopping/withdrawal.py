"""Withdrawal: a drug whose sudden absence is dangerous is no longer given, by order or by omission.

One issue per drug. An abrupt stop tells more than missed doses and goes before them, and so does that nothing
may be given by mouth; once the last dose is long ago it is worse than when it was ordered.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue

from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, sooner, the_worst
from services.safety.checks.spaced import Spaced
from services.safety.checks.stopping.abrupt_stop import AbruptStop, abrupt_stop
from services.safety.checks.stopping.missed_doses import MissedChain, missed_chain, nothing_missed
from services.safety.checks.stopping.nothing_by_mouth import NothingByMouth, nothing_by_mouth
from services.safety.checks.wards.leave import LEAVE_CODE
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.models import Withdrawal
from services.safety.ledger.entries import Given


class WithdrawalRisk:
    """Doses and orders of one ingredient against its rows on stopping."""

    id = "withdrawal"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses, orders, stays and leaves, and whether anything may be given by mouth."""
        return frozenset({"given", "orders", "encounters", "conditions", LEAVE_CODE})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs that are dangerous to stop."""
        return bool(knowledge.withdrawal(ingredient))

    def judge(self, view: View, subject: str) -> Judgement:
        """The abrupt stop, by order or because nothing is given by mouth, or the chain of missed doses that
        stands now.
        """
        rows = view.knowledge.withdrawal(subject)
        if not rows or subject not in view.ledger.prescribed:
            return SILENT
        found: list[Finding] = []
        review_at: datetime | None = None
        for row in rows:
            stop, changes = abrupt_stop(view, subject, row)
            review_at = sooner(review_at, changes)
            if stop is not None:
                found.append(_stopped(view, subject, row, stop))
                continue
            fasting, changes = nothing_by_mouth(view, subject, row)
            review_at = sooner(review_at, changes)
            if fasting is not None:
                found.append(_not_by_mouth(view, subject, row, fasting))
                continue
            chain, changes = missed_chain(view, subject, row)
            review_at = sooner(review_at, changes)
            if chain is not None and not chain.unheard(view):
                found.append(_missed(view, subject, row, chain))
        return Judgement(the_worst(found), review_at)

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:
        """Where nothing was told or missed, for a dose of the present: what is missed is missed after it."""
        if held.findings:
            return False
        rows = view.knowledge.withdrawal(further.dose.ingredient)
        return not rows or nothing_missed(view, further, min(row.missed_slots for row in rows))


def _last(view: View, dose: Given | None) -> str:
    return f"last dose {view.clock(dose.start)}" if dose is not None else "no dose on record"


def _stopped(view: View, ingredient: str, row: Withdrawal, stop: AbruptStop) -> Finding:
    when = view.clock(stop.ended_at)
    text = f"{ingredient}: stopped on {when} without a taper, {_last(view, stop.last)}. {row.action}"
    evidence: dict[str, JsonValue] = {
        "kind": "abrupt-stop",
        "stopped_at": stop.ended_at.isoformat(),
        "last_dose": stop.last.start.isoformat() if stop.last is not None else None,
        "last_dose_long_ago": stop.wearing_off,
    }
    level = Decimal(2 if stop.wearing_off else 1)
    settles = view.knowledge.policy.reorder_within if stop.reorder_may_follow else None
    entities = (*stop.orders, *_entity(stop.last))
    return replace(_finding(view, ingredient, row, text, level, entities, evidence), settles=settles)


def _not_by_mouth(view: View, ingredient: str, row: Withdrawal, fasting: NothingByMouth) -> Finding:
    text = (
        f"{ingredient}: nothing by mouth since {view.clock(fasting.since)}, and it is ordered by "
        f"mouth only, {_last(view, fasting.last)}. Ask the prescriber for another route now. {row.action}"
    )
    evidence: dict[str, JsonValue] = {
        "kind": "nothing-by-mouth",
        "since": fasting.since.isoformat(),
        "last_dose": fasting.last.start.isoformat() if fasting.last is not None else None,
        "last_dose_long_ago": fasting.wearing_off,
    }
    level = Decimal(2 if fasting.wearing_off else 1)
    entities = (*fasting.orders, fasting.entity, *_entity(fasting.last))
    return _finding(view, ingredient, row, text, level, entities, evidence)


def _missed(view: View, ingredient: str, row: Withdrawal, chain: MissedChain) -> Finding:
    times = ", ".join(view.clock(slot.due) for slot in chain.slots)
    text = (
        f"{ingredient}: {len(chain.slots)} consecutive doses not given (due {times}), "
        f"{_last(view, chain.last)}. {row.action}"
    )
    slots: list[JsonValue] = [
        {"due": slot.due.isoformat(), "charted_as_not_done": slot.stated} for slot in chain.slots
    ]
    evidence: dict[str, JsonValue] = {
        "kind": "missed-doses",
        "slots": slots,
        "last_dose": chain.last.start.isoformat() if chain.last is not None else None,
        "source_of_doses": chain.source,
        "stay_presumed": chain.presumed_stay,
    }
    refused = tuple(slot.entity for slot in chain.slots if slot.entity is not None)
    entities = (*chain.orders, *_entity(chain.last), *refused)
    return _finding(view, ingredient, row, text, Decimal(1), entities, evidence)


def _entity(dose: Given | None) -> tuple[str, ...]:
    return (dose.entity,) if dose is not None else ()


def _finding(
    view: View,
    ingredient: str,
    row: Withdrawal,
    text: str,
    level: Decimal,
    entities: tuple[str, ...],
    evidence: dict[str, JsonValue],
) -> Finding:
    return Finding(
        check=WithdrawalRisk.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=level,
        text=text,
        implicated=entities,
        evidence=evidence,
        sources=(source_ref(row),),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient, row.routes),
    )
