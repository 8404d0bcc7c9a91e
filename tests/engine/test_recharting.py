"""An order, dose or result that its source states of another patient afterwards is taken back at the first.

Baclofen: more than 80 mg within 24 h is too much. The doses under test are the fifth, 20 mg each.
"""

import random
from datetime import datetime
from itertools import permutations

import pytest

from schemas.clinical import Administration, FactStatus, PatientFact
from schemas.issues import DetectedIssue, NotAssessedReason, Transition
from schemas.stream_events import ClockTick
from services.safety.replaying import Replay
from tests.builders import at, corrected, dose, encounter, merge, observation, order, stopped, tick, voided
from tests.engine.hospital import NEW, OLD, THIRD, Hospital, of
from tests.engine.ward import engine

DAY = [dose("baclofen", "20 mg", at(hour)) for hour in (0, 2, 4, 6)]
FIFTH = dose("baclofen", "20 mg", at(8), entity="MedicationAdministration/5", unique_in_source=True)
STAY = encounter(at(7), entity="Encounter/1", ward="3W", unique_in_source=True)
AT_BOTH = [of(patient, each) for patient in (OLD, NEW) for each in DAY]


def again(patient: str, fact: PatientFact, hour: float) -> PatientFact:
    """The same entity, charted for this patient at that hour."""
    return of(patient, corrected(fact, at(hour)))


def time(patient: str, when: datetime) -> ClockTick:
    """Time reaches a patient."""
    return tick(when).model_copy(update={"patient": patient})


def over(hospital: Hospital, patient: str) -> bool:
    """Whether the patient had too much within a day."""
    return "cumulative-dose" in hospital.checks(patient)


def given(hospital: Hospital, patient: str) -> FactStatus | None:
    state = hospital.states.get(patient)
    fact = None if state is None else state.ledger.facts.get(FIFTH.entity)
    return None if fact is None else fact.status


def test_a_dose_charted_again_for_another_patient_counts_there_and_no_longer_here() -> None:
    hospital = Hospital(engine())
    hospital.take(*AT_BOTH, of(OLD, FIFTH))
    assert (over(hospital, OLD), over(hospital, NEW)) == (True, False)
    told = hospital.take(again(NEW, FIFTH, 9))
    assert (over(hospital, OLD), over(hospital, NEW)) == (False, True)
    (ended,) = [one for one in told if one.patient == OLD and one.check == "cumulative-dose"]
    assert ended.transition is Transition.WITHDRAWN
    assert ended.because == "A dose was charted again for another patient."


def given_up(hospital: Hospital, patient: str) -> list[DetectedIssue]:
    """The marks that something of the patient was charted again for another one."""
    return [each for each in hospital.open(patient) if each.reason is NotAssessedReason.CHARTED_AGAIN]


def test_what_was_given_up_is_said_at_the_first_patient_also_where_no_alert_stood() -> None:
    """A source that gives one number to two things takes a dose away that was given."""
    hospital = Hospital(engine())
    hospital.take(of(OLD, FIFTH), again(NEW, FIFTH, 9))
    (mark,) = given_up(hospital, OLD)
    assert (mark.implicated, mark.subjects) == ((FIFTH.entity,), ("baclofen",))
    assert f"baclofen, {at(8):%Y-%m-%d %H:%M} UTC" in mark.text
    assert given_up(hospital, NEW) == []


def test_that_something_was_given_up_is_shown_for_seven_days_and_not_a_second_longer() -> None:
    hospital = Hospital(engine())
    hospital.take(of(OLD, FIFTH), again(NEW, FIFTH, 9), time(OLD, at(9, days=7, seconds=-1)))
    assert len(given_up(hospital, OLD)) == 1
    (told,) = hospital.take(time(OLD, at(9, days=7)))
    assert (told.reason, told.open) == (NotAssessedReason.CHARTED_AGAIN, False)


def test_stated_here_again_nothing_is_given_up_any_more() -> None:
    hospital = Hospital(engine())
    hospital.take(of(OLD, FIFTH), again(NEW, FIFTH, 9), again(OLD, FIFTH, 10))
    assert (len(given_up(hospital, OLD)), len(given_up(hospital, NEW))) == (0, 1)


def test_an_order_and_a_result_that_were_given_up_are_named() -> None:
    hospital = Hospital(engine())
    prescribed = order("baclofen", "10 mg", at(0), entity="MedicationRequest/1", unique_in_source=True)
    measured = observation("2160-0", "4 mg/dL", at(1), entity="Observation/1", unique_in_source=True)
    for fact in (prescribed, measured):
        hospital.take(of(OLD, fact), again(NEW, fact, 3))
    marks = {each.implicated: each.subjects for each in given_up(hospital, OLD)}
    assert marks == {(prescribed.entity,): ("baclofen",), (measured.entity,): ()}
    assert any("2160-0" in each.text for each in given_up(hospital, OLD))


