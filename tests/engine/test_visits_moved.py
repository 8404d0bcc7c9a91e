"""A visit that is another patient's takes along what names it, and nothing else.

Baclofen: more than 80 mg within 24 h is too much. Four doses of 20 mg are of no visit, the fifth is of one.
"""

import random
from collections.abc import Callable
from itertools import permutations

import pytest

from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue, NotAssessedReason, Transition
from services.safety.replaying import Replay
from tests.builders import (
    allergy,
    at,
    corrected,
    dose,
    encounter,
    merge,
    observation,
    order,
    tick,
    visit_move,
    voided,
)
from tests.engine.hospital import NEW, OLD, THIRD, Hospital, of
from tests.engine.ward import engine

STAY = "encounter/WEST|V1"
DAY = [dose("baclofen", "20 mg", at(hour)) for hour in (0, 2, 4, 6)]
FIFTH = dose("baclofen", "20 mg", at(8), entity="administration/5", visit=STAY)
AT_BOTH = [of(patient, each) for patient in (OLD, NEW) for each in DAY]
MOVED = of(OLD, visit_move(STAY, NEW, at(9)))
PATIENTS = (OLD, NEW, THIRD)


def total(hospital: Hospital, patient: str) -> list[str]:
    """The doses that count for a patient, by amount and hour."""
    state = hospital.states.get(patient)
    given = state.ledger.given.get("baclofen") if state is not None else None
    return [] if given is None else [f"{each.start:%H:%M}" for each in given.entries]


def over(hospital: Hospital) -> list[str]:
    """Who had too much within a day."""
    return [patient for patient in PATIENTS if "cumulative-dose" in hospital.checks(patient)]


def marks(hospital: Hospital, patient: str) -> list[DetectedIssue]:
    return [each for each in hospital.open(patient) if each.reason is NotAssessedReason.VISIT_MOVED]


def taken(*events: PatientFact) -> Hospital:
    hospital = Hospital(engine())
    hospital.take(*events)
    return hospital


def test_what_names_the_visit_counts_where_the_visit_is_and_the_rest_stays() -> None:
    hospital = taken(*AT_BOTH, of(OLD, FIFTH))
    assert over(hospital) == [OLD]
    told = hospital.take(MOVED)
    assert over(hospital) == [NEW]
    (ended,) = [each for each in told if each.patient == OLD and each.check == "cumulative-dose"]
    assert (ended.transition, ended.because) == (Transition.WITHDRAWN, "A move of a visit was recorded.")


def test_both_patients_show_for_seven_days_that_a_visit_was_moved() -> None:
    hospital = taken(of(OLD, FIFTH), MOVED)
    (away,), (here,) = marks(hospital, OLD), marks(hospital, NEW)
    assert "What names no visit stayed here." in away.text
    assert "What names no visit stayed at the other record." in here.text
    for patient in (OLD, NEW):
        time = tick(at(9, days=7)).model_copy(update={"patient": patient})
        (told,) = hospital.take(time)
        assert (told.reason, told.open) == (NotAssessedReason.VISIT_MOVED, False)


def test_whatever_comes_first_a_move_ends_the_same() -> None:
    late = of(OLD, dose("baclofen", "20 mg", at(10), entity="administration/6", visit=STAY))
    for arriving in permutations([of(OLD, FIFTH), MOVED, late, of(NEW, voided(FIFTH, at(8, minutes=30)))]):
        hospital = taken(*arriving, *arriving)
        assert (total(hospital, OLD), total(hospital, NEW)) == ([], ["16:00", "18:00"]), arriving


def test_a_contrary_move_brings_back_what_went_and_takes_along_what_was_charted_meanwhile() -> None:
    meanwhile = of(NEW, dose("baclofen", "20 mg", at(10), entity="administration/6", visit=STAY))
    back = of(NEW, visit_move(STAY, OLD, at(11)))
    for arriving in permutations([of(OLD, FIFTH), MOVED, meanwhile, back]):
        hospital = taken(*arriving)
        assert (total(hospital, OLD), total(hospital, NEW)) == (["16:00", "18:00"], [])
    told = hospital.take(of(NEW, visit_move("encounter/other", THIRD, at(12))))
    assert {each.check for each in told} <= {"not-assessed"}


