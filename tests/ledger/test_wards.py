"""On which wards a stay was: a move states the stay anew, and what was said before is still known."""

from collections.abc import Sequence
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from schemas.clinical import Encounter, FactStatus
from schemas.whereabouts import WardSince
from services.safety.ledger.folding import folded
from services.safety.ledger.wards import wards_of
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, corrected, encounter

ADMITTED = encounter(at(0), ward="3 West", entity="stay")
MOVED = corrected(ADMITTED, at(5, minutes=20), ward="ICU", ward_since=at(5))


def wards(*statements: Encounter) -> list[tuple[datetime, str]]:
    """Since when the stay was where, by all that is stated of it."""
    ledger = folded(statements, KNOWLEDGE)
    return [pair for stay in ledger.encounters.values() for pair in wards_of(stay)]


def test_a_move_leaves_the_earlier_ward_known_and_holds_from_when_it_happened() -> None:
    assert wards(ADMITTED, MOVED) == [(at(0), "3 West"), (at(5), "ICU")]
    assert wards(MOVED, ADMITTED) == wards(ADMITTED, MOVED)


def test_a_move_of_which_nobody_says_when_it_happened_holds_from_when_it_was_recorded() -> None:
    moved = corrected(ADMITTED, at(5, minutes=20), ward="ICU")
    assert wards(ADMITTED, moved) == [(at(0), "3 West"), (at(5, minutes=20), "ICU")]


def test_the_first_ward_that_is_known_counts_from_the_begin_of_the_stay() -> None:
    assert wards(MOVED) == [(at(0), "ICU")]
    early = corrected(ADMITTED, at(1), ward="ICU", ward_since=at(-2))
    assert wards(early) == wards(MOVED)


def test_a_move_that_is_taken_back_as_of_its_instant_never_was() -> None:
    back = corrected(ADMITTED, at(6), ward="3 West", ward_since=at(5))
    assert wards(ADMITTED, MOVED, back) == [(at(0), "3 West"), (at(5), "3 West")]
    assert wards(back, MOVED, ADMITTED) == wards(ADMITTED, MOVED, back)


def test_a_statement_without_a_ward_and_a_stay_taken_back_say_nothing_of_it() -> None:
    nowhere = corrected(MOVED, at(7), ward="", ward_since=None)
    cancelled = corrected(MOVED, at(7), ward="7", ward_since=at(7), status=FactStatus.ENTERED_IN_ERROR)
    again = corrected(MOVED, at(8))
    for said in (nowhere, cancelled):
        assert wards(ADMITTED, MOVED, said, again)[:2] == [(at(0), "3 West"), (at(5), "ICU")]
        assert "7" not in [ward for _, ward in wards(ADMITTED, MOVED, said, again)]


def listing(*places: tuple[datetime, str], recorded: datetime) -> Encounter:
    """The stay as its source tells it with all its wards, the present one last."""
    since, ward = places[-1]
    listed = tuple(WardSince(since=instant, ward=name) for instant, name in places)
    return corrected(ADMITTED, recorded, ward=ward, ward_since=since, wards_listed=listed)


def test_former_wards_that_only_the_newest_statement_lists_are_known() -> None:
    newest = listing((at(0), "ER"), (at(2), "ICU"), (at(5), "7 East"), recorded=at(6))
    assert wards(newest) == [(at(0), "ER"), (at(2), "ICU"), (at(5), "7 East")]


def test_a_list_is_believed_from_its_first_ward_on_and_earlier_statements_before_it() -> None:
    newest = listing((at(3), "ICU"), (at(9), "7 East"), recorded=at(10))
    for said in ((ADMITTED, MOVED, newest), (newest, MOVED, ADMITTED), (MOVED, newest, ADMITTED)):
        assert wards(*said) == [(at(0), "3 West"), (at(3), "ICU"), (at(9), "7 East")]


def test_a_ward_that_the_newest_list_has_no_longer_never_was() -> None:
    mistaken = listing((at(0), "3 West"), (at(2), "ICU"), (at(5), "7 East"), recorded=at(6))
    put_right = listing((at(0), "3 West"), (at(5), "7 East"), recorded=at(7))
    assert wards(mistaken, put_right) == [(at(0), "3 West"), (at(5), "7 East")]
    assert wards(put_right, mistaken) == wards(mistaken, put_right)


def test_a_list_in_any_order_is_read_in_order_of_time() -> None:
    newest = listing((at(5), "7 East"), (at(0), "ER"), (at(2), "ICU"), recorded=at(6))
    assert wards(newest) == [(at(0), "ER"), (at(2), "ICU"), (at(5), "7 East")]


@st.composite
def statements(draw: st.DrawFn) -> list[Encounter]:
    """A stay stated many times, more often than moves are remembered."""
    said = []
    for place in range(draw(st.integers(60, 80))):
        since = draw(st.one_of(st.none(), st.integers(0, 90).map(at)))
        ward = draw(st.sampled_from(("3 West", "ICU", "")))
        listed = (WardSince(since=at(0), ward="ER"), WardSince(since=at(place), ward=ward or "ICU"))
        said.append(
            corrected(
                ADMITTED, at(place // 2), ward=ward, ward_since=since, version=place % 3,
                wards_listed=draw(st.sampled_from(((), listed))),
            )
        )  # fmt: skip
    return said


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[Sequence[Encounter], Sequence[Encounter]]:
    """The same statements twice, the second time in another order and some of them repeated."""
    said = draw(statements())
    return said, draw(st.permutations([*said, *said[:5]]))


@given(arrivals())
def test_what_is_known_of_the_wards_does_not_depend_on_the_order_of_arrival(
    both: tuple[Sequence[Encounter], Sequence[Encounter]],
) -> None:
    told, retold = both
    assert folded(told, KNOWLEDGE) == folded(retold, KNOWLEDGE)
