"""What one statement changes in a ledger, and what it leaves alone."""

from datetime import timedelta

from schemas.clinical import Intent, OrderState, PatientFact
from services.safety.ledger.folding import fold, folded
from services.safety.ledger.ledger import Change, PatientLedger
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import (
    allergy,
    at,
    condition,
    corrected,
    dose,
    encounter,
    in_words,
    merge,
    observation,
    order,
    person,
    tablets,
    unreadable,
    voided,
)


def changed(*facts: PatientFact) -> Change:
    """What the last of some statements changed."""
    ledger, change = PatientLedger(), None
    for fact in facts:
        ledger, change = fold(ledger, fact, KNOWLEDGE)
    assert change is not None
    return change


def test_every_kind_of_fact_names_the_inputs_under_which_checks_declare_it() -> None:
    told = {
        dose(): {"given"},
        order(): {"orders", "record"},
        observation("5643-2", "9 mg/dL"): {"observed", "loinc|5643-2"},
        condition("icd10|F10.2"): {"conditions"},
        allergy("baclofen"): {"allergies"},
        encounter(): {"encounters", "record"},
        person(): {"person"},
        unreadable("no unit"): {"unreadable"},
        merge("other"): {"merges"},
    }
    assert {fact.kind: set(changed(fact).inputs) for fact in told} == {
        fact.kind: inputs for fact, inputs in told.items()
    }


def test_only_the_first_order_or_stay_says_how_far_back_the_record_goes() -> None:
    first, later = order(when=at(0)), order("morphine", when=at(1))
    assert "record" not in changed(first, later).inputs
    assert "record" not in changed(first, later, voided(later, at(2))).inputs
    assert "record" in changed(first, later, voided(first, at(2))).inputs


def test_what_is_dated_before_birth_is_named_when_it_comes_and_when_it_goes() -> None:
    child = person(0, at(0))
    early, late = dose(when=at(-2), entity="early"), dose(when=at(1), entity="late")
    assert "before-birth" not in changed(early).inputs
    assert "before-birth" in changed(child, early).inputs
    assert "before-birth" not in changed(child, early, late).inputs
    assert "before-birth" in changed(child, early, corrected(early, at(2), effective_at=at(1))).inputs
    assert "before-birth" in changed(child, early, voided(early, at(2))).inputs
    assert "before-birth" in changed(child, observation("29463-7", "3 kg", at(-2))).inputs


def test_what_is_dated_before_birth_is_named_when_it_is_forgotten() -> None:
    child, years = person(0, at(0)), timedelta(days=800)
    early, later = dose("morphine", "1 mg", at(-2)), dose("morphine", "1 mg", at(0) + years)
    change = changed(child, early, later)
    assert change.pruned == (early.entity,)
    assert "before-birth" in change.inputs


def test_a_combination_product_concerns_each_of_its_ingredients() -> None:
    change = changed(dose(tablets(hydrocodone="5 mg", acetaminophen="325 mg"), "1 {tablet}"))
    assert change.ingredients == {"hydrocodone", "acetaminophen"}


def test_a_correction_of_the_drug_concerns_the_old_and_the_new_one() -> None:
    wrong = dose("baclofen")
    right = corrected(wrong, at(1), medication=dose("morphine").medication)
    assert changed(wrong, right).ingredients == {"baclofen", "morphine"}


def test_an_unmapped_product_is_kept_under_its_label() -> None:
    ledger = folded([dose(in_words("Holy Water"))], KNOWLEDGE)
    assert list(ledger.given) == ["<holy water>"]


def test_a_void_takes_the_dose_back_and_an_older_statement_does_not_revive_it() -> None:
    given = dose()
    ledger = folded([given, voided(given, at(1)), given], KNOWLEDGE)
    assert not ledger.given
    assert folded([voided(given, at(1)), given], KNOWLEDGE) == ledger


def test_a_void_of_the_void_restores_the_dose() -> None:
    given = dose()
    ledger = folded([given, voided(given, at(1)), corrected(given, at(2))], KNOWLEDGE)
    assert [entry.entity for entry in ledger.given["baclofen"].entries] == [given.entity]
    assert not ledger.voids.entries


def test_of_statements_recorded_at_once_the_higher_version_wins() -> None:
    first = dose(amount="10 mg")
    second = corrected(first, at(0), version=1, dose=dose(amount="20 mg").dose)
    for told in ((first, second), (second, first)):
        assert folded(told, KNOWLEDGE).given["baclofen"].entries[0].stated == "20 mg"


def test_a_successor_ends_the_order_it_replaces_and_its_void_restores_it() -> None:
    first = order(times=3)
    second = order(when=at(6), replaces=first.entity, entity="second")
    ledger = folded([second, first], KNOWLEDGE)
    assert [entry.until for entry in ledger.prescribed["baclofen"]] == [at(6), None]
    restored = folded([second, first, voided(second, at(7))], KNOWLEDGE)
    assert [entry.until for entry in restored.prescribed["baclofen"]] == [None]
    assert not restored.successors


def test_a_proposal_in_place_of_an_order_ends_nothing() -> None:
    first = order()
    proposal = order(when=at(6), replaces=first.entity, entity="second", intent=Intent.PROPOSAL)
    ledger = folded([first, proposal], KNOWLEDGE)
    assert [entry.until for entry in ledger.prescribed["baclofen"]] == [None]


def test_a_successor_for_another_drug_concerns_both_drugs() -> None:
    first = order("baclofen")
    change = changed(first, order("tizanidine", when=at(6), replaces=first.entity))
    assert change.ingredients == {"baclofen", "tizanidine"}


def test_an_order_that_was_completed_without_an_end_ends_when_that_was_recorded() -> None:
    ordered = order()
    ledger = folded([ordered, corrected(ordered, at(9), state=OrderState.COMPLETED)], KNOWLEDGE)
    assert ledger.prescribed["baclofen"][0].until == at(9)


def test_what_an_infusion_delivered_is_its_rate_over_its_time() -> None:
    running = dose("morphine", None, rate="2 mg", lasting=timedelta(minutes=90))
    entry = folded([running], KNOWLEDGE).given["morphine"].entries[0]
    assert entry.amount is not None
    assert entry.amount.value == 3


def test_a_readable_statement_about_an_unreadable_one_is_a_change_of_the_unreadable() -> None:
    item = unreadable("no unit", about="dose-1")
    assert "unreadable" in changed(item, dose(when=at(1), entity="dose-1")).inputs