def test_a_merge_that_the_source_writes_into_its_resources_gives_nothing_up() -> None:
    """The survivor states it itself; the record that was merged away is judged there."""
    stated = [of(OLD, FIFTH), of(OLD, merge(NEW, at(9))), again(NEW, FIFTH, 10)]
    for arriving in permutations(stated):
        hospital = Hospital(engine())
        hospital.take(*arriving)
        assert (given_up(hospital, OLD), given_up(hospital, NEW)) == ([], [])


def test_what_a_merged_record_gave_up_to_a_stranger_is_said_at_its_survivor() -> None:
    hospital = Hospital(engine())
    hospital.take(of(OLD, FIFTH), of(OLD, merge(NEW, at(9))), again(THIRD, FIFTH, 10))
    (mark,) = given_up(hospital, NEW)
    assert mark.subjects == ("baclofen",)


def test_charted_back_it_counts_at_the_first_patient_again() -> None:
    hospital = Hospital(engine())
    hospital.take(*AT_BOTH, of(OLD, FIFTH), again(NEW, FIFTH, 9), again(OLD, FIFTH, 10))
    assert (over(hospital, OLD), over(hospital, NEW)) == (True, False)


def test_of_three_patients_the_last_one_has_it_whatever_comes_first() -> None:
    stated = [of(OLD, FIFTH), again(NEW, FIFTH, 9), again(THIRD, FIFTH, 10)]
    for arriving in permutations(stated):
        hospital = Hospital(engine())
        hospital.take(*arriving, *arriving)
        found = [given(hospital, patient) for patient in (OLD, NEW, THIRD)]
        assert found == [FactStatus.ENTERED_IN_ERROR, FactStatus.ENTERED_IN_ERROR, FactStatus.STATED]


def test_the_deletion_at_the_old_patient_may_be_charted_after_the_dose_at_the_new_one() -> None:
    stated = [of(OLD, FIFTH), again(NEW, FIFTH, 9), of(OLD, voided(FIFTH, at(10)))]
    for arriving in permutations(stated):
        hospital = Hospital(engine())
        hospital.take(*arriving)
        assert (given(hospital, OLD), given(hospital, NEW)) == (
            FactStatus.ENTERED_IN_ERROR,
            FactStatus.STATED,
        )


def test_taken_back_at_the_new_patient_it_does_not_return_to_the_old_one() -> None:
    moved = again(NEW, FIFTH, 9)
    stated = [of(OLD, FIFTH), moved, of(NEW, voided(FIFTH, at(10)))]
    for arriving in permutations(stated):
        hospital = Hospital(engine())
        hospital.take(*arriving)
        assert {given(hospital, OLD), given(hospital, NEW)} == {FactStatus.ENTERED_IN_ERROR}


def test_an_order_and_a_result_are_given_up_as_well() -> None:
    hospital = Hospital(engine())
    prescribed = order("baclofen", "10 mg", at(0), entity="MedicationRequest/1", unique_in_source=True)
    measured = observation("2160-0", "4 mg/dL", at(1), entity="Observation/1", unique_in_source=True)
    for fact in (prescribed, measured):
        hospital.take(of(OLD, fact), again(NEW, fact, 3))
        assert hospital.states[OLD].ledger.facts[fact.entity].status is FactStatus.ENTERED_IN_ERROR
        assert hospital.states[NEW].ledger.facts[fact.entity].status is FactStatus.STATED
    hospital.take(of(NEW, stopped(prescribed, at(4))))
    assert hospital.states[OLD].ledger.prescribed.get("baclofen") is None


@pytest.mark.parametrize(
    "other",
    [
        corrected(FIFTH, at(9), unique_in_source=False),
        corrected(FIFTH, at(9), source="pumps"),
        corrected(FIFTH, at(9), medication=dose("lorazepam").medication),
        corrected(FIFTH, at(400), effective_at=at(399)),
    ],
    ids=["a-name-within-the-patient", "another-source", "another-drug", "weeks-later"],
)
def test_another_thing_of_the_same_name_takes_nothing_away(other: Administration) -> None:
    first = FIFTH if other.unique_in_source else corrected(FIFTH, at(8), unique_in_source=False)
    hospital = Hospital(engine())
    hospital.take(of(OLD, first), of(NEW, other))
    assert (given(hospital, OLD), given(hospital, NEW)) == (FactStatus.STATED, FactStatus.STATED)


