"""The FHIR sample data of others, read where it lies: every file's outcome, and what reaches the ledger.

`expected/fhir_outcomes.yaml` holds counts and reasons, each rejection read and agreed with by a person;
`expected/fhir_facts.yaml` what a person reads in the files. Neither holds anything else of them.
"""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.clinical import PatientFact
from services.intake.door import Door
from services.intake.formats import READERS
from services.intake.reading import Accepted, Reading, Rejected
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.loader import load
from services.safety.ledger.folding import folded
from tests.intake.in_words import all_in_words
from tests.intake.writing import SAMPLES

EXPECTED = Path(__file__).parent / "expected"
OUTCOMES: dict[str, dict[str, Any]] = yaml.safe_load((EXPECTED / "fhir_outcomes.yaml").read_text())
FACTS: dict[str, list[str]] = yaml.safe_load((EXPECTED / "fhir_facts.yaml").read_text())


def directory(name: str) -> Path:
    if not (SAMPLES / name).is_dir():
        pytest.skip("the sample data is not there")
    return SAMPLES / name


@cache
def knowledge() -> KnowledgeBase:
    return load()


def readings_of(path: Path) -> list[Reading]:
    return list(READERS["fhir"]([path], Door()))


def outcome(readings: list[Reading]) -> dict[str, dict[str, int]]:
    """Accepted by kind, rejected by reason and element, skipped by reason; only what there is."""
    counts: dict[str, Counter[str]] = {"accepted": Counter(), "rejected": Counter(), "skipped": Counter()}
    for reading in readings:
        if isinstance(reading, Accepted):
            counts["accepted"][reading.event.kind] += 1
        elif isinstance(reading, Rejected):
            counts["rejected"][f"{reading.rejection.reason} at {reading.path}"] += 1
        else:
            counts["skipped"][reading.reason] += 1
    return {name: dict(found) for name, found in counts.items() if found}


@pytest.mark.parametrize("folder", ["fhir_r4_spec", "synthea"])
def test_every_file_comes_to_the_outcome_that_a_person_agreed_with(folder: str) -> None:
    files = sorted(directory(folder).glob("*.json*"))
    found = {path.name: outcome(readings_of(path)) for path in files}
    assert found == OUTCOMES[folder]


@pytest.mark.parametrize("name", FACTS)
def test_what_a_person_reads_in_a_file_reaches_the_ledger(name: str) -> None:
    path = directory("fhir_r4_spec") / name
    ledger = folded(facts_of(readings_of(path)), knowledge())
    assert all_in_words(fact for _, fact in sorted(ledger.facts.items())) == FACTS[name]


def facts_of(readings: list[Reading]) -> list[PatientFact]:
    return [
        item.event for item in readings if isinstance(item, Accepted) and isinstance(item.event, PatientFact)
    ]


def test_forty_files_and_more_are_read_by_a_person() -> None:
    assert len(FACTS) >= 40


def test_one_tablet_enters_the_ledger_with_the_strength_of_its_product() -> None:
    path = directory("fhir_r4_spec") / "MedicationAdministration-medadmin0311.json"
    (dose,) = folded(facts_of(readings_of(path)), knowledge()).given["alprazolam"].entries
    assert dose.amount is not None
    assert (str(dose.amount.value.normalize()), dose.amount.dimension) == ("0.25", "mass")


@pytest.mark.parametrize("file", sorted(OUTCOMES["synthea"]))
def test_an_order_without_any_dosage_stays_one_and_says_nothing_of_its_dose(file: str) -> None:
    facts = facts_of(readings_of(directory("synthea") / file))
    bare = [fact for fact in facts if fact.kind == "order" and not fact.dosages]
    assert len(bare) < sum(fact.kind == "order" for fact in facts)
    assert {fact.patient for fact in facts} == {facts[0].patient}
