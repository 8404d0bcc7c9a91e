"""A ledger stays as small as its horizon, and forgets nothing that a check can reach."""

from datetime import timedelta

from schemas.base import Severity
from schemas.clinical import PatientFact
from services.safety.knowledge.kinds.refill import Refill
from services.safety.ledger.folding import fold, folded
from services.safety.ledger.ledger import PatientLedger
from services.safety.ledger.pruning import LATENESS, horizon, reach
from tests.brief_knowledge import KNOWLEDGE, knowledge, row
from tests.builders import at, dose, observation, order, tablets, unreadable, voided

REACH = reach(KNOWLEDGE, "baclofen")
BACLOFEN_PUMP = Refill(
    **row(
        "refill.baclofen",
        subject="drug:baclofen",
        due=("dosewarden|pump-refill-due",),
        soon=timedelta(hours=72),
        alarm_for=timedelta(hours=24),
        severity=Severity.MAJOR,
        severity_soon=Severity.MINOR,
    )
)


def test_doses_out_of_reach_are_forgotten_with_the_next_dose_of_the_drug() -> None:
    old, new = dose(when=at(0)), dose(when=at(0) + LATENESS + REACH + timedelta(seconds=1))
    ledger, change = fold(folded([old], KNOWLEDGE), new, KNOWLEDGE)
    assert change is not None
    assert change.pruned == (old.entity,)
    assert old.entity not in ledger.facts
    assert len(ledger.given["baclofen"].entries) == 1


def test_doses_within_reach_are_kept() -> None:
    old, new = dose(when=at(0)), dose(when=at(0) + LATENESS + REACH)
    assert len(folded([old, new], KNOWLEDGE, prune=True).given["baclofen"].entries) == 2


def test_nothing_is_forgotten_when_history_is_to_be_judged() -> None:
    doses: list[PatientFact] = [dose(when=at(days=30 * n)) for n in range(5)]
    assert len(folded(doses, KNOWLEDGE, prune=False).facts) == 5
    assert len(folded(doses, KNOWLEDGE, prune=True).facts) == 1


def test_the_newest_receipt_decides_not_the_receipt_of_the_present_fact() -> None:
    newest = observation("8867-4", "80 1", at(days=60))
    old = [dose(when=at(days=n)) for n in (0, 1)]
    ledger = folded([newest], KNOWLEDGE)
    for fact in old:
        ledger, _ = fold(ledger, fact, KNOWLEDGE)
    assert not ledger.given
    assert set(ledger.facts) == {newest.entity}


def test_a_dose_that_was_charted_lately_is_kept_however_old() -> None:
    late = dose(when=at(0), recorded_at=at(days=60), received_at=at(days=60))
    ledger = folded([late, dose(when=at(days=60))], KNOWLEDGE, prune=True)
    assert len(ledger.given["baclofen"].entries) == 2


def test_a_combination_product_is_kept_as_long_as_its_longest_ingredient() -> None:
    product = tablets(baclofen="10 mg", acetaminophen="325 mg")
    assert reach(KNOWLEDGE, "acetaminophen") < REACH
    later = at(0) + LATENESS + reach(KNOWLEDGE, "acetaminophen") + timedelta(hours=1)
    facts = [dose(product, "1 {tablet}", at(0)), dose("acetaminophen", "500 mg", later)]
    ledger = folded(facts, KNOWLEDGE, prune=True)
    assert len(ledger.given["acetaminophen"].entries) == 2
    assert len(ledger.given["baclofen"].entries) == 1


def test_the_newest_reading_of_each_code_is_kept_however_old() -> None:
    readings = [observation("75626-2", f"{n} 1", at(days=30 * n)) for n in range(4)]
    ledger = folded(readings, KNOWLEDGE, prune=True)
    latest = ledger.observed["loinc|75626-2"].latest(at(days=400))
    assert latest is not None
    assert latest.entity == readings[-1].entity
    assert readings[0].entity not in ledger.facts


def test_a_voided_dose_does_not_come_back_within_the_horizon() -> None:
    given = dose(when=at(0))
    ledger = folded([given, voided(given, at(1))], KNOWLEDGE, prune=True)
    ledger, _ = fold(ledger, dose(when=at(1) + horizon(KNOWLEDGE)), KNOWLEDGE)
    ledger, change = fold(ledger, given, KNOWLEDGE)
    assert change is None


def test_a_voided_order_never_comes_back() -> None:
    ordered = order(when=at(0))
    ledger = folded([ordered, voided(ordered, at(1))], KNOWLEDGE, prune=True)
    ledger, _ = fold(ledger, dose(when=at(days=400)), KNOWLEDGE)
    ledger, change = fold(ledger, ordered, KNOWLEDGE)
    assert change is None
    assert not ledger.prescribed


def test_an_unreadable_statement_does_not_outlive_the_one_that_dismissed_it() -> None:
    item = unreadable("no unit", at(0), about="dose-1")
    facts: list[PatientFact] = [item, dose(when=at(1), entity="dose-1"), dose(when=at(days=60))]
    ledger = folded(facts, KNOWLEDGE, prune=True)
    assert not ledger.unreadable
    assert set(ledger.facts) == {facts[2].entity}


def test_a_long_stay_keeps_a_bounded_number_of_facts() -> None:
    ledger = PatientLedger()
    sizes = []
    for day in range(120):
        for hour in (0, 8, 16):
            ledger, _ = fold(ledger, dose(when=at(24 * day + hour)), KNOWLEDGE)
            ledger, _ = fold(ledger, observation("8867-4", "80 1", at(24 * day + hour)), KNOWLEDGE)
        sizes.append(len(ledger.facts))
    assert sizes[-1] == sizes[60]


def test_a_date_by_which_a_pump_is_to_be_refilled_is_kept_though_later_ones_are_not_understood() -> None:
    base = knowledge(rules=(BACLOFEN_PUMP,))
    code = "dosewarden|pump-refill-due"
    stated = observation(code, "180 d", at(0), entity="stated")
    scribbled = [
        observation(code, None, at(days=day), text="in spring", entity=f"{day}") for day in range(30, 360, 10)
    ]
    assert horizon(base) < timedelta(days=100)
    kept = folded([stated, *scribbled], base, prune=True)
    assert stated.entity in kept.facts
    years_later = observation(code, None, at(days=366 + 101), text="in spring", entity="late")
    assert stated.entity not in fold(kept, years_later, base)[0].facts
