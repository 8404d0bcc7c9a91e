"""What is taken back leaves every index, and only what was taken back."""

import pytest

from schemas.clinical import Fact, PatientFact
from services.safety.ledger.folding import fold, folded
from services.safety.ledger.ledger import PatientLedger
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import (
    allergy,
    at,
    condition,
    dose,
    encounter,
    merge,
    observation,
    order,
    person,
    tablets,
    unreadable,
    voided,
)

KINDS: list[PatientFact] = [
    dose("baclofen", "10 mg", at(0)),
    dose(tablets(hydrocodone="5 mg", acetaminophen="325 mg"), "1 {tablet}", at(0)),
    order("baclofen", "10 mg", at(0)),
    dose("baclofen", "0.5 mg/kg", at(0)),
    order("baclofen", "0.5 mg/kg", at(0)),
    observation("5643-2", "90 mg/dL", at(0)),
    condition("icd10|G40", at(0)),
    allergy("baclofen", at(0)),
    person(50, at(0)),
    encounter(at(0)),
    unreadable("no unit", at(0)),
    merge("other", at(0)),
]
INDEXES = (
    "given",
    "prescribed",
    "observed",
    "conditions",
    "allergies",
    "encounters",
    "unreadable",
    "given_up",
    "merges",
    "persons",
    "person",
)


def indexed(ledger: PatientLedger) -> dict[str, object]:
    """What the indexes of a ledger hold."""
    return {name: getattr(ledger, name) for name in INDEXES}


@pytest.mark.parametrize("fact", KINDS, ids=lambda fact: fact.kind)
def test_a_fact_taken_back_is_in_no_index(fact: Fact) -> None:
    assert indexed(folded([fact], KNOWLEDGE)) != indexed(PatientLedger())
    assert indexed(folded([fact, voided(fact, at(1))], KNOWLEDGE)) == indexed(PatientLedger())


@pytest.mark.parametrize("fact", KINDS, ids=lambda fact: fact.kind)
def test_taking_back_one_fact_leaves_its_like_alone(fact: Fact) -> None:
    like = fact.model_copy(update={"entity": "another", "effective_at": at(-1), "event_id": "another"})
    alone = indexed(folded([like], KNOWLEDGE))
    assert indexed(folded([fact, like, voided(fact, at(1))], KNOWLEDGE)) == alone


@pytest.mark.parametrize("fact", KINDS, ids=lambda fact: fact.kind)
def test_taking_back_names_what_changed_as_stating_did(fact: Fact) -> None:
    ledger, stated = fold(PatientLedger(), fact, KNOWLEDGE)
    _, left = fold(ledger, voided(fact, at(1)), KNOWLEDGE)
    assert stated is not None and left is not None
    assert (left.inputs, left.ingredients) == (stated.inputs, stated.ingredients)


def test_a_void_taken_back_restores_the_fact() -> None:
    given = dose("baclofen", "10 mg", at(0))
    again = given.model_copy(update={"recorded_at": at(2), "received_at": at(2), "event_id": "again"})
    restored = folded([given, voided(given, at(1)), again], KNOWLEDGE)
    assert [entry.entity for entry in restored.given["baclofen"].entries] == [given.entity]
    assert restored.voids.entries == ()


def test_an_order_is_ended_by_the_successor_that_is_left() -> None:
    first = order("baclofen", "10 mg", at(0), entity="first")
    second = order("baclofen", "10 mg", at(5), entity="second", replaces="first")
    third = order("baclofen", "10 mg", at(9), entity="third", replaces="first")

    def ends(*facts: PatientFact) -> object:
        entries = folded([first, second, third, *facts], KNOWLEDGE).prescribed["baclofen"]
        return next(entry.until for entry in entries if entry.entity == "first")

    assert ends() == at(5)
    assert ends(voided(second, at(10))) == at(9)
    assert ends(voided(third, at(10))) == at(5)
    assert ends(voided(second, at(10)), voided(third, at(10))) is None
