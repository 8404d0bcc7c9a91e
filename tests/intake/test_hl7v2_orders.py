"""RDE, OMP and ORM: what was prescribed, by HL7."""

from decimal import Decimal
from typing import Any

import pytest

from schemas.clinical import Order, OrderState
from schemas.dosage import Dosage
from schemas.medications import Route
from schemas.quantities import Quantity
from tests.intake.hl7v2_writing import BACLOFEN, fields, message, only, rde, refusals, rxe, told
from tests.intake.writing import at, describe

TQ1 = "TQ1|1||{pattern}|{times}|||20260301090000+0100|{end}||||{conjunction}||"


def tq1(pattern: str = "TID", times: str = "", end: str = "", conjunction: str = "") -> str:
    return TQ1.format(pattern=pattern, times=times, end=end, conjunction=conjunction)


def ordered(*segments: str, control: str = "NW", **more: Any) -> Order:
    return only(rde(*segments, control=control, **more), Order)


def dosage(*segments: str) -> Dosage:
    (found,) = ordered(*segments).dosages
    return found


def amount(value: str, unit: str = "mg") -> Quantity:
    return Quantity(value=Decimal(value), unit=unit)


def per_day(found: Dosage) -> Decimal | None:
    return (
        found.times_high * 86_400 / found.period_seconds
        if found.times_high and found.period_seconds
        else None
    )


def test_an_encoded_order_has_drug_dose_schedule_and_route() -> None:
    order = ordered(rxe(), tq1(), "RXR|PO^Oral^HL70162")
    (found,) = order.dosages
    assert (order.entity, order.state) == ("order/placer/CPOE|ORD77", OrderState.ACTIVE)
    assert (found.dose_low, found.dose_high, found.route) == (amount("5"), amount("5"), Route.ORAL)
    assert per_day(found) == 3
    assert order.effective_at == found.starts_at == at("2026-03-01T08:00:00")


@pytest.mark.parametrize(
    ("pattern", "daily"),
    [("QD", 1), ("BID", 2), ("TID", 3), ("QID", 4), ("5ID", 5), ("Q6H", 4), ("Q30M", 48),
     ("Q2D", Decimal("0.5")), ("QOD", Decimal("0.5")), ("QHS", 1),
     ("QAM~QHS", 2), ("PCM", 1), ("^^^^8^h", 3), ("Q8H^^^^8^h", 3)],
)  # fmt: skip
def test_repeat_patterns_are_schedules(pattern: str, daily: Decimal) -> None:
    assert per_day(dosage(rxe(), tq1(pattern))) == daily


@pytest.mark.parametrize("pattern", ["TIW&Mo-We-Fr", "MEALS", "ZZ"])
def test_a_pattern_nobody_knows_is_no_schedule_and_stays_visible(pattern: str) -> None:
    found = dosage(rxe(), tq1(pattern))
    assert (per_day(found), found.text) == (None, pattern.split("&")[0])


@pytest.mark.parametrize(("pattern", "times"), [("BID", "0600~1200~1800"), ("Q8H^^^^6^h", "")])
def test_two_schedules_that_contradict_each_other_are_not_believed(pattern: str, times: str) -> None:
    found = dosage(rxe(), tq1(pattern, times))
    assert (found.dose_high, per_day(found), found.times_of_day) == (None, None, ())
    assert "5 mg" in found.text


def test_times_of_day_are_a_schedule() -> None:
    assert dosage(rxe(), tq1("", "0600~12:00~180000")).times_of_day == ("06:00", "12:00", "18:00")


@pytest.mark.parametrize("pattern", ["", "BID", "TID"])
def test_a_time_of_day_that_is_none_makes_no_schedule_of_the_others(pattern: str) -> None:
    for found in (
        dosage(rxe(), tq1(pattern, "0600~12X0~1800")),
        dosage(rxe(f1=f"^{pattern}&0600,12X0,1800")),
    ):
        assert (found.dose_high, per_day(found), found.times_of_day) == (None, None, ())
        assert "0600 12X0 1800" in found.text


@pytest.mark.parametrize(("often", "ends"), [("Q8H", "03T00:00:00"), ("BID", "03T20:00:00")])
def test_a_number_of_doses_ends_when_the_last_has_had_its_time(often: str, ends: str) -> None:
    for detail, behind in (
        (rxe(), tq1(often) + "5"), (rxe(f1=f"^{often}^X5^20260301090000+0100"), "RXR|PO^Oral^HL70162"),
    ):  # fmt: skip
        order = ordered(detail, behind)
        assert order.ends_at == order.dosages[0].ends_at == at(f"2026-03-{ends}")


