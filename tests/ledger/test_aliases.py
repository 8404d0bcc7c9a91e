"""An order that goes by two numbers is one order, whichever of them a message names, in whatever order."""

from itertools import permutations

from schemas.clinical import OrderState, PatientFact
from services.safety.ledger.folding import fold, folded
from services.safety.ledger.ledger import PatientLedger
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, corrected, dose, order, stopped, voided

PLACER, FILLER = "order/placer/7", "order/filler/9"
ENTERED = order("baclofen", "10 mg", at(0), entity=PLACER)
VERIFIED = corrected(ENTERED, at(1), also_known=(FILLER,))
BY_FILLER = corrected(ENTERED, at(2), entity=FILLER)
STOPPED = stopped(BY_FILLER, at(9))
DRAWN = dose("baclofen", "10 mg", at(3), order=FILLER)


def whole(*facts: PatientFact) -> PatientLedger:
    return folded(facts, KNOWLEDGE)


def orders(ledger: PatientLedger) -> list[tuple[str, OrderState]]:
    return [(entry.entity, entry.order.state) for entry in ledger.prescribed.get("baclofen", ())]


def drawn(ledger: PatientLedger) -> list[str | None]:
    return [each.order for each in ledger.given["baclofen"].entries]


def test_what_the_pharmacy_says_by_its_own_number_is_said_of_the_wards_order() -> None:
    for arriving in permutations((ENTERED, VERIFIED, BY_FILLER, DRAWN)):
        ledger = whole(*arriving)
        assert orders(ledger) == [(PLACER, OrderState.ACTIVE)]
        assert drawn(ledger) == [PLACER]
        assert ledger == whole(ENTERED, VERIFIED, BY_FILLER, DRAWN)


def test_stopped_by_the_pharmacys_number_it_is_stopped() -> None:
    for arriving in permutations((VERIFIED, STOPPED, DRAWN)):
        (entry,) = whole(*arriving).prescribed["baclofen"]
        assert (entry.entity, entry.until) == (PLACER, at(9))


def test_changed_by_the_wards_number_afterwards_that_holds() -> None:
    raised = corrected(VERIFIED, at(10), dosages=order("baclofen", "20 mg").dosages)
    for arriving in permutations((VERIFIED, STOPPED, raised)):
        ledger = whole(*arriving)
        assert orders(ledger) == [(PLACER, OrderState.ACTIVE)]
        assert ledger == whole(VERIFIED, STOPPED, raised)


def test_without_the_message_that_names_both_they_are_two_orders() -> None:
    ledger = whole(ENTERED, BY_FILLER, DRAWN)
    assert sorted(orders(ledger)) == [(FILLER, OrderState.ACTIVE), (PLACER, OrderState.ACTIVE)]
    assert drawn(ledger) == [FILLER]


def test_a_number_that_two_orders_say_of_themselves_leads_to_neither() -> None:
    other = order("baclofen", "5 mg", at(4), entity="order/placer/8", also_known=(FILLER,))
    names = [
        (FILLER, OrderState.ACTIVE),
        ("order/placer/7", OrderState.ACTIVE),
        (other.entity, OrderState.ACTIVE),
    ]
    for arriving in permutations((VERIFIED, other, BY_FILLER, DRAWN)):
        ledger = whole(*arriving)
        assert sorted(orders(ledger)) == names
        assert drawn(ledger) == [FILLER]


def test_the_number_is_given_back_when_the_order_that_had_it_is_taken_back() -> None:
    taken_back = voided(VERIFIED, at(11))
    for arriving in permutations((VERIFIED, BY_FILLER, DRAWN, taken_back)):
        ledger = whole(*arriving)
        assert orders(ledger) == [(FILLER, OrderState.ACTIVE)]
        assert drawn(ledger) == [FILLER]


def test_what_replaces_it_may_name_it_by_either_number() -> None:
    after = order("baclofen", "5 mg", at(5), entity="order/placer/8", replaces=FILLER)
    for arriving in permutations((VERIFIED, after, DRAWN)):
        ledger = whole(*arriving)
        ends = {entry.entity: entry.until for entry in ledger.prescribed["baclofen"]}
        assert ends == {PLACER: at(5), "order/placer/8": None}


def test_who_judges_is_told_that_the_doses_are_drawn_from_another_order() -> None:
    ledger = whole(ENTERED, DRAWN)
    _, change = fold(ledger, VERIFIED, KNOWLEDGE)
    assert change is not None
    assert "given" in change.inputs