def test_what_is_charted_again_for_a_merged_record_counts_at_its_survivor_once() -> None:
    """The survivor's own statement is given up, and must not hide the copy of the newer one."""
    hospital = Hospital(engine())
    hospital.take(of(OLD, FIFTH), of(OLD, merge(NEW, at(9))), again(NEW, FIFTH, 10))
    assert [each.entity for each in hospital.states[NEW].ledger.given["baclofen"].entries] == [FIFTH.entity]
    hospital.take(again(OLD, FIFTH, 11))
    copies = [each.entity for each in hospital.states[NEW].ledger.given["baclofen"].entries]
    assert copies == [f"merged:{OLD}:{FIFTH.entity}"]


def wards(hospital: Hospital, patient: str) -> list[str]:
    """The wards of the stays that count for a patient."""
    state = hospital.states.get(patient)
    return [] if state is None else [stay.ward for stay in state.ledger.encounters.values()]


def test_a_stay_stated_of_another_patient_ends_at_the_first_and_is_shown_there() -> None:
    hospital = Hospital(engine())
    hospital.take(of(OLD, STAY), again(NEW, STAY, 9))
    assert (wards(hospital, OLD), wards(hospital, NEW)) == ([], ["3W"])
    (mark,) = given_up(hospital, OLD)
    assert mark.implicated == (STAY.entity,)
    assert f"A stay of this record (3W, {at(7):%Y-%m-%d %H:%M} UTC)" in mark.text


def test_a_stay_that_another_patient_has_by_a_name_of_their_own_goes_on() -> None:
    """The number of a visit that its source gives anew with each patient."""
    hospital = Hospital(engine())
    named = corrected(STAY, at(8), unique_in_source=False)
    hospital.take(of(OLD, named), again(NEW, named, 9))
    assert (wards(hospital, OLD), wards(hospital, NEW)) == (["3W"], ["3W"])


def test_of_a_stay_the_last_patient_has_it_whatever_comes_first() -> None:
    left = of(NEW, corrected(STAY, at(11), ends_at=at(11)))
    stated = [of(OLD, STAY), again(NEW, STAY, 9), of(OLD, voided(STAY, at(10))), left]
    for arriving in permutations(stated):
        hospital = Hospital(engine())
        hospital.take(*arriving, *arriving)
        assert wards(hospital, OLD) == []
        assert [stay.ends_at for stay in hospital.states[NEW].ledger.encounters.values()] == [at(11)]


def test_a_stay_that_the_source_states_of_the_survivor_of_a_merge_counts_once() -> None:
    stated = [of(OLD, STAY), of(OLD, merge(NEW, at(9))), again(NEW, STAY, 10)]
    for arriving in permutations(stated):
        hospital = Hospital(engine())
        hospital.take(*arriving)
        assert wards(hospital, NEW) == ["3W"]
        assert (given_up(hospital, OLD), given_up(hospital, NEW)) == ([], [])


def last(told: list[DetectedIssue]) -> dict[str, tuple[bool, str]]:
    """Who has which issue in the end."""
    return {one.issue_id: (one.open, one.patient) for one in told if one.check == "cumulative-dose"}


@pytest.mark.parametrize("seed", range(40))
def test_any_order_of_arrival_between_the_ledgers_ends_the_same(seed: int) -> None:
    chance = random.Random(seed)
    stated: list[PatientFact] = [*AT_BOTH, *(of(THIRD, each) for each in DAY)]
    for hour in range(chance.randint(2, 6)):
        patient = chance.choice((OLD, NEW, THIRD))
        fact = again(patient, FIFTH, 8 + hour)
        stated.append(of(patient, voided(FIFTH, at(8 + hour))) if chance.random() < 0.25 else fact)
    shuffled = [*stated, *chance.sample(stated, 3)]
    chance.shuffle(shuffled)
    calm, hasty = Hospital(engine()), Hospital(engine(), chance)
    calm.take(*stated)
    hasty.take(*shuffled)
    hasty.settle()
    patients = (OLD, NEW, THIRD)
    assert [given(hasty, each) for each in patients] == [given(calm, each) for each in patients]
    assert [over(hasty, each) for each in patients] == [over(calm, each) for each in patients]
    in_one_go = Replay(engine()).open_at_end(shuffled)
    found = {(issue.patient, issue.check) for issue in in_one_go if issue.check == "cumulative-dose"}
    assert found == {(each, "cumulative-dose") for each in patients if over(calm, each)}
