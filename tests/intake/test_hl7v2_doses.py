"""RAS: what was given, by HL7."""

from base64 import b64decode
from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.clinical import Administration, FactStatus, Outcome
from schemas.medications import Route
from schemas.quantities import Quantity
from services.intake.door import Door
from services.safety.ledger.precedence import supersedes
from tests.intake.hl7v2_writing import LIVE, NOW, ORC, SENT, facts, message, only, ras, refusals, rxa, told
from tests.intake.writing import at, describe, rejected


def dose(**changed: str) -> Administration:
    return only(ras(rxa(**changed), "RXR|PO^Oral^HL70162"), Administration)


def refused(**changed: str) -> tuple[str, str, int | None, str]:
    return refusals(ras(rxa(**changed)))[0]


def mg(value: str, unit: str = "mg") -> Quantity:
    return Quantity(value=Decimal(value), unit=unit)


def test_a_dose_has_its_drug_amount_route_order_and_three_times() -> None:
    given = dose()
    assert given.medication.codings[0].system == "rxnorm"
    assert (given.dose, given.route, given.outcome) == (mg("10"), Route.ORAL, Outcome.GIVEN)
    assert (given.patient, given.order) == ("WEST|4711", "order/placer/CPOE|ORD77")
    assert (given.effective_at, given.recorded_at, given.received_at) == (
        at("2026-03-01T07:00:00"),
        SENT,
        NOW,
    )
    assert not given.assumed_tz


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("", Outcome.GIVEN), ("CP", Outcome.GIVEN), ("PA", Outcome.GIVEN), ("RE", Outcome.NOT_DONE),
     ("NA", Outcome.NOT_DONE)],
)  # fmt: skip
def test_rxa_20_says_whether_it_was_given(status: str, outcome: Outcome) -> None:
    assert dose(f20=status).outcome is outcome


def test_of_a_dose_given_in_part_the_amount_of_rxa_6_counts() -> None:
    part = dose(f6="6", f20="PA")
    assert (part.outcome, part.dose) == (Outcome.GIVEN, mg("6"))


@pytest.mark.parametrize(
    "note", ["wasted 4 mg", "4 mg wasted", "Waste: 4 mg", "4 mg was discarded, 6 mg given", "wasted 2 mL"]
)
def test_how_much_was_wasted_is_never_added_and_contradicts_nothing(note: str) -> None:
    part = dose(f6="6", f9=f"^{note}", f20="PA")
    assert (part.outcome, part.dose, part.dose_text) == (Outcome.GIVEN, mg("6"), note)


@pytest.mark.parametrize("note", ["wasted 2 of 4 mg", "4 mg drawn, rest wasted", "wasted 2 mg, gave 4 mg"])
def test_a_note_of_waste_that_says_another_amount_leaves_it_in_doubt(note: str) -> None:
    assert dose(f6="6", f9=f"^{note}", f20="PA").dose is None


def test_a_reason_for_refusal_alone_says_that_it_was_not_given() -> None:
    assert dose(f20="", f18="00^Parental decision").outcome is Outcome.NOT_DONE


def test_given_and_refused_at_once_is_not_believed() -> None:
    assert refused(f20="CP", f18="00^Parental decision") == ("unknown-status", "RXA", 20, "103")


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"f20": "ZZ"}, ("unknown-status", "RXA", 20, "103")),
        ({"f21": "Q"}, ("unknown-status", "RXA", 21, "103")),
        ({"f3": ""}, ("missing-time", "RXA", 3, "101")),
        ({"f3": "20260301"}, ("imprecise-time", "RXA", 3, "102")),
        ({"f3": "at eight"}, ("bad-time", "RXA", 3, "102")),
        ({"f3": "20260301080000+2500"}, ("bad-time", "RXA", 3, "102")),
        ({"f3": "20260231080000"}, ("bad-time", "RXA", 3, "102")),
        ({"f4": "20260301070000+0100"}, ("end-before-start", "RXA", 4, "102")),
        ({"f5": ""}, ("missing-drug", "RXA", 5, "101")),
        ({"f6": "75 mg"}, ("bad-number", "RXA", 6, "102")),
        ({"f6": "10-20"}, ("bad-number", "RXA", 6, "102")),
        ({"f6": "NaN"}, ("bad-number", "RXA", 6, "102")),
        ({"f6": "1e9"}, ("bad-number", "RXA", 6, "102")),
        ({"f6": "9" * 28}, ("bad-number", "RXA", 6, "102")),
        ({"f6": "-5"}, ("negative-value", "RXA", 6, "102")),
    ],
)
def test_what_is_refused_names_the_field(
    changed: dict[str, str], fault: tuple[str, str, int | None, str]
) -> None:
    assert refused(**changed) == fault


