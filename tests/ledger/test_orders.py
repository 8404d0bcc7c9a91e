"""What an order is entered as, and until when it is active."""

from decimal import Decimal

import pytest

from schemas.clinical import Intent, Order
from schemas.medications import Medication, Route
from services.safety.ledger.orders import prescribed_of, until
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, dosage, order, tablets


def test_an_order_is_entered_with_every_route_of_its_dosages() -> None:
    both = order(dosages=(dosage(route=Route.ORAL), dosage(route=Route.INTRATHECAL)))
    [entry] = prescribed_of(both, KNOWLEDGE, {})
    assert entry.routes == {Route.ORAL, Route.INTRATHECAL}


@pytest.mark.parametrize(
    ("needed", "said"), [((True, True), True), ((True, False), False), ((False, False), False), ((), False)]
)
def test_an_order_is_as_needed_when_all_of_its_dosages_are(needed: tuple[bool, ...], said: bool) -> None:
    stated = order(dosages=tuple(dosage(as_needed=each) for each in needed))
    [entry] = prescribed_of(stated, KNOWLEDGE, {})
    assert entry.as_needed is said


def test_a_drug_known_only_by_its_words_is_marked_so() -> None:
    [worded] = prescribed_of(order(Medication(text="Baclofen 10 mg tablet")), KNOWLEDGE, {})
    [coded] = prescribed_of(order(tablets(baclofen="10 mg")), KNOWLEDGE, {})
    assert (worded.by_text, coded.by_text) == (True, False)
    assert coded.content is not None
    assert coded.content.strength.value == Decimal(10)


@pytest.fixture
def first() -> Order:
    return order(when=at(8))


def test_an_order_lasts_until_another_replaces_it(first: Order) -> None:
    later = order(when=at(12), replaces=first.entity, entity="later")
    assert until(first, {later.entity: later}) == at(12)


def test_an_order_replaced_by_an_earlier_one_was_never_active(first: Order) -> None:
    earlier = order(when=at(6), replaces=first.entity, entity="earlier")
    assert until(first, {earlier.entity: earlier}) == at(8)


@pytest.mark.parametrize("intent", [Intent.FILLER_ORDER, Intent.INSTANCE_ORDER])
def test_what_fills_an_order_takes_its_place_from_the_beginning(first: Order, intent: Intent) -> None:
    filler = order(when=at(12), based_on=(first.entity,), intent=intent, entity="filler")
    assert until(first, {filler.entity: filler}) == at(8)


def test_a_filler_order_that_replaces_another_one_lets_it_stand_until_then(first: Order) -> None:
    filler = order(when=at(12), replaces=first.entity, intent=Intent.FILLER_ORDER, entity="filler")
    assert until(first, {filler.entity: filler}) == at(12)


def test_an_order_without_an_end_and_without_a_successor_goes_on(first: Order) -> None:
    assert until(first, {}) is None
