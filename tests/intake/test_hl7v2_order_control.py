"""What becomes of an order, by HL7: changes, holds, stops, replacements."""

from decimal import Decimal

import pytest

from schemas.clinical import Order, OrderState
from schemas.quantities import Quantity
from services.safety.ledger.precedence import supersedes
from tests.intake.hl7v2_writing import ORC, facts, only, rde, refusals, rxe
from tests.intake.writing import at, describe, rejected


def ordered(*segments: str, control: str = "NW", orc: str = ORC) -> Order:
    return only(rde(*segments, control=control, orc=orc), Order)


def amount(value: str) -> Quantity:
    return Quantity(value=Decimal(value), unit="mg")


@pytest.mark.parametrize(
    ("control", "state"),
    [(code, OrderState.ACTIVE) for code in ("NW", "OK", "SN", "RE", "XO", "XX", "XR", "RL", "OE", "OR")]
    + [(code, OrderState.STOPPED) for code in ("DC", "OD", "DR", "CA", "OC", "CR")]
    + [(code, OrderState.ON_HOLD) for code in ("HD", "HR", "OH")],
)
def test_order_control_says_what_becomes_of_the_order(control: str, state: OrderState) -> None:
    assert ordered(rxe(), control=control).state is state


@pytest.mark.parametrize("control", ["UC", "UD", "UX", "UA", "DE"])
def test_that_something_could_not_be_done_leaves_the_order_not_assessed(control: str) -> None:
    outcome = rde(rxe(), control=control)
    assert refusals(outcome) == [("order-refused", "ORC", 1, "102")]
    assert rejected(outcome.readings)[0].about == "order/placer/CPOE|ORD77"


@pytest.mark.parametrize(
    ("control", "fault"),
    [("ZZ", ("unknown-order-control", "ORC", 1, "103")), ("", ("missing-order-control", "ORC", 1, "101")),
     ("PA", ("unknown-order-control", "ORC", 1, "103")), ("SC", ("unknown-status", "ORC", 5, "103"))],
)  # fmt: skip
def test_control_codes_that_say_nothing_are_refused(
    control: str, fault: tuple[str, str, int | None, str]
) -> None:
    assert refusals(rde(rxe(), control=control)) == [fault]


@pytest.mark.parametrize("control", ["NA", "RR", "RF", "SS"])
def test_control_codes_of_no_concern_are_passed_over(control: str) -> None:
    assert list(map(describe, rde(rxe(), control=control).readings)) == [f"order-control-{control}"]


@pytest.mark.parametrize(
    ("control", "status", "state"),
    [("NW", "CM", OrderState.COMPLETED), ("NW", "DC", OrderState.STOPPED), ("OK", "HD", OrderState.ON_HOLD),
     ("SC", "IP", OrderState.ACTIVE), ("SC", "CA", OrderState.STOPPED), ("DC", "IP", OrderState.STOPPED),
     ("NW", "ORDERED", OrderState.ACTIVE)],
)  # fmt: skip
def test_a_status_that_ends_the_order_wins(control: str, status: str, state: OrderState) -> None:
    orc = "ORC|{control}|ORD77^CPOE|||" + status + "||||20260301080000+0100"
    assert only(rde(rxe(), control=control, orc=orc), Order).state is state


def test_an_order_stops_when_the_change_takes_effect() -> None:
    orc = "ORC|{control}|ORD77^CPOE|||||^^^20260228080000+0100||20260301080000+0100||||||20260301100000+0100"
    assert only(rde(rxe(), control="DC", orc=orc), Order).stopped_at == at("2026-03-01T09:00:00")
    early = orc.replace("20260301100000", "20260227080000")
    assert only(rde(rxe(), control="CA", orc=early), Order).stopped_at == at("2026-02-28T07:00:00")


def test_the_later_step_of_the_same_second_holds() -> None:
    new, held, stopped = (ordered(rxe(), control=control) for control in ("NW", "HD", "DC"))
    assert supersedes(held, new)
    assert supersedes(stopped, held)


def test_a_replacement_takes_the_place_of_the_order_before_it() -> None:
    outcome = rde(rxe(), "ORC|RO|ORD78^CPOE", rxe(f3="10"), control="RP")
    old, new = facts(outcome)
    assert isinstance(old, Order)
    assert isinstance(new, Order)
    assert (old.state, new.state) == (OrderState.STOPPED, OrderState.ACTIVE)
    assert (new.entity, new.replaces) == ("order/placer/CPOE|ORD78", old.entity)


def test_a_replaced_order_need_not_be_told_again() -> None:
    outcome = rde("ORC|RO|ORD78^CPOE", rxe(f3="10"), control="RU")
    assert only(outcome, Order).replaces == "order/placer/CPOE|ORD77"
    assert list(map(describe, outcome.readings)) == ["replaced-by-the-next-order", "order"]


def test_a_replacement_under_the_same_number_is_its_next_version() -> None:
    for segments, control in (((rxe(), "ORC|RO|ORD77^CPOE", rxe(f3="10")), "RP"), ((rxe(f3="10"),), "XO")):
        new = only(rde(*segments, control=control), Order)
        assert (new.dosages[0].dose_high, new.replaces) == (amount("10"), None)
        assert supersedes(new, ordered(rxe()))


def test_a_changed_order_under_a_new_number_names_its_parent() -> None:
    orc = "ORC|{control}|ORD78^CPOE||||||ORD77&CPOE"
    assert only(rde(rxe(), control="XO", orc=orc), Order).replaces == "order/placer/CPOE|ORD77"


def test_a_change_of_an_order_that_nobody_can_name_is_refused() -> None:
    assert refusals(rde(rxe(), control="DC", orc="ORC|{control}")) == [
        ("missing-order-number", "ORC", 2, "204")
    ]
    assert ordered(rxe(), orc="ORC|{control}").entity.startswith("order/unnumbered/")
    assert ordered(rxe(f15="RX1"), orc="ORC|{control}").entity == "order/prescription/RX1"


def test_an_end_without_its_drug_is_refused_because_it_would_wipe_out_what_was_ordered() -> None:
    assert refusals(rde(control="DC")) == [("missing-drug", "ORC", 1, "101")]


def test_two_drugs_under_one_number_are_not_taken_for_one() -> None:
    assert refusals(rde(rxe(), rxe(f3="10"))) == [("wrong-structure", "RXE", 1, "102")]
