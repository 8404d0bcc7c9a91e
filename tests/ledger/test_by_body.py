"""Doses and orders by the body: the ledger knows which drugs have any, and for which weights they wait."""

from datetime import timedelta

from schemas.clinical import PatientFact
from services.safety.knowledge.kinds.lifetime import LifetimeDose
from services.safety.ledger.folding import fold, folded
from services.safety.ledger.ledger import PatientLedger
from services.safety.ledger.pruning import LATENESS, horizon
from tests.brief_knowledge import KNOWLEDGE
from tests.brief_rules import RULED
from tests.builders import (
    at,
    corrected,
    dosage,
    dose,
    encounter,
    observation,
    order,
    person,
    quantity,
    voided,
)

WEIGHT, HEIGHT = "loinc|29463-7", "loinc|8302-2"


def by_body(*facts: PatientFact) -> dict[str, int]:
    return dict(folded(facts, KNOWLEDGE).by_body)


def test_it_counts_what_is_stated_by_the_body_and_forgets_what_is_taken_back() -> None:
    given = dose("baclofen", "0.5 mg/kg", at(0))
    ordered = order("baclofen", "10 mg/m2", at(0))
    assert by_body(given, ordered, dose("morphine", "10 mg", at(0))) == {"baclofen": 2}
    assert by_body(given, ordered, voided(ordered, at(1))) == {"baclofen": 1}
    assert by_body(given, corrected(given, at(1), dose=quantity("20 mg"))) == {}
    assert by_body(given, voided(given, at(1)), voided(given, at(1))) == {}


def test_an_order_that_is_replaced_still_counts_once() -> None:
    first = order("baclofen", "0.5 mg/kg", at(0), entity="first")
    second = order("baclofen", "20 mg", at(5), entity="second", replaces="first")
    assert by_body(first, second) == {"baclofen": 1}


def test_a_dose_that_was_not_given_waits_for_nothing() -> None:
    assert by_body(dose("baclofen", "0.5 mg/kg", at(0), done=False)) == {}


def test_what_may_change_the_body_names_the_drugs_that_go_by_it() -> None:
    ledger = folded([dose("baclofen", "0.5 mg/kg", at(0)), dose("morphine", "10 mg", at(0))], KNOWLEDGE)
    for fact in (observation("29463-7", "40 kg"), observation("8302-2", "150 cm"), person(5), encounter()):
        _, change = fold(ledger, fact, KNOWLEDGE)
        assert change is not None
        assert {"given", "orders"} <= change.inputs
        assert change.ingredients == {"baclofen"}
    for fact in (observation("5643-2", "90 mg/dL"), observation("2160-0", "1 mg/dL")):
        _, change = fold(ledger, fact, KNOWLEDGE)
        assert change is not None and not change.ingredients
    _, change = fold(PatientLedger(), observation("29463-7", "40 kg"), KNOWLEDGE)
    assert change is not None and "given" not in change.inputs


def test_an_order_with_a_maximum_by_the_body_goes_by_it_too() -> None:
    assert by_body(order(dosages=(dosage("10 mg"),))) == {}
    assert by_body(order(dosages=(dosage("10 mg", up_to="0.5 mg/kg"),))) == {"baclofen": 1}


def weighed_until(days: int, *first: PatientFact) -> PatientLedger:
    """A ledger that forgets, with a weight and a height each day."""
    daily = [
        fact
        for day in range(days)
        for fact in (
            observation("29463-7", "40 kg", at(days=day), entity=f"weight {day}"),
            observation("8302-2", "150 cm", at(days=day), entity=f"height {day}"),
        )
    ]
    facts = sorted([*first, *daily], key=lambda fact: fact.received_at)
    return folded(facts, RULED, prune=True)


def test_weights_are_kept_for_as_long_as_a_dose_may_need_them() -> None:
    ledger = weighed_until(400)
    newest = at(days=399)
    weights = ledger.observed[WEIGHT].entries
    assert weights[0].start <= newest - horizon(RULED) - timedelta(days=30)
    assert weights[0].start >= newest - horizon(RULED) - timedelta(days=61)


def test_the_weight_of_a_dose_that_counts_for_a_lifetime_is_never_forgotten() -> None:
    assert any(isinstance(rule, LifetimeDose) for rule in RULED.every_rule_of("diazepam"))
    given = dose("diazepam", "0.5 mg/kg", at(days=50))
    ledger = weighed_until(600, given)
    assert ledger.observed[WEIGHT].entries[0].start <= at(days=20)
    assert given.entity in ledger.facts
    assert given.effective_at < at(days=599) - LATENESS - horizon(RULED)
