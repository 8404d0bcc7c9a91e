"""What could not be judged is said, once for each drug and reason."""

import pytest

from schemas.clinical import OrderState, PatientFact
from schemas.medications import Route
from services.safety.checks.not_assessed.unassessed import UnassessedDrug
from services.safety.checks.not_assessed.unreadable import UnassessedRecord
from tests.builders import (
    at,
    corrected,
    dosage,
    dose,
    encounter,
    in_words,
    merge,
    order,
    person,
    stopped,
    tablets,
    unreadable,
    voided,
)
from tests.checks.ward import Ward

drugs = Ward(UnassessedDrug())
records = Ward(UnassessedRecord())


def reasons(facts: list[PatientFact], now: int = 0, drug: str = "baclofen") -> list[str]:
    return [f.reason.value for f in drugs.judge(facts, at(now), drug).findings if f.reason is not None]


def test_an_unmapped_drug_is_said_once_however_often_it_was_given_or_ordered() -> None:
    water = in_words("Holy water")
    facts: list[PatientFact] = [dose(water, "5 mL", at(h)) for h in (0, 4, 8)]
    finding = drugs.finding([*facts, order(water, "5 mL")], at(8), "<holy water>")
    assert finding is not None
    assert finding.reason is not None
    assert finding.reason.value == "unmapped-drug"
    assert finding.subjects == ("holy water",)
    assert len(finding.implicated) == 4


def test_an_unmapped_drug_is_forgotten_when_no_window_can_hold_its_dose() -> None:
    facts: list[PatientFact] = [dose(in_words("Holy water"), "5 mL", at(0))]
    assert drugs.finding(facts, at(48, seconds=-1), "<holy water>") is not None
    assert drugs.finding(facts, at(48), "<holy water>") is None


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        ("3 furlong", "unknown-unit"),
        ("3 mL", "unconvertible-unit"),
        ("3 mmol", "unconvertible-unit"),
        ("3 mg/kg", "missing-weight"),
        ("3 mg/m2", "missing-weight"),
        ("3 furlong/kg", "unknown-unit"),
        ("3 mL/kg", "unconvertible-unit"),
        (None, "missing-dose"),
    ],
)
def test_a_dose_that_cannot_be_calculated_says_why(amount: str | None, reason: str) -> None:
    assert reasons([dose("baclofen", amount)]) == [reason]
    assert reasons([order("baclofen", amount)]) == [reason]


def test_a_dose_in_words_says_so() -> None:
    assert reasons([dose("baclofen", None, dose_text="one or two tablets")]) == ["text-only-dose"]
    assert reasons([order("baclofen", dosages=(dosage(None, text="as before"),))]) == ["text-only-dose"]


def test_one_issue_for_a_reason_with_all_its_facts() -> None:
    facts: list[PatientFact] = [dose("baclofen", None, at(0)), order("baclofen", None)]
    finding = drugs.finding(facts, at(0))
    assert finding is not None
    assert len(finding.implicated) == 2


def test_micrograms_without_a_route_are_not_taken_for_swallowed() -> None:
    assert reasons([dose("baclofen", "100 ug", route=Route.UNKNOWN)]) == ["implausible-value"]
    assert reasons([dose("baclofen", "100 ug", route=Route.INTRATHECAL)]) == []
    assert reasons([dose("baclofen", "10 mg", route=Route.UNKNOWN)]) == []


def test_a_product_known_by_its_name_only_cannot_be_calculated() -> None:
    assert reasons([dose(in_words("baclofen syrup"), "10 mg")]) == ["unmapped-drug"]


def test_a_route_without_limits_keeps_nothing_from_being_judged() -> None:
    assert reasons([dose("baclofen", None, route=Route.TOPICAL)]) == []


def test_a_drug_without_limits_has_nothing_to_calculate() -> None:
    assert reasons([dose("morphine", None)], drug="morphine") == []


def test_a_dose_that_was_not_done_needs_no_amount() -> None:
    assert reasons([dose("baclofen", None, done=False)]) == []


def test_what_can_be_calculated_is_silent() -> None:
    assert reasons([dose(tablets(baclofen="10 mg"), "1 {tablet}"), order("baclofen")]) == []