def test_a_dose_of_the_future_is_refused() -> None:
    assert refused(f3="20260301120000+0100")[0] == "future-event"


def test_the_refused_dose_names_the_entity_that_a_readable_one_will_state() -> None:
    outcome = ras(rxa(f20="ZZ"))
    (reading,) = rejected(outcome.readings)
    assert (reading.about, reading.patient) == (dose().entity, "WEST|4711")


def test_one_bad_dose_of_a_message_costs_only_itself_and_its_record_can_be_read_again() -> None:
    outcome = ras(rxa(), rxa(f2="2", f6="much"), rxa(f2="3"))
    assert [item.sequence for item in outcome.faults] == [2]
    assert len(facts(outcome)) == 2
    (kept,) = rejected(outcome.readings)
    again = told(b64decode(kept.rejection.content).replace(b"much", b"10"))
    assert only(again, Administration).entity.endswith("/2/20260301080000+0100")


def test_two_offsets_are_two_instants() -> None:
    given = dose(f3="20260301050000-0200", f4="20260301050000-0300")
    assert (given.effective_at, given.ended_at) == (at("2026-03-01T07:00:00"), at("2026-03-01T08:00:00"))


def test_an_odd_offset_is_an_offset() -> None:
    assert dose(f3="20260301091500+0215").effective_at == at("2026-03-01T07:00:00")


def test_a_time_without_offset_is_the_facilitys_and_flagged() -> None:
    given = dose(f3="20260301080000")
    assert (given.effective_at, given.assumed_tz) == (at("2026-03-01T07:00:00"), True)


def test_start_and_end_at_the_same_instant_are_a_point() -> None:
    assert dose(f4="20260301080000+0100").ended_at is None


def test_an_amount_in_the_field_of_the_unit_stays_a_unit_nobody_can_calculate_with() -> None:
    assert dose(f6="1", f7="75 mg").dose == Quantity(value=Decimal(1), unit="75 mg")


def test_a_unit_known_by_its_text_is_taken_by_its_text() -> None:
    assert dose(f7="43^mg^LOCAL").dose == mg("10")


def test_no_unit_is_no_unit() -> None:
    assert dose(f7="").dose == Quantity(value=Decimal(10), unit="{unstated}")


def test_a_dose_only_in_words_stays_words() -> None:
    given = dose(f6="", f7="", f9="^650mg oral by White, Betty at 7/17/09 14:22")
    assert (given.dose, given.dose_text) == (None, "650mg oral by White, Betty at 7/17/09 14:22")


def test_999_without_unit_is_an_unknown_amount() -> None:
    assert dose(f6="999", f7="").dose is None
    assert dose(f6="999", f7="mg").dose == mg("999")


def test_words_against_structure_are_both_not_believed() -> None:
    given = dose(f6="1", f9="^gave ONE tablet")
    assert (given.dose, given.dose_text) == (None, "gave ONE tablet")
    assert dose(f6="10", f9="^gave 10 mg").dose == mg("10")


def test_a_rate_is_a_rate_by_its_unit_or_by_rxa_12() -> None:
    for changed in ({"f7": "mg/hr^mg/hr"}, {"f12": "H1"}):
        given = dose(f4="20260301100000+0100", f6="5", **changed)
        assert given.dose is None
        assert given.rate is not None
        assert (given.rate.amount, given.rate.per_seconds) == (mg("5"), 3_600)


