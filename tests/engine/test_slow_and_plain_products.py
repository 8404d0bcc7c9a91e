"""Slow and plain products of one drug in one patient: judging by change and from scratch tell the same."""

import random
from collections.abc import Iterable, Iterator

import pytest

from schemas.clinical import PatientFact
from schemas.medications import Coding, Medication
from schemas.stream_events import ClockTick
from services.safety.engine.assessment import summed_up
from services.safety.knowledge.loader import load
from tests.builders import at, dose, observation, order, stopped, tick
from tests.engine.test_incremental import shape
from tests.engine.ward import engine

JUDGE = engine(knowledge=load())
NAMES = ("gabapentin 600 MG Oral Tablet [Gralise]", "gabapentin 100 MG Oral Capsule", "gabapentin by mouth")
PRODUCTS = tuple(
    Medication(text=name, codings=(Coding(system="rxnorm", code="25480", display=name),)) for name in NAMES
)
AMOUNTS = ("300 mg", "700 mg", "1800 mg")
CLEARANCES = ("90 mL/min", "45 mL/min", "29 mL/min", "14 mL/min")


def story(seed: int) -> Iterator[PatientFact | ClockTick]:
    """Results, orders, ends of orders and doses, mostly of the order that stands."""
    chance = random.Random(seed)
    hour, standing = 0.0, None
    for number in range(14):
        hour += chance.choice((0.5, 4, 8, 24))
        kind = chance.choice(("result", "order", "dose", "dose", "dose", "end", "tick"))
        if kind == "result":
            yield observation("loinc|2164-2", chance.choice(CLEARANCES), at(hour), entity=f"result {number}")
        elif kind == "order":
            product, amount = chance.choice(PRODUCTS), chance.choice(AMOUNTS)
            standing = order(
                product, amount, at(hour), times=chance.choice((1, 2, 3)), entity=f"order {number}"
            )
            yield standing
        elif kind == "dose":
            product, amount = chance.choice(PRODUCTS), chance.choice(AMOUNTS)
            under = standing.entity if standing is not None and chance.random() < 0.7 else None
            yield dose(product, amount, at(hour), entity=f"dose {number}", order=under)
        elif kind == "end" and standing is not None:
            yield stopped(standing, at(hour))
            standing = None
        else:
            yield tick(at(hour))


def test_a_slow_product_under_an_order_for_another_begins_to_be_in_use() -> None:
    slow, _, unknown = PRODUCTS
    both_ways(
        [
            observation("loinc|2164-2", "29 mL/min", at(0)),
            dose(slow, "700 mg", at(1), entity="before"),
            order(unknown, "300 mg", at(2), times=1, entity="of another"),
            tick(at(26)),
            dose(slow, "700 mg", at(27), entity="again", order="of another"),
        ]
    )


@pytest.mark.parametrize("seed", range(60))
def test_what_is_told_by_change_is_what_is_told_from_scratch(seed: int) -> None:
    both_ways(story(seed))


def both_ways(events: Iterable[PatientFact | ClockTick]) -> None:
    """Fails where judging by change and from scratch differ after an event."""
    state = None
    for event in events:
        state = JUDGE.step(state, event).state
        by_change = shape(summed_up(state.judgements)) if state.judgements is not None else []
        assert by_change == shape(JUDGE.assess(state.ledger, state.now, state.alive))
