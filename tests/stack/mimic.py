"""The MIMIC-III demo tables as events, read in place; nothing of them is kept in the project."""

from collections import defaultdict
from functools import lru_cache
from pathlib import Path

import pytest

from benchmarks.real_stays import facts
from schemas.clinical import PatientFact

DIRECTORY = Path(__file__).parents[3] / "shared" / "data" / "mimic3_demo_odbl"


def needs_tables() -> None:
    """Skip where the tables are not beside the checkout."""
    if not DIRECTORY.is_dir():
        pytest.skip("the MIMIC-III demo tables are not beside this checkout (../shared/data)")


@lru_cache(maxsize=1)
def events() -> tuple[PatientFact, ...]:
    """Every fact in the order in which the source stored it, under the source's own patient ids."""
    return tuple(facts(DIRECTORY))


def by_patient() -> dict[str, list[PatientFact]]:
    """The same, patient by patient."""
    patients: dict[str, list[PatientFact]] = defaultdict(list)
    for event in events():
        patients[event.patient].append(event)
    return patients