def test_a_rate_without_an_end_is_in_progress_unless_it_is_said_to_be_complete() -> None:
    running = {"f4": "", "f6": "5", "f7": "mg", "f12": "H1"}
    assert dose(**running, f20="").outcome is Outcome.IN_PROGRESS
    assert dose(**running, f20="PA").outcome is Outcome.IN_PROGRESS
    assert dose(**running, f20="CP").outcome is Outcome.GIVEN
    assert dose(**running, f20="RE").outcome is Outcome.NOT_DONE
    ended = running | {"f4": "20260301090000+0100"}
    assert dose(**ended, f20="").outcome is Outcome.GIVEN
    assert dose(f4="", f20="").outcome is Outcome.GIVEN


def test_tablets_count_by_the_strength_beside_them() -> None:
    given = dose(f6="2", f7="TAB", f13="5", f14="mg")
    (held,) = given.medication.ingredients
    assert (given.dose, held.strength, held.per) == (mg("2", "TAB"), mg("5"), mg("1", "{tablet}"))


def test_a_later_message_corrects_and_deletes_the_same_dose() -> None:
    first = dose()
    changed, deleted = dose(f6="5", f21="U"), dose(f21="D")
    assert first.entity == changed.entity == deleted.entity
    assert deleted.status is FactStatus.ENTERED_IN_ERROR
    assert supersedes(changed, first)
    assert supersedes(deleted, changed)


def test_a_correction_says_that_it_is_one() -> None:
    stated = [only(ras(rxa(f21=action)), Administration) for action in ("A", "U", "D")]
    assert [dose.corrects for dose in stated] == [False, True, False]


def test_a_dose_taken_back_need_not_say_what_it_was() -> None:
    assert dose(f21="D", f5="", f6="").status is FactStatus.ENTERED_IN_ERROR


def test_two_doses_of_one_order_are_two() -> None:
    assert dose().entity != dose(f2="2").entity
    assert dose().entity != dose(f3="20260301070000+0100").entity


def test_the_same_bytes_state_the_same_and_other_bodies_under_the_same_id_state_their_own() -> None:
    assert ras(rxa()) == ras(rxa())
    one, other = dose(), dose(f6="20")
    assert one.event_id != other.event_id


def test_two_doses_that_only_differ_in_amount_are_one_stated_twice() -> None:
    assert refusals(ras(rxa(), rxa(f6="20"))) == [("stated-twice", "ORC", None, "205")]
    assert list(map(describe, ras(rxa(), rxa()).readings)) == ["administration", "stated-twice-alike"]


def test_doses_need_no_order_number() -> None:
    outcome = told(message("RAS^O17", "ORC|RE", rxa(), rxa(f5="161^Acetaminophen^RXNORM", f6="500")))
    assert len({fact.entity for fact in facts(outcome)}) == 2


def test_each_rxr_speaks_of_the_doses_before_it() -> None:
    outcome = ras(rxa(), rxa(f2="2"), "RXR|PO", rxa(f2="3"), "RXR|^Intravenous^HL70162")
    routes = [fact.route for fact in facts(outcome) if isinstance(fact, Administration)]
    assert routes == [Route.ORAL, Route.ORAL, Route.INTRAVENOUS]


def test_a_choice_of_routes_is_no_route() -> None:
    assert only(ras(rxa(), "RXR|PO", "RXR|IV"), Administration).route is Route.UNKNOWN


def test_an_administration_message_without_doses_is_refused() -> None:
    assert refusals(ras()) == [("missing-dose", "MSH", 9, "101")]


def test_without_msh_7_the_time_of_entry_orders_the_statements() -> None:
    bare = message("RAS^O17", ORC.format(control="RE"), rxa(f22="20260301080300+0100"))
    given = only(told(bare.replace(b"20260301080512+0100", b"")), Administration)
    assert given.recorded_at == at("2026-03-01T07:03:00")


def test_simulated_time_is_received_when_the_message_was_sent() -> None:
    content = message("RAS^O17", ORC.format(control="RE"), rxa())
    assert only(told(content, Door()), Administration).received_at == SENT
    assert only(told(content, LIVE), Administration).received_at - SENT < timedelta(minutes=1)
