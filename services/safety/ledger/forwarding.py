"""What a merged record passes on: its statements, under the survivor's key, with the record they are of.

The survivor gets everything before it gets the merge, so that all of it begins to count in one step. Every
record ever named as survivor is told what becomes of the merge. What comes twice changes nothing there. Of a
visit that was moved, what is of it goes the same way (`moving.py`).
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeGuard

from schemas.clinical import Administration, Merge, Observation, Order, PatientFact, UnreadableFact
from services.safety.ledger.copies import entity_of
from services.safety.ledger.ledger import Change, PatientLedger
from services.safety.ledger.merging import links_of
from services.safety.ledger.moving import all_moved, moved_on


def forwarded(before: PatientLedger, change: Change, after: PatientLedger) -> tuple[PatientFact, ...]:
    """What goes to other records because of a change, in order."""
    if not (after.merges or before.merges or after.moves or before.moves or isinstance(change.fact, Merge)):
        return ()
    moved = moved_on(before, change, after, sent) if before.moves or after.moves else ()
    return (*moved, *_merged_on(before, change, after))


def _merged_on(before: PatientLedger, change: Change, after: PatientLedger) -> tuple[PatientFact, ...]:
    """What goes to the survivors of a merged record because of a change, in order."""
    fact, previous = change.fact, change.previous
    patient = fact.patient
    if not (_own_merge(fact) or _own_merge(previous)):
        survivor = _survivor(after, patient) if after.merges else None
        return () if survivor is None or survivor == fact.merged_from else (sent(fact, survivor),)
    survivor = _survivor(after, patient)
    every = _all_but_merges(after, survivor) if survivor != _survivor(before, patient) else ()
    named = {previous.survivor} if isinstance(previous, Merge) else set()
    return (*every, *_told({fact.entity: fact, **_own_merges(after)}, named, patient))


def everything(ledger: PatientLedger, patient: str) -> tuple[PatientFact, ...]:
    """All that a record passes on by what its ledger holds now, in order."""
    own = _own_merges(ledger)
    moved = all_moved(ledger, patient, sent) if ledger.moves else ()
    if not own:
        return moved
    return (*moved, *_all_but_merges(ledger, _survivor(ledger, patient)), *_told(own, set(), patient))


def sent(fact: PatientFact, survivor: str) -> PatientFact:
    """A statement as the survivor gets it. All that it names is named after the record that it is of."""
    if fact.merged_from is not None:
        return fact.model_copy(update={"patient": survivor})
    record = fact.patient
    update: dict[str, Any] = {
        "patient": survivor, "merged_from": record, "entity": entity_of(record, fact.entity)
    }  # fmt: skip
    match fact:
        case Administration(order=str(order)):
            update["order"] = entity_of(record, order)
        case Order():
            for name in ("based_on", "also_known"):
                update[name] = tuple(entity_of(record, each) for each in getattr(fact, name))
            for name in ("replaces", "alternatives"):
                named = getattr(fact, name)
                update[name] = entity_of(record, named) if named is not None else None
        case Observation(component_of=str(panel)):
            update["component_of"] = entity_of(record, panel)
        case UnreadableFact(about=str(about)):
            update["about"] = entity_of(record, about)
        case _:
            pass
    return fact.model_copy(update=update)


def _survivor(ledger: PatientLedger, patient: str) -> str | None:
    """The record that gets a patient's statements, also where it leads round in a circle."""
    return links_of(ledger.merges.values()).get(patient)


def _own_merge(fact: PatientFact | None) -> TypeGuard[Merge]:
    return isinstance(fact, Merge) and fact.merged_from is None


def _own_merges(ledger: PatientLedger) -> dict[str, PatientFact]:
    """What is stated of this record's merges, also what is taken back."""
    return {fact.entity: fact for fact in ledger.facts.values() if _own_merge(fact)}


def _all_but_merges(ledger: PatientLedger, survivor: str | None) -> Iterator[PatientFact]:
    if survivor is None:
        return
    for fact in sorted(ledger.facts.values(), key=lambda fact: (fact.received_at, fact.entity)):
        if not _own_merge(fact) and fact.merged_from != survivor:
            yield sent(fact, survivor)


def _told(statements: dict[str, PatientFact], named: Iterable[str], patient: str) -> Iterator[PatientFact]:
    """The statements about a merge, to all that any of them names, and to those `named` before."""
    facts = sorted(statements.values(), key=lambda fact: (fact.recorded_at, fact.version, fact.entity))
    survivors = {fact.survivor for fact in facts if isinstance(fact, Merge)}.union(named) - {patient}
    for survivor in sorted(survivors):
        for fact in facts:
            yield sent(fact, survivor)