def test_neither_doses_as_needed_nor_a_single_one_end_so() -> None:
    assert dosage(rxe(), tq1("PRNQ8H") + "5").ends_at is None
    once = dosage(rxe(), tq1("Q8H") + "1")
    assert (once.once, once.ends_at) == (True, None)


@pytest.mark.parametrize("pattern", ["PRN", "PRNQ6H"])
def test_as_needed_by_pattern(pattern: str) -> None:
    assert dosage(rxe(), tq1(pattern)).as_needed


def test_as_needed_by_words_and_by_priority() -> None:
    assert dosage(rxe(f7="^for spasms as needed"), tq1()).as_needed
    assert dosage(rxe(f1="^Q6H^^20260301090000^^PRN")).as_needed


def test_once_is_once() -> None:
    assert dosage(rxe(), tq1("Once")).once
    assert dosage(rxe(f1="^^X1^20260301090000")).once


def test_quantity_timing_of_2_3_is_read() -> None:
    order = ordered(rxe(f1="1^Q8H&0600,1400,2200^D5^20260301060000+0100"))
    (found,) = order.dosages
    assert (per_day(found), found.times_of_day) == (3, ("06:00", "14:00", "22:00"))
    assert (found.starts_at, found.ends_at) == (at("2026-03-01T05:00:00"), at("2026-03-06T05:00:00"))
    assert order.ends_at == found.ends_at


def test_what_rxe_1_leaves_open_is_taken_from_the_order() -> None:
    orc = "ORC|{control}|ORD77^CPOE|||||10^BID^D4^^^R||20260301080000+0100"
    found = only(rde(rxe(f1="^^^20260301090000+0100^^R", f10="10"), orc=orc), Order).dosages[0]
    assert (per_day(found), found.dose_high, found.ends_at) == (2, amount("5"), at("2026-03-05T08:00:00"))


def test_a_quantity_that_multiplies_the_dose_is_not_believed() -> None:
    found = dosage(rxe(f1="2^BID^^20260301090000"))
    assert (found.dose_high, per_day(found)) == (None, None)
    assert "5 mg" in found.text


@pytest.mark.parametrize("quantity", ["1", "5", "5&mg", "5000&ug", "2&tablet"])
def test_a_quantity_that_says_the_same_or_something_else_changes_nothing(quantity: str) -> None:
    assert dosage(rxe(f1=f"{quantity}^BID^^20260301090000")).dose_high == amount("5")


def test_pieces_that_are_counted_twice_and_differ_are_not_believed() -> None:
    assert dosage(rxe(f3="2", f5="TAB", f1="1&tablet^BID^^20260301090000")).dose_high is None
    assert dosage(rxe(f3="2", f5="TAB", f1="2&tablet^BID^^20260301090000")).dose_high == amount("2", "TAB")


def test_words_against_structure_are_both_not_believed() -> None:
    found = dosage(rxe(f3="1", f5="MG", f7="^Take ONE tablet by mouth nightly when needed"), tq1("QHS"))
    assert (found.dose_high, per_day(found), found.as_needed) == (None, None, True)
    often = dosage(rxe(f7="^5 mg twice daily"), tq1("TID"))
    assert (often.dose_high, per_day(often), often.text) == (None, None, "5 mg twice daily")


def test_an_amount_in_the_field_of_the_unit_is_not_believed() -> None:
    assert dosage(rxe(f3="1", f5="75 mg")).dose_high == amount("1", "75 mg")


def test_a_range_keeps_both_ends() -> None:
    found = dosage(rxe(f3="5", f4="10"))
    assert (found.dose_low, found.dose_high) == (amount("5"), amount("10"))
    assert refusals(rde(rxe(f3="10", f4="5"))) == [("bad-number", "RXE", 4, "102")]


def test_tablets_count_by_the_strength_beside_them() -> None:
    order = ordered(rxe(f3="2", f5="TAB", f25="10", f26="mg"))
    (held,) = order.medication.ingredients
    assert (held.strength, held.per) == (amount("10"), amount("1", "{tablet}"))


def test_a_strength_per_volume_is_one() -> None:
    for strength in ({"f25": "0.2", "f26": "mg/mL"}, {"f25": "0.2", "f26": "mg", "f33": "1", "f34": "mL"}):
        (held,) = ordered(rxe(f3="50", f5="mL", **strength)).medication.ingredients
        assert (held.strength, held.per) == (amount("0.2"), amount("1", "mL"))


