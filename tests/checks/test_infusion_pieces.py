"""A dose into a vein whose rate was changed, so that each of its pieces is charted for itself."""

from datetime import timedelta

import pytest

from schemas.clinical import PatientFact
from schemas.medications import Route
from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.doses.infusion_time import DoseTooShort
from services.safety.checks.further_dose import further_doses
from services.safety.checks.judgement import Finding
from services.safety.ledger.folding import fold, folded
from tests.brief_knowledge import amount, knowledge
from tests.builders import at, dosage, dose, order
from tests.checks.test_infusion_time import rule
from tests.checks.ward import Ward

DRUG = "gabapentin"
VEIN = Route.INTRAVENOUS
ward = Ward(
    DoseTooShort(), knowledge(rules=(rule("all", 60), rule("high", 90, doses_above=amount("1000 mg"))))
)
BAG = order(DRUG, None, at(-1), dosages=(dosage("1000 mg", times=2, route=VEIN),), entity="bag")


def piece(stated: str, start: float, minutes: float, under: str | None = "bag") -> PatientFact:
    """It begins so many minutes after the first."""
    return dose(
        DRUG,
        stated,
        at(0, seconds=60 * start),
        route=VEIN,
        lasting=timedelta(minutes=minutes),
        order=under,
        entity=f"piece-{start}",
    )


def told(*facts: PatientFact, hours: float = 2) -> Finding | None:
    return ward.finding(list(facts), at(hours), DRUG)


def test_three_pieces_of_a_gram_within_an_hour_are_slow_enough() -> None:
    pieces = (piece("500 mg", 0, 30), piece("250 mg", 30, 15), piece("250 mg", 45, 20))
    assert told(BAG, *pieces) is None
    assert told(BAG, pieces[0]) is not None


def test_all_of_it_within_half_an_hour_is_too_fast() -> None:
    assert told(BAG, piece("500 mg", 0, 15), piece("500 mg", 15, 15)) is not None


def test_a_piece_that_ran_too_fast_is_told_however_slow_the_others_were() -> None:
    high = told(BAG, piece("500 mg", 0, 10), piece("500 mg", 10, 120), hours=3)
    assert high is not None and high.implicated == ("piece-0",)
    assert high.text.startswith(
        "gabapentin: 500 mg, a piece of 1000 mg which at its pace is given over 20 min by the charted times; "
        "at least 60 min are needed."
    )


def test_what_is_more_than_one_dose_of_the_order_is_no_dose_in_pieces() -> None:
    assert told(BAG, piece("500 mg", 0, 30), piece("501 mg", 30, 31)) is not None


def test_pieces_of_no_order_or_of_two_orders_are_doses_of_their_own() -> None:
    assert told(BAG, piece("500 mg", 0, 30, None), piece("500 mg", 30, 30, None)) is not None
    other = order(DRUG, None, at(-1), dosages=(dosage("1000 mg", times=2, route=VEIN),), entity="other")
    assert told(BAG, other, piece("500 mg", 0, 30), piece("500 mg", 30, 30, "other")) is not None


def test_five_minutes_apart_they_are_pieces_and_a_minute_more_are_two_doses() -> None:
    assert told(BAG, piece("500 mg", 0, 30), piece("500 mg", 35, 30)) is None
    assert told(BAG, piece("500 mg", 0, 30), piece("500 mg", 36, 30)) is not None


def test_what_runs_at_the_same_time_is_no_piece_of_the_other() -> None:
    assert told(BAG, piece("500 mg", 0, 30), piece("500 mg", 1, 30)) is not None


def test_the_row_for_a_larger_dose_goes_by_the_whole() -> None:
    large = order(DRUG, None, at(-1), dosages=(dosage("1200 mg", times=2, route=VEIN),), entity="bag")
    pieces = (piece("600 mg", 0, 32), piece("600 mg", 32, 32))
    high = told(large, *pieces)
    assert high is not None and "at least 90 min are needed" in high.text


def test_the_last_piece_is_judged_with_the_first_for_as_long_as_it_is_told() -> None:
    pieces = (piece("500 mg", 0, 30), piece("500 mg", 30, 30))
    assert told(BAG, *pieces, hours=24.75) is None


@pytest.mark.parametrize(("start", "stands"), [(60, False), (65, False), (66, True)])
def test_after_a_further_piece_the_earlier_ones_are_looked_at_again(start: float, stands: bool) -> None:
    was = folded([BAG, piece("500 mg", 0, 60)], ward.knowledge)
    ledger, change = fold(was, piece("600 mg", start, 95), ward.knowledge)
    assert change is not None
    view = view_of(ledger, ward.knowledge, at(3), {"ward": at(3)})
    (further,) = further_doses(view, was.given, change)
    held = ward.judge([BAG, piece("500 mg", 0, 60)], at(2), DRUG)
    assert DoseTooShort().stands(view, further, held) is stands
