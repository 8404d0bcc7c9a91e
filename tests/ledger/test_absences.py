"""When a patient was on leave, by a source that states the whole stay anew each time."""

from datetime import datetime
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from schemas.clinical import Encounter, FactStatus
from schemas.whereabouts import Absence
from services.safety.ledger.absences import leaves_of
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, corrected, encounter

HERE = encounter(at(0), leave_told=True, entity="stay")
AWAY = corrected(HERE, at(5), away_since=at(5))
BACK = corrected(HERE, at(50))
STILL_HERE = corrected(HERE, at(60))


def leaves(*statements: Encounter) -> list[tuple[datetime, datetime | None]]:
    ledger = folded(statements, KNOWLEDGE)
    return [leave for stay in ledger.encounters.values() for leave in leaves_of(stay)]


def test_a_leave_ends_when_the_first_statement_after_it_says_that_the_patient_is_here() -> None:
    assert leaves(HERE, AWAY) == [(at(5), None)]
    for arriving in permutations([HERE, AWAY, BACK, STILL_HERE]):
        assert leaves(*arriving, *arriving) == [(at(5), at(50))]


def test_two_statements_of_one_leave_are_one_that_began_with_the_first() -> None:
    again = corrected(HERE, at(20), away_since=at(20), ward="2")
    assert leaves(HERE, AWAY, again, BACK) == leaves(again, BACK, AWAY) == [(at(5), at(50))]


def test_what_lists_the_leaves_is_believed_and_what_it_does_not_list_was_none() -> None:
    listed = corrected(BACK, at(55), leaves=(Absence(since=at(6), until=at(49)),))
    assert leaves(HERE, AWAY, BACK, listed) == [(at(6), at(49))]
    assert leaves(HERE, AWAY, BACK, corrected(BACK, at(55), leaves=())) == []


def test_a_stay_of_which_nobody_says_anything_of_leave_has_none() -> None:
    silent = encounter(at(0), entity="stay")
    assert leaves(silent, corrected(silent, at(5), ward="2")) == []


def test_a_statement_that_was_taken_back_says_nothing() -> None:
    void = corrected(AWAY, at(6), status=FactStatus.ENTERED_IN_ERROR)
    assert leaves(HERE, void, BACK) == []


@given(st.lists(st.tuples(st.integers(0, 90), st.booleans()), min_size=1, max_size=80), st.randoms())
def test_the_order_of_arrival_changes_nothing(said: list[tuple[int, bool]], chance: object) -> None:
    statements = [
        corrected(HERE, at(hour), away_since=at(hour) if away else None, version=place % 3)
        for place, (hour, away) in enumerate(said)
    ]
    mixed = list(statements)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert leaves(*mixed) == leaves(*statements)
