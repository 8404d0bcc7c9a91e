"""Whether a patient is pregnant, or breastfeeds, as far as conditions and results say.

The newest statement counts: what says that it is over, or not so, ends every earlier statement that it is
so. Of each result code only the newest result is looked at. Said to be over and said to be so at one
instant: a condition (a delivery) ends it, a result does not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from schemas.clinical import Condition, Observation
from services.safety.checks.judgement import View, earliest
from services.safety.checks.patient.code_sets import CodeSet
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.childbearing import StateEvidence


class Childbearing(StrEnum):
    """The states that are told apart: parts of `pregnancy.yaml`."""

    PREGNANCY = "pregnancy"
    LACTATION = "lactation"


@dataclass(frozen=True, slots=True)
class Sign:
    """One statement that counts now: the entity, when it was so, and how it reads."""

    entity: str
    at: datetime
    said: str


@dataclass(frozen=True, slots=True)
class State:
    """What is known now: the signs that it is so, or whether it is known not to be so.

    `unclear` are results that say neither, and newer than any that does. `ended_at`: when it last ended.
    """

    signs: tuple[Sign, ...] = ()
    denied: bool = False
    unclear: tuple[Sign, ...] = ()
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The rows about one state, made ready."""

    row: StateEvidence
    conditions: CodeSet
    over: CodeSet
    excluded: CodeSet
    answers: dict[str, bool | None]


@lru_cache(maxsize=16)
def evidence_of(knowledge: KnowledgeBase, which: Childbearing) -> Evidence | None:
    """What is evidence of a state; None where the base does not say."""
    if knowledge.childbearing is None:
        return None
    pregnant = which is Childbearing.PREGNANCY
    row = knowledge.childbearing.pregnancy if pregnant else knowledge.childbearing.lactation
    answers: dict[str, bool | None] = dict.fromkeys(row.undecided)
    answers |= dict.fromkeys(row.negative, False) | dict.fromkeys(row.positive, True)
    over, excluded = CodeSet.of(row.over), CodeSet.of(row.excluded)
    return Evidence(row, CodeSet.of(row.conditions), over, excluded, answers)


@dataclass(frozen=True, slots=True)
class _Said:
    """One statement, until `ends`: that it is so, that it is not, or neither (None)."""

    so: bool | None
    sign: Sign
    ends: datetime | None
    by_condition: bool


_remembered: Remembered[State] = Remembered()


def state_of(view: View, evidence: Evidence) -> tuple[State, datetime | None]:
    """What is known of a state now, and when time alone may change that."""
    results = map(view.ledger.observed.get, evidence.row.observations)
    about = (*results, view.ledger.conditions, evidence)
    key = tuple(map(id, about))
    known = _remembered.known(view.now, key)
    return known if known is not None else _remembered.keep(view.now, key, about, *_state(view, evidence))


def _state(view: View, evidence: Evidence) -> tuple[State, datetime | None]:
    now = view.now
    changes: datetime | None = None
    said: list[_Said] = []
    for one in (*_by_conditions(view, evidence), *_by_results(view, evidence)):
        changes = earliest(now, changes, one.sign.at, one.ends)
        if one.sign.at <= now:
            said.append(one)
    for code in evidence.row.observations:
        if (readings := view.ledger.observed.get(code)) is not None:
            changes = earliest(now, changes, readings.next_after(now))
    over = max((s.sign.at for s in said if s.so is False and s.by_condition), default=None)
    denied = max((s.sign.at for s in said if s.so is False), default=None)
    standing = [s for s in said if s.ends is None or now < s.ends]
    signs = {
        s.sign.entity: s.sign
        for s in standing
        if s.so and (denied is None or denied <= s.sign.at) and (over is None or over < s.sign.at)
    }
    unclear = {
        s.sign.entity: s.sign
        for s in standing
        if s.so is None and (denied is None or denied < s.sign.at) and not signs
    }
    newest = tuple(sorted(signs.values(), key=lambda sign: (sign.at, sign.entity), reverse=True))
    not_so = not signs and any(s.so is False for s in standing)
    return State(newest, not_so, tuple(unclear.values()), denied), changes


def _by_conditions(view: View, evidence: Evidence) -> Iterator[_Said]:
    row = evidence.row
    for _, fact in sorted(view.ledger.conditions.items()):
        at = fact.effective_at
        if (coding := evidence.over.stated_by(fact)) is not None:
            sign = Sign(fact.entity, at, f"{coding.system}|{coding.code}")
            yield _Said(False, sign, at + row.denied_for, by_condition=True)
        elif not _holds(view, fact):
            continue
        elif (coding := evidence.excluded.stated_by(fact)) is not None:
            sign = Sign(fact.entity, at, f"{coding.system}|{coding.code}")
            yield _Said(False, sign, fact.abated_at, by_condition=True)
        elif (coding := evidence.conditions.stated_by(fact)) is not None:
            sign = Sign(fact.entity, at, f"{coding.system}|{coding.code}")
            ends = at + row.valid_for
            yield _Said(True, sign, min(ends, fact.abated_at or ends), by_condition=True)


def _holds(view: View, fact: Condition) -> bool:
    return fact.active and (fact.abated_at is None or view.now < fact.abated_at)


def _by_results(view: View, evidence: Evidence) -> Iterator[_Said]:
    row = evidence.row
    for code in row.observations:
        readings = view.ledger.observed.get(code)
        reading = readings.latest(view.now) if readings is not None else None
        if reading is None:
            continue
        answer = _answer(reading.fact)
        sign = Sign(reading.entity, reading.start, f"{code} {answer or 'without an answer'}")
        so = evidence.answers.get(answer)
        if so is not None or answer not in evidence.answers:
            lasts = row.valid_for if so else row.denied_for
            yield _Said(so, sign, reading.start + lasts, by_condition=False)


def _answer(fact: Observation) -> str:
    """How a result reads, without what follows in brackets; a number reads as nothing that is known."""
    if fact.value is not None:
        return f"{fact.value.value} {fact.value.unit}"
    return fact.text.partition("(")[0].strip().rstrip(".").lower()
