"""Pregnancy: a drug that harms an unborn child is in use while the patient is pregnant.

One issue for each drug, by the worst row. A drug that is only ordered as needed and was never given counts
one severity lower; so does a drug that acts where it is applied. Where the week is not known, a row about a
part of pregnancy holds. Of the drugs that are not begun before pregnancy is excluded, it is said once that
it is not known whether the patient is pregnant.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from pydantic import JsonValue

from schemas.quantities import plain
from services.safety.checks.contraindications.harm_to_child import (
    Ruled,
    Whose,
    later,
    made_ready,
    told_of,
    unjudged,
    whose,
)
from services.safety.checks.further_dose import AsksOnlyUse
from services.safety.checks.judgement import SILENT, Judgement, View, earliest
from services.safety.checks.patient.childbearing import Childbearing, State, evidence_of, state_of
from services.safety.checks.patient.gestation import Gestation, gestation, inputs
from services.safety.checks.patient.years_of_age import reaches_age
from services.safety.checks.remembering import Remembered
from services.safety.checks.use.roster import present
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.pregnancy import PregnancyRule

_Rule = Ruled[PregnancyRule]


@lru_cache(maxsize=8_192)
def _rules(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[_Rule, ...]:
    return made_ready(knowledge, ingredients, PregnancyRule)


@lru_cache(maxsize=8_192)
def _asking(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[_Rule, ...]:
    return tuple(rule for rule in _rules(knowledge, ingredients) if rule.row.ask is not None)


class DrugInPregnancy(AsksOnlyUse):
    """What is known of a pregnancy against the rows of every drug in use."""

    id = "pregnancy"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, conditions, who the patient is, and results about pregnancy and its age."""
        evidence = evidence_of(knowledge, Childbearing.PREGNANCY)
        results = evidence.row.observations if evidence is not None else ()
        return frozenset({"given", "orders", "conditions", "person", *results}) | inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a row about pregnancy."""
        return bool(knowledge.rules_of(ingredient, PregnancyRule))

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each drug in use that harms the child, or one for all of which nothing is known."""
        drugs = present(view)
        rules = _rules(view.knowledge, drugs)
        evidence = evidence_of(view.knowledge, Childbearing.PREGNANCY)
        if not rules or evidence is None:
            return SILENT
        state, changes = state_of(view, evidence)
        asking = _asking(view.knowledge, drugs)
        if not state.signs and not state.unclear and (state.denied or not asking):
            return SILENT if changes is None else Judgement((), changes)
        who, grown = whose(view, evidence.row)
        if who is Whose.A_CHILDS:
            return Judgement((), grown)
        if who is Whose.A_MANS:
            if not state.signs:
                return Judgement((), changes)
            why = f"The record says that the patient is male, and pregnant ({state.signs[0].said})"
            told = unjudged(view, self.id, rules, state.signs, why)
        elif state.signs:
            told = _in_pregnancy(view, rules, state)
        elif state.unclear:
            why = f"It is not clear whether the patient is pregnant ({state.unclear[0].said})"
            told = unjudged(view, self.id, rules, state.unclear, why)
        else:
            told = _asked(view, asking)
        return later(told, view.now, changes)


def _in_pregnancy(view: View, rules: tuple[_Rule, ...], state: State) -> Judgement:
    far: Gestation | None = None
    changes: datetime | None = None
    if any(rule.row.weeks for rule in rules):
        far, changes = gestation(view, state.ended_at)
        bounds = (week for rule in rules for week in (rule.row.from_week, rule.row.until_week) if week)
        changes = earliest(view.now, changes, *(far.reaches(week) for week in bounds if far is not None))
    return later(told_of(view, DrugInPregnancy.id, _held(view, rules, state, far), state), view.now, changes)


def _held(
    view: View, rules: tuple[_Rule, ...], state: State, far: Gestation | None
) -> Iterator[tuple[_Rule, str, dict[str, JsonValue]]]:
    """The rows that hold at the present week, each with how it is told."""
    for rule in rules:
        row = rule.row
        if far is not None and row.from_week is not None and view.now < far.reaches(row.from_week):
            continue
        if far is not None and row.until_week is not None and far.reaches(row.until_week) <= view.now:
            continue
        words = f"in pregnancy ({state.signs[0].said})"
        more: dict[str, JsonValue] = {"weeks": row.weeks}
        if row.weeks and far is None:
            words += f"; of concern {row.weeks}, and the week of this pregnancy is not known"
        elif row.weeks and far is not None:
            words += f", {row.weeks}"
            more["gestational_age"] = {
                "entity": far.reading.entity,
                "weeks": plain(far.reading.value),
                "at": far.reading.at.isoformat(),
            }
        yield rule, f"{words}.", more


_wanted: Remembered[tuple[_Rule, ...]] = Remembered()


def _asked(view: View, asking: tuple[_Rule, ...]) -> Judgement:
    """That nothing is known of a pregnancy, of the drugs for which it is asked at the patient's age."""
    person = view.ledger.person
    born_at = person.born_at if person is not None else None
    wanted, changes = _wanted(view.now, (asking, person), (), lambda: _at_age(view.now, asking, born_at))
    if not wanted:
        return Judgement((), changes)
    told = unjudged(view, DrugInPregnancy.id, wanted, (), "It is not known whether the patient is pregnant")
    return later(told, view.now, changes)


def _at_age(
    now: datetime, asking: tuple[_Rule, ...], born_at: datetime | None
) -> tuple[tuple[_Rule, ...], datetime | None]:
    """The rules that ask at the patient's age, all of them where it is not known; when that changes."""
    changes: datetime | None = None
    wanted: list[_Rule] = []
    for rule in asking:
        ask = rule.row.ask
        if ask is None:
            continue
        if born_at is not None:
            begins, ends = reaches_age(born_at, ask.age_from), reaches_age(born_at, ask.age_below)
            changes = earliest(now, changes, begins, ends)
            if not begins <= now < ends:
                continue
        wanted.append(rule)
    return tuple(wanted), changes
