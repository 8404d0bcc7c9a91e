"""How statements of a merged record are named in the ledger of another, and when two are about one thing."""

import hashlib

from schemas.clinical import Encounter, Numbered, PatientFact

_LONGEST = 512


def entity_of(record: str, entity: str) -> str:
    """The name of an entity of one record in the ledger of another; a long one by its SHA-256."""
    name = f"merged:{record}:{entity}"
    if len(name) <= _LONGEST:
        return name
    return f"merged:{record[:128]}:{hashlib.sha256(name.encode()).hexdigest()}"


def own_name(fact: PatientFact) -> str:
    """The name of an entity in the record that it is of; a long one's is not known there."""
    return (
        fact.entity if fact.merged_from is None else fact.entity.removeprefix(f"merged:{fact.merged_from}:")
    )


def numbered(fact: PatientFact) -> bool:
    """Whether what a statement is about has a name that its source gives but once: orders, doses, results,
    and stays of which the source says so.
    """
    return isinstance(fact, Numbered) or (isinstance(fact, Encounter) and fact.unique_in_source)


def same_thing(one: PatientFact, other: PatientFact | None) -> bool:
    """Whether one source states the same order, dose, result or stay of two records.

    House rule: a source that writes a merge into its resources states them again, of the survivor. What was
    taken back only because it was charted again for another patient says nothing about what is stated there.
    """
    if not isinstance(other, Numbered | Encounter) or not numbered(other) or other.recharted:
        return False
    return one.kind == other.kind and one.source == other.source
