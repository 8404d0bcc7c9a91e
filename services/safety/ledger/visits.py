"""Visits that turned out to be another patient's: whose each of them is, as far as a ledger knows it.

As with merges, what counts follows from the set of statements: the newest move of a visit that is not taken
back says whose it is, and every patient who had it is told of all its moves. So the order of arrival does not
matter, and a statement counts in one place only. Moves are of one visit where they share a name of it at one
record: the same number at two patients who never had the same visit is two visits.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from immutables import Map

from schemas.clinical import Allergy, Condition, Encounter, OfVisit, PatientFact, VisitMove
from services.safety.ledger.copies import own_name

Filed = tuple[str, str]
"""A visit as it is filed: its name, and the record that it is of."""


class Home(NamedTuple):
    """Whose a visit is, by patient key; since which statement; how it is or was filed."""

    owner: str
    since: datetime
    filed: frozenset[Filed]

    @property
    def names(self) -> frozenset[str]:
        """The names that it has or had."""
        return frozenset(name for name, _ in self.filed)

    @property
    def records(self) -> frozenset[str]:
        """Whose it is or was."""
        return frozenset(record for _, record in self.filed)


Homes = Map[Filed, Home]
"""Of the visits that were moved, by each way in which they are or were filed."""


def visit_of(fact: PatientFact | None) -> str | None:
    """The visit that a statement is of."""
    if isinstance(fact, OfVisit):
        return fact.visit
    return own_name(fact) if isinstance(fact, Encounter) else None


def home_of(fact: PatientFact | None, homes: Mapping[Filed, Home]) -> Home | None:
    """Whose the visit of a statement is; None where it names none that was moved."""
    visit = visit_of(fact)
    return homes.get((visit, record_of(fact))) if fact is not None and visit is not None else None


def record_of(fact: PatientFact) -> str:
    """The record of which something is stated."""
    return fact.merged_from or fact.patient


def filed_by(move: VisitMove) -> frozenset[Filed]:
    """How the visit was filed before a move, and is after it."""
    return frozenset({(move.visit, record_of(move)), (move.becomes or move.visit, move.to)})


def stays_too(fact: PatientFact) -> bool:
    """Whether a statement counts at both patients. House rule: an allergy or a condition that is wrong warns
    once too often, and one that is missing not at all.
    """
    return isinstance(fact, Allergy | Condition)


def homes_of(moves: Iterable[VisitMove]) -> Homes:
    """Whose each visit is."""
    groups: list[tuple[frozenset[Filed], list[VisitMove]]] = []
    for move in moves:
        filed, together, apart = filed_by(move), [move], []
        for known, others in groups:
            if known.isdisjoint(filed):
                apart.append((known, others))
            else:
                filed, together = filed | known, [*together, *others]
        groups = [*apart, (filed, together)]
    found: dict[Filed, Home] = {}
    for filed, together in groups:
        newest = max(together, key=_order)
        found |= dict.fromkeys(filed, Home(newest.to, newest.recorded_at, filed))
    return Map(found)


def _order(move: VisitMove) -> tuple[datetime, int, str]:
    return (move.recorded_at, move.version, move.to)