def test_a_move_entered_in_error_is_none() -> None:
    for arriving in permutations([of(OLD, FIFTH), MOVED, of(OLD, voided(MOVED, at(10)))]):
        hospital = taken(*arriving)
        assert (total(hospital, OLD), total(hospital, NEW)) == (["16:00"], [])


def test_a_visit_moved_on_is_where_the_newest_move_says() -> None:
    onward, elsewhere = of(NEW, visit_move(STAY, THIRD, at(10))), of(OLD, visit_move(STAY, THIRD, at(10)))
    for second in (onward, elsewhere):
        for arriving in permutations([of(OLD, FIFTH), MOVED, second]):
            hospital = taken(*arriving)
            assert [total(hospital, each) for each in PATIENTS] == [[], [], ["16:00"]]


def test_what_its_source_states_again_of_the_other_patient_counts_once_and_the_newest_of_it() -> None:
    again = of(NEW, corrected(FIFTH, at(10), dose=DAY[0].dose, unique_in_source=True))
    first = of(OLD, corrected(FIFTH, at(8), unique_in_source=True))
    deleted = of(OLD, voided(first, at(11)))
    for arriving in permutations([first, MOVED, again, deleted]):
        hospital = taken(*arriving)
        assert (total(hospital, OLD), total(hospital, NEW)) == ([], ["16:00"])
    hospital.take(of(NEW, voided(again, at(12))))
    assert total(hospital, NEW) == []


def test_a_deletion_at_the_new_patient_takes_back_what_came_along() -> None:
    gone = of(NEW, voided(FIFTH, at(10)))
    for arriving in permutations([of(OLD, FIFTH), MOVED, gone]):
        assert [total(taken(*arriving), each) for each in (OLD, NEW)] == [[], []]


@pytest.mark.parametrize("changed", [corrected, voided])
def test_a_correction_or_deletion_without_a_visit_goes_with_its_dose(
    changed: Callable[..., PatientFact],
) -> None:
    """HL7 without PV1-19 does not say that the dose was given outside of its visit."""
    later = changed(FIFTH, at(10)).model_copy(update={"visit": None})
    counts = [] if changed is voided else ["16:00"]
    for arriving in permutations([of(OLD, FIFTH), MOVED, of(OLD, later)]):
        hospital = taken(*arriving, *arriving)
        assert (total(hospital, OLD), total(hospital, NEW)) == ([], counts), arriving


def test_a_correction_without_a_visit_is_of_the_one_that_was_named_last() -> None:
    elsewhere = corrected(FIFTH, at(9), visit="encounter/WEST|A1")
    corrections = [elsewhere, corrected(FIFTH, at(10), visit=None), corrected(FIFTH, at(11), visit=None)]
    for arriving in permutations([of(OLD, each) for each in (FIFTH, *corrections)]):
        hospital = taken(MOVED, *arriving, *arriving)
        assert (total(hospital, OLD), total(hospital, NEW)) == (["16:00"], []), arriving
    moved = of(OLD, visit_move("encounter/WEST|A1", NEW, at(12)))
    hospital.take(moved)
    assert (total(hospital, OLD), total(hospital, NEW)) == ([], ["16:00"])


def test_orders_results_and_the_stay_go_along_and_allergies_count_at_both() -> None:
    facts = [
        encounter(at(0), entity=STAY, ward="3W"),
        order("baclofen", "10 mg", at(0), entity="order/1", visit=STAY),
        observation("2160-0", "4 mg/dL", at(1), visit=STAY),
        allergy("baclofen", at(1), visit=STAY),
    ]
    hospital = taken(*(of(OLD, each) for each in facts), MOVED)
    old, new = (hospital.states[each].ledger for each in (OLD, NEW))
    assert (len(old.encounters), len(old.prescribed), len(old.observed), len(old.allergies)) == (0, 0, 0, 1)
    assert (len(new.encounters), len(new.prescribed), len(new.observed), len(new.allergies)) == (1, 1, 1, 1)


