"""The one pure core that every contender runs, and the bytes it reads."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from benchmarks.workload import SITE
from schemas.base import TimeDomain
from schemas.clinical import PatientFact
from schemas.topics import partition_of
from services.safety.core import LedgerCore
from services.safety.knowledge.loader import load

PARTITIONS = 4


class Prepared(NamedTuple):
    """One record of `patient-events`, as a door would send it."""

    partition: int
    key: bytes
    value: bytes


def new_core() -> LedgerCore:
    """The core with the knowledge that the product ships."""
    return LedgerCore(load(), SITE, time_domain=TimeDomain.SIMULATED)


def prepared(facts: Iterable[PatientFact]) -> Sequence[Prepared]:
    """Each fact as a record for its patient's partition."""
    return [
        Prepared(
            partition_of(fact.patient, PARTITIONS), fact.patient.encode(), fact.model_dump_json().encode()
        )
        for fact in facts
    ]
