"""A sorted run of timed entries."""

from datetime import timedelta

from services.safety.ledger.entries import Given
from services.safety.ledger.giving import given_of
from services.safety.ledger.timeline import Timeline
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, dose


def entry(name: str, hours: float, lasting: float = 0) -> Given:
    return given_of(dose(when=at(hours), lasting=timedelta(hours=lasting), entity=name), KNOWLEDGE)[0]


def timeline(*entries: Given) -> Timeline[Given]:
    built: Timeline[Given] = Timeline()
    for item in entries:
        built = built.with_entry(item)
    return built


A, B, C = entry("a", 0), entry("b", 5, lasting=10), entry("c", 9)


def test_entries_stand_in_order_of_their_start_whatever_the_order_of_entry() -> None:
    assert timeline(C, A, B).entries == timeline(A, B, C).entries == (A, B, C)


def test_the_longest_is_known_after_it_left() -> None:
    assert timeline(A, B, C).longest == timedelta(hours=10)
    assert timeline(A, B, C).without_entity("b", at(5)) == timeline(A, C)


def test_overlapping_reaches_back_as_far_as_the_longest_entry() -> None:
    assert timeline(A, B, C).overlapping(at(14), at(20)) == (B, C)
    assert timeline(A, B, C).overlapping(at(19), at(20)) == ()


def test_what_begins_later_is_not_the_latest() -> None:
    assert timeline(A, B, C).latest(at(9)) == C
    assert timeline(A, B, C).latest(at(9, seconds=-1)) == B
    assert timeline(A, B, C).latest(at(-1)) is None


def test_the_next_start_is_told() -> None:
    assert timeline(A, B, C).next_after(at(0)) == at(5)
    assert timeline(A, B, C).next_after(at(9)) is None


def test_since_and_before_part_a_timeline() -> None:
    whole = timeline(A, B, C)
    assert whole.before(at(5)) == (A,)
    assert whole.since(at(5)) == timeline(B, C)
