"""Which waiting pages of one person go now, and which of them as one."""

from dataclasses import replace
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.policy.deciding import Subject
from services.notifier.policy.plan import Target
from services.notifier.telling.orders import Order
from services.notifier.together.bundling import Bundle, Place, Waiting, delivery_together, due

NURSE = Target("nurse-7", "pager")
_numbers = count()


def waiting(patient: str, ready_ms: int, *, digest: bool = False, held: bool = False) -> Waiting:
    number = next(_numbers)
    order = Order("00", f"{number}-0", f"alert-{number}:1:1:0:{NURSE}", NURSE, 3)
    place = Place.HELD if held else Place.WAIT
    return Waiting(
        order,
        Subject("3", 3, "interaction", technical=False, patient=patient),
        ready_ms,
        0,
        digest,
        place=place,
    )


def go(now_ms: int, *pages: Waiting) -> list[list[Waiting]]:
    return [list(bundle.waiting) for bundle in due(pages, now_ms)]


def test_nothing_goes_before_its_time() -> None:
    assert go(99, waiting("ada", 100)) == []


def test_with_the_first_of_a_patient_go_those_that_came_later_and_no_other_patients() -> None:
    first, later, other = waiting("ada", 100), waiting("ada", 180), waiting("bob", 150)
    assert go(100, first, other, later) == [[first, later]]
    assert go(150, first, other, later) == [[first, later], [other]]


def test_what_waited_goes_as_one_digest_of_all_patients() -> None:
    ada, bob, fresh = waiting("ada", 100, digest=True), waiting("bob", 120, digest=True), waiting("ada", 100)
    assert go(100, ada, bob, fresh) == [[ada, bob], [fresh]]


def test_once_what_was_held_back_may_go_everything_that_is_due_goes_with_it() -> None:
    held = [waiting("ada", 100, held=True), waiting("bob", 130, held=True)]
    fresh, not_yet = waiting("eve", 90), waiting("zoe", 101)
    (bundle,) = due([*held, fresh, not_yet], 100)
    assert list(bundle.waiting) == [*held, fresh]
    assert bundle.held_back_of(bundle.orders) == 2


def test_a_newer_page_of_what_was_held_back_goes_with_it_since_the_older_one_is_told_no_more() -> None:
    held, other = waiting("ada", 100, held=True), waiting("ada", 300)
    stem = held.order.delivery.partition(":")[0]
    again = replace(held.order, entry="999-0", delivery=f"{stem}:1:1:1:{NURSE}")
    newer = replace(waiting("ada", 400), order=again)
    assert go(100, held, other, newer) == [[held, newer]]


def test_the_id_of_a_page_names_exactly_what_it_tells() -> None:
    one, other, third = (waiting("ada", 1).order for _ in range(3))
    assert delivery_together([one, other]) == delivery_together([other, one])
    assert (
        len({delivery_together(orders) for orders in ([one, other], [one, third], [one, other, third])}) == 3
    )


_PAGES = st.lists(
    st.builds(
        waiting,
        st.sampled_from(("ada", "bob", "eve")),
        st.integers(0, 9),
        digest=st.booleans(),
        held=st.booleans(),
    ),
    max_size=12,
)


@given(pages=_PAGES, now_ms=st.integers(0, 9))
def test_everything_that_is_due_goes_exactly_once(pages: list[Waiting], now_ms: int) -> None:
    gone = [each for bundle in due(pages, now_ms) for each in bundle.waiting]
    assert len(gone) == len({each.order.delivery for each in gone})
    assert {id(each) for each in pages if each.ready_ms <= now_ms} <= {id(each) for each in gone}


def test_a_bundle_knows_its_orders() -> None:
    one, other = waiting("ada", 1), waiting("ada", 1)
    assert Bundle((one, other)).of([other.order]) == [other]
