"""Visits that move, records that are merged, doses that are charted again, all at once: a dose counts once.

Baclofen: four doses of 20 mg are of no visit, the others are of one.
"""

import random

import pytest

from schemas.clinical import PatientFact
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, corrected, merge, visit_move, voided
from tests.engine.hospital import NEW, OLD, THIRD, Hospital, of
from tests.engine.test_visits_moved import AT_BOTH, DAY, FIFTH, PATIENTS, STAY, total
from tests.engine.ward import engine

ANOTHER = "encounter/WEST|V2"
ONCE = FIFTH.model_copy(update={"unique_in_source": True})


def consistent(hospital: Hospital) -> bool:
    """Whether every ledger holds what it would hold had it learnt all its statements anew."""
    ledgers = [state.ledger for state in hospital.states.values()]
    return all(folded(ledger.facts.values(), KNOWLEDGE).given == ledger.given for ledger in ledgers)


def test_a_dose_given_up_to_a_record_that_was_merged_into_this_one_counts_once() -> None:
    """What is given up here lets its copy count, in the same step."""
    hospital = Hospital(engine())
    hospital.take(
        of(THIRD, merge(OLD, at(7))),
        of(THIRD, visit_move(STAY, OLD, at(8))),
        of(OLD, ONCE),
        of(THIRD, visit_move(STAY, NEW, at(9))),
        of(NEW, merge(THIRD, at(10))),
        of(THIRD, corrected(ONCE, at(11), visit=ANOTHER)),
    )
    assert total(hospital, OLD) == ["16:00"]


@pytest.mark.parametrize("seed", range(30))
def test_any_order_of_arrival_between_the_ledgers_ends_the_same(seed: int) -> None:
    chance = random.Random(seed)
    stated: list[PatientFact] = [*AT_BOTH, *(of(THIRD, each) for each in DAY)]
    for hour in range(9, 9 + chance.randint(3, 9)):
        patient, other = chance.sample(PATIENTS, 2)
        what, visit = chance.random(), chance.choice((STAY, STAY, ANOTHER))
        name = f"administration/{chance.randint(5, 6)}"
        named = chance.choice((visit, visit, None))
        fact = of(patient, corrected(ONCE, at(hour), entity=name, visit=named))
        if what < 0.3:
            stated.append(of(patient, visit_move(visit, other, at(hour))))
        elif what < 0.45:
            stated.append(of(patient, merge(other, at(hour))))
        else:
            stated.append(of(patient, voided(fact, at(hour))) if what < 0.6 else fact)
    shuffled = [*stated, *chance.sample(stated, 3)]
    chance.shuffle(shuffled)
    calm, hasty = Hospital(engine()), Hospital(engine(), chance)
    calm.take(*stated)
    hasty.take(*shuffled)
    hasty.settle()
    assert consistent(calm) and consistent(hasty)
    assert [total(hasty, each) for each in PATIENTS] == [total(calm, each) for each in PATIENTS]