def test_a_voided_dose_and_a_stopped_order_are_forgotten() -> None:
    given, ordered = dose("baclofen", None), order("baclofen", None)
    assert reasons([given, voided(given, at(1)), ordered, stopped(ordered, at(1))], 1) == []


def test_an_order_without_a_dose_is_said_once_per_encounter_however_often_it_is_ordered_anew() -> None:
    facts: list[PatientFact] = [encounter(ends_at=at(100))]
    for hour in (1, 25, 49):
        ordered = order("baclofen", None, at(hour))
        facts += [ordered, stopped(ordered, at(hour + 6))]
    for hour in (2, 20, 30, 99):
        assert reasons(facts, hour) == ["missing-dose"]
    assert reasons(facts, 100) == []


def test_an_order_that_ended_in_an_earlier_encounter_is_no_part_of_the_next() -> None:
    ordered = order("baclofen", None, at(1))
    facts: list[PatientFact] = [
        encounter(at(0), ends_at=at(10)),
        ordered,
        stopped(ordered, at(9)),
        encounter(at(20)),
    ]
    assert reasons(facts, 9) == ["missing-dose"]
    assert reasons(facts, 21) == []


def test_limits_that_depend_on_an_unknown_age_are_said_to_be_left_out() -> None:
    assert reasons([dose("citalopram", "20 mg")], drug="citalopram") == ["missing-age"]
    assert reasons([dose("citalopram", "20 mg"), person(50)], drug="citalopram") == []
    assert reasons([dose("citalopram", "20 mg"), person(None)], drug="citalopram") == ["missing-age"]


def test_an_unreadable_statement_stands_until_it_is_dismissed() -> None:
    item = unreadable("no unit")
    finding = records.finding([item], at(days=30))
    assert finding is not None
    assert finding.reason is not None
    assert finding.reason.value == "unreadable-fact"
    assert records.finding([item, corrected(item, at(1), dismissed=True)], at(1)) is None


def test_a_statement_that_came_too_late_says_so() -> None:
    finding = records.finding([unreadable("too-late")], at(0))
    assert finding is not None
    assert finding.reason is not None
    assert finding.reason.value == "too-late"


def test_a_readable_statement_recorded_later_dismisses_an_unreadable_one_about_it() -> None:
    item = unreadable("no unit", at(1), about="dose-1")
    earlier, later = (dose("baclofen", "10 mg", at(h), entity="dose-1") for h in (1, 2))
    assert records.finding([item, earlier], at(3)) is not None
    for told in ([item, later], [later, item]):
        assert records.finding(list(told), at(3)) is None


def test_a_version_that_is_sent_again_readably_ends_the_mark_though_its_store_made_no_new_one() -> None:
    item = unreadable("no unit", at(1), about="dose-1")
    readable = dose("baclofen", "10 mg", at(1), entity="dose-1", received_at=at(1, seconds=1))
    before = readable.model_copy(update={"received_at": at(1, seconds=-1)})
    assert records.finding([item, readable], at(2)) is None
    assert records.finding([readable, item], at(2)) is None
    assert records.finding([item, before], at(2)) is not None


def test_each_unreadable_statement_is_an_issue_of_its_own() -> None:
    facts: list[PatientFact] = [unreadable("a", entity="u1"), unreadable("b", entity="u2")]
    assert len(records.judge(facts, at(0)).findings) == 2


def test_a_merged_record_says_that_it_is_judged_elsewhere_and_nothing_else() -> None:
    joined = merge("other")
    [finding] = records.judge([joined, unreadable("no unit")], at(0)).findings
    assert finding.reason is not None
    assert finding.reason.value == "merged"
    assert records.finding([joined, voided(joined, at(1))], at(1)) is None


def test_an_order_that_ended_on_hold_is_not_told_afterwards() -> None:
    unclear = order("baclofen", "5 mmol", ends_at=at(6))
    held = unclear.model_copy(update={"state": OrderState.ON_HOLD})
    assert drugs.finding([encounter(), unclear], at(7)) is not None
    assert drugs.finding([encounter(), held], at(7)) is None
