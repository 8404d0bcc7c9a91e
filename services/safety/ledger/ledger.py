"""One patient's facts: the newest statement about each entity, indexed by what checks ask for.

House rule: every value is immutable and shares what did not change with its predecessor, so folding an
event costs the same on the first day and the hundredth, and an exception in the middle leaves the earlier
ledger whole.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from immutables import Map

from schemas.clinical import (
    Administration,
    Allergy,
    Claimable,
    Condition,
    Encounter,
    FactStatus,
    Merge,
    Order,
    Patient,
    PatientFact,
    UnreadableFact,
    VisitMove,
)
from services.safety.ledger.body import recounted
from services.safety.ledger.copies import entity_of, numbered, own_name, same_thing
from services.safety.ledger.entries import Given, Observed, Prescribed
from services.safety.ledger.panels import Panels, gone
from services.safety.ledger.precedence import supersedes
from services.safety.ledger.timeline import Timeline
from services.safety.ledger.visits import Homes, home_of, record_of, stays_too

_NOW = timedelta(0)
_EMPTY: Map[Any, Any] = Map()


@dataclass(frozen=True, slots=True)
class Voided:
    """An administration taken back; kept so that an older statement arriving later does not revive it."""

    entity: str
    start: datetime
    lasts: timedelta = _NOW


_NO_VOIDS: Timeline[Voided] = Timeline()


class PatientLedger(NamedTuple):
    """Facts by entity and the indexes over them. Observations are indexed by `system|code`.

    `facts` and `merges` hold everything, the other indexes what counts here. `survivor`: the record under
    which this one goes on, where it was merged away; then nothing counts. `joined`: those merged into this
    one, with the records between.

    `moves`: what is stated of visits that are another patient's; `homes`: whose each of them is.

    `names`: by each other name of an order the orders that say it of themselves, with their ingredients.

    `corrections`: doses stated as corrections of something that is not known here. `given_up`: what was taken
    back here because it was charted again for another patient.

    `panels`: by the entity of a result those of its parts, also of parts that it has no longer.

    `by_body`: how many doses and orders of a drug are stated per kg or m2, for drugs that have any.

    `origins` are the records of which anything was passed on to this one. `newest` is the latest receipt
    seen; it bounds what is forgotten. Neither says anything about the patient nor is part of equality.

    A named tuple, because every event makes one and a frozen dataclass takes three times as long.
    """

    facts: Map[str, PatientFact] = _EMPTY
    given: Map[str, Timeline[Given]] = _EMPTY
    prescribed: Map[str, tuple[Prescribed, ...]] = _EMPTY
    successors: Map[str, Map[str, Order]] = _EMPTY
    names: Map[str, Map[str, frozenset[str]]] = _EMPTY
    observed: Map[str, Timeline[Observed]] = _EMPTY
    conditions: Map[str, Condition] = _EMPTY
    allergies: Map[str, Allergy] = _EMPTY
    encounters: Map[str, Encounter] = _EMPTY
    unreadable: Map[str, UnreadableFact] = _EMPTY
    merges: Map[str, Merge] = _EMPTY
    persons: Map[str, Patient] = _EMPTY
    given_up: Map[str, Claimable] = _EMPTY
    corrections: Map[str, Administration] = _EMPTY
    voids: Timeline[Voided] = _NO_VOIDS
    by_body: Map[str, int] = _EMPTY
    person: Patient | None = None
    survivor: str | None = None
    joined: Map[str, tuple[str, ...]] = _EMPTY
    moves: Map[str, VisitMove] = _EMPTY
    homes: Homes = _EMPTY
    panels: Panels = _EMPTY
    origins: frozenset[str] = frozenset()
    newest: datetime | None = None

    def counts(self, fact: PatientFact) -> bool:
        """Whether a statement is judged here: the patient's own unless merged away, others' while joined, and
        what is of a visit where that visit is.

        Of one thing stated of several records, what is stated of the last of them counts; of a result's
        parts, what its newest version has.
        """
        if gone(fact, self.facts):
            return False
        if not self.homes:
            return self._by_record(fact)
        return self._by_visit(fact) and not any(self._outdone(fact, each) for each in self._alike(fact))

    def _by_record(self, fact: PatientFact) -> bool:
        """Whether a statement counts by the record that it is of."""
        if fact.merged_from is None:
            return self.survivor is None
        way = self.joined.get(fact.merged_from)
        if way is None:
            return False
        name = own_name(fact)
        return not any(
            same_thing(fact, self.facts.get(each)) for each in (name, *(entity_of(r, name) for r in way))
        )

    def earlier_records(self, fact: PatientFact) -> tuple[PatientFact, ...]:
        """The statements about the same thing, or parts of it, that may count or not because of this one."""
        parts = tuple(self.facts[each] for each in self.panels.get(fact.entity, ())) if self.panels else ()
        return (*parts, *self._of_other_records(fact))

    def _of_other_records(self, fact: PatientFact) -> tuple[PatientFact, ...]:
        if self.homes:
            return self._alike(fact)
        if not self.joined or not numbered(fact):
            return ()
        name, record = own_name(fact), fact.merged_from
        earlier = (each for each, way in self.joined.items() if record is None or record in way)
        found = (self.facts.get(entity_of(each, name)) for each in earlier)
        return tuple(each for each in found if each is not None)

    def _by_visit(self, fact: PatientFact) -> bool:
        """Whether a statement counts by its visit, where that was moved, else by its record."""
        home = home_of(fact, self.homes)
        if home is None or home.owner == record_of(fact):
            return self._by_record(fact)
        here = home.owner in self.joined or (home.owner == fact.patient and self.survivor is None)
        return here or (stays_too(fact) and self._by_record(fact))

    def _alike(self, fact: PatientFact) -> tuple[PatientFact, ...]:
        """What one source states of the same order, dose, result or stay, of whichever record."""
        if not numbered(fact) and not isinstance(fact, Encounter):
            return ()
        home = home_of(fact, self.homes)
        names = home.names if isinstance(fact, Encounter) and home is not None else (own_name(fact),)
        entities = (each for name in names for each in (name, *(entity_of(r, name) for r in self.origins)))
        found = (self.facts.get(entity) for entity in entities if entity != fact.entity)
        return tuple(
            each
            for each in found
            if each is not None and (each.kind, each.source) == (fact.kind, fact.source)
        )

    def _outdone(self, fact: PatientFact, other: PatientFact) -> bool:
        """Whether another statement of the same thing counts instead, one of them being of a visit that was
        moved: the newer one. What takes it back counts only where the visit is, and since it is there: what
        was deleted at the wrong patient may be charted last.
        """
        if fact.status is FactStatus.ENTERED_IN_ERROR or not self._by_visit(other):
            return False
        homes = [home_of(each, self.homes) for each in (fact, other)]
        moved = [
            home is not None and home.owner != record_of(each)
            for home, each in zip(homes, (fact, other), strict=True)
        ]
        renumbered = isinstance(fact, Encounter) and homes[0] is not None
        if not (any(moved) or renumbered) or not supersedes(other, fact):
            return False
        if other.status is not FactStatus.ENTERED_IN_ERROR:
            return True
        if moved[1] or (isinstance(other, Claimable) and other.recharted):
            return False
        return all(home is None or other.recorded_at >= home.since for home in homes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PatientLedger) and self[:-2] == other[:-2]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.facts)


class Change(NamedTuple):
    """What one fold changed. `inputs` are the names under which checks declare what they read:

    given, orders, observed, conditions, allergies, encounters, unreadable, merges, moves, person, given_up,
    corrections, record (since when anything is known), before-birth (something dated before the birth date
    that is known came or went), and `system|code` of each observation. `ingredients` are the drugs concerned;
    `pruned` the entities that are forgotten. What may change the body changes the doses and orders that are
    stated by it.
    `regrouped`: other records count than before, so that anything may have changed.
    """

    fact: PatientFact
    previous: PatientFact | None
    inputs: frozenset[str]
    ingredients: frozenset[str]
    pruned: tuple[str, ...] = ()
    regrouped: bool = False


def without_dose(ledger: PatientLedger, ingredient: str, entity: str, start: datetime) -> PatientLedger:
    """The ledger without what an administration that started then gave of one ingredient."""
    held = ledger.given.get(ingredient)
    if held is None:
        return ledger
    left = held.without_entity(entity, start)
    given, by_body = ledger.given, ledger.by_body
    if ingredient in by_body:
        gone = sum(dose.goes_by_body for dose in held.entries if dose.entity == entity)
        by_body = recounted(by_body, ingredient, -gone)
    return ledger._replace(
        given=given.set(ingredient, left) if left.entries else given.delete(ingredient), by_body=by_body
    )
