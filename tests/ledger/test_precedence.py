"""Which of two statements about one thing counts, whichever arrives first."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.clinical import Administration, FactStatus
from services.safety.ledger.precedence import supersedes
from tests.builders import at, dose, quantity

FIRST = dose("baclofen", "10 mg", at(0), entity="dose")
LATER = timedelta(hours=1)


def stated(**changes: Any) -> Administration:
    """The first statement, said otherwise."""
    return FIRST.model_copy(update={"event_id": "other", **changes})


@pytest.mark.parametrize(
    "counts",
    [
        stated(recorded_at=at(1), received_at=at(1)),
        stated(version=1),
        stated(status=FactStatus.ENTERED_IN_ERROR),
        stated(recorded_at=at(1), received_at=at(1), status=FactStatus.ENTERED_IN_ERROR),
        stated(recorded_at=at(1), received_at=at(1), dose=quantity("5 mg")),
    ],
)
def test_what_was_charted_later_counts_then_the_higher_version_then_the_void(counts: Administration) -> None:
    assert supersedes(counts, FIRST) is True
    assert supersedes(FIRST, counts) is False


def test_a_later_record_counts_over_a_void_and_a_higher_version_over_a_lower_void() -> None:
    void = stated(status=FactStatus.ENTERED_IN_ERROR)
    assert supersedes(stated(recorded_at=at(1), received_at=at(1)), void) is True
    assert supersedes(stated(version=1), void) is True
    assert supersedes(void, stated(version=1)) is False


def test_of_equal_claims_with_other_content_the_same_one_counts_in_either_order() -> None:
    five, ten = stated(dose=quantity("5 mg")), FIRST
    assert supersedes(five, ten) is not supersedes(ten, five)


def test_a_repetition_changes_nothing_and_of_two_the_one_received_first_is_kept() -> None:
    again = stated(received_at=FIRST.received_at + LATER)
    assert supersedes(FIRST, FIRST) is False
    assert supersedes(again, FIRST) is False
    assert supersedes(FIRST, again) is True


def test_of_two_received_at_once_the_event_id_decides() -> None:
    a, b = stated(event_id="a"), stated(event_id="b")
    assert (supersedes(a, b), supersedes(b, a)) == (True, False)