@pytest.mark.parametrize(
    ("changed", "rate"),
    [
        ({"f3": "5", "f5": "43^mg/hr"}, (amount("5"), 3_600)),
        ({"f3": "75", "f5": "mL", "f22": "H1"}, (amount("75", "mL"), 3_600)),
        ({"f3": "500", "f5": "mL", "f23": "100", "f24": "mL/hr"}, (amount("100", "mL"), 3_600)),
        ({"f3": "500", "f5": "mL", "f22": "H8", "f23": "100", "f24": "mL"}, (amount("100", "mL"), 28_800)),
    ],
)
def test_infusions_have_rates(changed: dict[str, str], rate: tuple[Quantity, int]) -> None:
    found = dosage(rxe(**changed))
    assert found.rate is not None
    assert (found.rate.amount, found.rate.per_seconds) == rate
    assert (found.dose_high is None) == ("f23" not in changed)


def test_two_rates_that_contradict_each_other_are_not_believed() -> None:
    found = dosage(rxe(f3="5", f5="mg/hr", f23="10", f24="mg/hr"))
    assert (found.rate, found.text) == (None, "5 mg/hr")
    same = dosage(rxe(f3="6", f5="mg/hr", f23="0.1", f24="mg/min"))
    assert same.rate is not None


def test_every_code_of_the_drug_is_kept() -> None:
    code = "0006-0740^Simvastatin^NDC^36567^simvastatin^RXNORM^^^simvastatin (ZOCOR) 20 MG"
    drug = ordered(rxe(f2=code, f31="C10AA01^^ATC~77^^LOCAL")).medication
    assert [item.system for item in drug.codings] == ["ndc", "rxnorm", "atc", "LOCAL"]
    assert drug.text == "simvastatin (ZOCOR) 20 MG"


def test_what_the_pharmacy_encoded_stands_and_nothing_of_another_drug_is_mixed_in() -> None:
    order = ordered(
        "RXO|161^Acetaminophen^RXNORM|500||mg", "RXR|PR", "RXC|B|161^Acetaminophen^RXNORM|500|mg",
        rxe(), "RXR|PO",
    )  # fmt: skip
    assert [item.code for item in order.medication.codings] == ["1292"]
    assert (order.medication.ingredients, order.dosages[0].dose_high) == ((), amount("5"))
    assert order.dosages[0].route is Route.ORAL


def test_a_mixture_names_what_is_added_and_not_how_much() -> None:
    order = ordered(
        rxe(f2="IV1^Potassium in saline^L", f3="1", f5="BAG"),
        "RXC|B|9863^Sodium chloride^RXNORM|1000|mL", "RXC|A|8591^Potassium chloride^RXNORM|20|meq",
    )  # fmt: skip
    assert [(item.name, item.strength) for item in order.medication.ingredients] == [
        ("Potassium chloride", None)
    ]


def test_orders_of_the_ward_are_read_from_rxo() -> None:
    rxo = fields("RXO", f1=BACLOFEN, f2="5", f4="mg", f7="^with food")
    for kind in ("OMP^O09^OMP_O09", "ORM^O01"):
        order = only(told(message(kind, "ORC|NW|ORD77^CPOE", rxo, tq1())), Order)
        assert (order.dosages[0].dose_high, order.dosages[0].text) == (amount("5"), "with food")


def test_an_order_of_no_drug_is_passed_over() -> None:
    outcome = told(message("ORM^O01", "ORC|NW|X1", "OBR|1|||24725-4^CT Head^LN"))
    assert list(map(describe, outcome.readings)) == ["order-of-no-drug"]


def test_tapers_are_dosages_in_sequence() -> None:
    first, second = ordered(rxe(), tq1("TID", end="20260305", conjunction="S"), tq1("BID")).dosages
    assert (first.sequence, second.sequence) == (1, 2)
    assert (per_day(first), per_day(second)) == (3, 2)
    assert first.ends_at == at("2026-03-05T23:00:00")


def test_a_timing_that_ends_before_it_starts_is_refused() -> None:
    assert refusals(rde(rxe(), tq1(end="20260201")))[0][0] == "end-before-start"


def test_an_order_without_any_time_is_refused_or_received_now() -> None:
    bare = message("RDE^O11", "ORC|NW|ORD77", rxe()).replace(b"20260301080512+0100", b"")
    assert refusals(told(bare)) == [("missing-time", "ORC", None, "101")]


def test_a_message_without_orders_is_refused() -> None:
    assert refusals(told(message("RDE^O11"))) == [("missing-order-control", "MSH", 9, "101")]
    assert refusals(told(message("RDE^O11", rxe()))) == [("missing-order-control", "RXE", 1, "101")]


def test_an_order_is_known_by_all_of_its_numbers() -> None:
    named = only(rde(rxe(f15="P5")), Order)
    assert named.entity == "order/placer/CPOE|ORD77"
    assert named.also_known == ("order/filler/PHARM|RX99", "order/prescription/P5")
    alone = only(rde(rxe(), orc="ORC|{control}||RX99^PHARM"), Order)
    assert (alone.entity, alone.also_known) == ("order/filler/PHARM|RX99", ())