def test_a_visit_that_goes_on_under_another_number_is_one_stay_and_moves_as_one() -> None:
    renumbered = of(OLD, visit_move(STAY, OLD, at(5), becomes="encounter/WEST|V2"))
    moved = of(OLD, visit_move("encounter/WEST|V2", NEW, at(9)))
    first = of(OLD, encounter(at(0), entity=STAY, ward="3W"))
    then = of(OLD, encounter(at(0), entity="encounter/WEST|V2", ward="4W", recorded_at=at(6)))
    facts = [of(OLD, FIFTH), first, then, renumbered]
    for arriving in permutations(facts):
        hospital = taken(*arriving)
        assert [each.ward for each in hospital.states[OLD].ledger.encounters.values()] == ["4W"]
        assert marks(hospital, OLD) == []
    for arriving in permutations([*facts, moved]):
        hospital = taken(*arriving)
        assert (total(hospital, OLD), total(hospital, NEW)) == ([], ["16:00"])


def test_a_visit_moved_to_a_record_that_was_merged_counts_at_the_survivor() -> None:
    for arriving in permutations([of(OLD, FIFTH), MOVED, of(NEW, merge(THIRD, at(10)))]):
        hospital = taken(*arriving)
        assert [total(hospital, each) for each in PATIENTS] == [[], [], ["16:00"]]


def test_what_a_merged_record_charted_stays_where_it_goes_on_when_the_visit_of_the_survivor_moves() -> None:
    own = of(NEW, dose("baclofen", "20 mg", at(10), entity="administration/6", visit=STAY))
    facts = [of(OLD, FIFTH), of(OLD, merge(NEW, at(5))), own, of(NEW, visit_move(STAY, THIRD, at(9)))]
    for arriving in permutations(facts):
        hospital = taken(*arriving)
        assert [total(hospital, each) for each in PATIENTS] == [[], ["16:00"], ["18:00"]]


@pytest.mark.parametrize("seed", range(60))
def test_any_order_of_arrival_between_the_ledgers_ends_the_same(seed: int) -> None:
    chance = random.Random(seed)
    stated: list[PatientFact] = [*AT_BOTH, *(of(THIRD, each) for each in DAY)]
    for hour in range(chance.randint(3, 9)):
        patient, other = chance.sample(PATIENTS, 2)
        move = of(patient, visit_move(chance.choice((STAY, STAY, "encounter/WEST|V2")), other, at(9 + hour)))
        visit = chance.choice((STAY, STAY, None, "encounter/WEST|V2"))
        name = f"administration/{chance.randint(5, 6)}"
        fact = of(patient, corrected(FIFTH, at(9 + hour), entity=name, visit=visit))
        what = chance.random()
        if what < 0.4:
            stated.append(move)
        elif what < 0.5:
            stated.append(of(patient, merge(other, at(9 + hour))))
        else:
            stated.append(of(patient, voided(fact, at(9 + hour))) if what < 0.6 else fact)
    shuffled = [*stated, *chance.sample(stated, 3)]
    chance.shuffle(shuffled)
    calm, hasty = Hospital(engine()), Hospital(engine(), chance)
    calm.take(*stated)
    hasty.take(*shuffled)
    hasty.settle()
    assert [total(hasty, each) for each in PATIENTS] == [total(calm, each) for each in PATIENTS]
    assert over(hasty) == over(calm)
    places: dict[tuple[str, str], int] = {}
    for record, state in hasty.states.items():
        for each in state.ledger.given["baclofen"].entries if "baclofen" in state.ledger.given else ():
            whose = (state.ledger.facts[each.entity].merged_from or record, each.entity.rpartition(":")[2])
            places[whose] = places.get(whose, 0) + 1
    assert set(places.values()) == {1}
    in_one_go = Replay(engine()).open_at_end(shuffled)
    assert sorted(each.patient for each in in_one_go if each.check == "cumulative-dose") == sorted(over(calm))
