"""How statements of a merged record are named in the ledger of another, and when two are about one thing."""

import hashlib

from schemas.clinical import Administration, Observation, Order, PatientFact

_LONGEST = 512
_NUMBERED = (Administration, Observation, Order)


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
    """Whether what a statement is about has a name that its source gives but once: orders, doses, results."""
    return isinstance(fact, _NUMBERED)


def same_thing(one: PatientFact, other: PatientFact | None) -> bool:
    """Whether one source states the same order, dose or result of two records.

    House rule: a source that writes a merge into its resources states them again, of the survivor.
    """
    return other is not None and numbered(one) and one.kind == other.kind and one.source == other.source
