"""An order is stopped because the patient moves: the page for it waits for the new order, and not for ever.

Baclofen every eight hours for ten days, the last dose on the morning; the next is due eight hours after it.
"""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.clinical import Order, OrderState, PatientFact
from schemas.dosage import Dosage, Rate
from schemas.issues import DetectedIssue, Transition
from services.safety.checks.stopping.withdrawal import WithdrawalRisk
from tests.builders import at, corrected, dosage, encounter, order, quantity, stopped, tick
from tests.checks.test_withdrawal import USED, WARD_ORDER, doses
from tests.engine.hospital import Hospital
from tests.engine.ward import engine

GRACE, AT_ONCE = timedelta(minutes=15), timedelta(seconds=30)
STAY = encounter(at(days=-20))
NEW_ORDER = order("baclofen", "10 mg", at(4, minutes=10), every=timedelta(hours=8), entity="order-2")


def told(*facts: PatientFact) -> list[DetectedIssue]:
    """What the last of some facts told of withdrawal."""
    hospital = Hospital(engine(checks=[WithdrawalRisk()]))
    hospital.take(*facts[:-1])
    return [issue for issue in hospital.take(facts[-1]) if issue.check == "withdrawal"]


def waits(*facts: PatientFact) -> timedelta:
    """How long the page waits for what the last fact raises."""
    (issue,) = told(*facts)
    assert issue.transition is Transition.RAISED
    return issue.page_from - issue.at


def test_the_page_for_a_stop_waits_for_the_new_order_of_a_transfer() -> None:
    assert waits(STAY, *USED, stopped(WARD_ORDER, at(4))) == GRACE


def test_the_new_order_ends_it_before_anybody_is_paged() -> None:
    stop = stopped(WARD_ORDER, at(4))
    (raised,) = told(STAY, *USED, stop)
    (ended,) = told(STAY, *USED, stop, NEW_ORDER)
    assert (ended.transition, ended.open) == (Transition.RESOLVED, False)
    assert ended.at < raised.page_from


def test_a_stop_shortly_before_a_dose_is_due_is_paged_at_once() -> None:
    assert waits(STAY, *USED, stopped(WARD_ORDER, at(7, minutes=44))) == GRACE
    assert waits(STAY, *USED, stopped(WARD_ORDER, at(7, minutes=45))) == AT_ONCE


def test_a_stop_after_a_dose_was_missed_is_paged_at_once() -> None:
    assert waits(STAY, *USED, stopped(WARD_ORDER, at(10))) == AT_ONCE


def test_a_hold_an_expiry_and_a_discharge_wait_for_no_new_order() -> None:
    held = corrected(WARD_ORDER, at(4), state=OrderState.ON_HOLD)
    assert waits(STAY, *USED, held) == AT_ONCE
    expired = corrected(WARD_ORDER, at(4), ends_at=at(4))
    assert waits(STAY, *USED, expired) == AT_ONCE
    assert waits(STAY, *USED, corrected(STAY, at(4), ends_at=at(4))) == AT_ONCE


def by(change: Dosage) -> Order:
    return corrected(WARD_ORDER, at(days=-9), dosages=(change,))


@pytest.mark.parametrize(
    "dosages",
    [
        dosage("10 mg", times=None),
        dosage("10 mg", times=3).model_copy(
            update={"rate": Rate(amount=quantity("1 mg"), per_seconds=Decimal(3600))}
        ),
    ],
    ids=["no-known-times", "an-infusion"],
)
def test_what_runs_or_is_given_at_no_known_times_is_paged_at_once(dosages: Dosage) -> None:
    running = by(dosages)
    assert waits(STAY, running, *doses(at(days=-10), at(0)), stopped(running, at(4))) == AT_ONCE


def test_the_page_comes_when_no_new_order_does_and_what_is_worse_then_waits_no_more() -> None:
    hospital = Hospital(engine(checks=[WithdrawalRisk()]))
    hospital.take(STAY, *USED, stopped(WARD_ORDER, at(4)), tick(at(4, minutes=16)))
    (standing,) = hospital.open(STAY.patient)
    assert standing.page_from == at(4, minutes=15)
    (worse,) = hospital.take(tick(at(24)))
    assert (worse.transition, worse.page_from - worse.at) == (Transition.WORSENED, AT_ONCE)
