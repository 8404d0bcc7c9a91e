"""All opioids of a patient together, as morphine by mouth per day."""

from datetime import timedelta

import pytest

from schemas.clinical import Administration, PatientFact
from schemas.medications import Route
from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.amounts.worked_out import judged
from services.safety.checks.opioids.opioid_load import OpioidsTogether
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE
from tests.brief_rules import RULED
from tests.builders import at, dosage, dose, in_words, order, stopped, tablets, voided
from tests.checks.ward import Ward

ward = Ward(OpioidsTogether(), RULED)


def patch(strength: str = "25 ug/h", hours: float = 0, **more: object) -> Administration:
    return dose("fentanyl", strength, at(hours), route=Route.TRANSDERMAL, **more)


def test_the_second_look_begins_at_fifty_and_not_a_microgram_below() -> None:
    assert ward.finding([dose("morphine", "49.999 mg")], at(0)) is None
    finding = ward.finding([dose("morphine", "50 mg")], at(0))
    assert finding is not None
    assert (finding.severity.value, finding.level) == ("minor", 1)
    assert finding.evidence["total"] == "50"
    assert finding.evidence["tables"] == ["Table of tests"]


def test_ninety_is_moderate_and_not_a_microgram_below() -> None:
    assert ward.severity([dose("morphine", "89.999 mg")], at(0)) == "minor"
    assert ward.severity([dose("morphine", "90 mg")], at(0)) == "moderate"


def test_a_dose_counts_for_a_day_to_the_second() -> None:
    facts: list[PatientFact] = [dose("morphine", "60 mg", at(0))]
    assert ward.finding(facts, at(24, seconds=-1)) is not None
    assert ward.finding(facts, at(24)) is None
    assert ward.judge(facts, at(1)).review_at == at(24)


def test_opioids_add_up_by_their_factors_and_each_dose_can_be_recomputed() -> None:
    product = tablets(hydrocodone="10 mg", acetaminophen="325 mg")
    facts: list[PatientFact] = [dose("oxycodone", "20 mg", at(0)), dose(product, "2 {tablet}", at(1))]
    finding = ward.finding(facts, at(1))
    assert finding is not None
    assert finding.subjects == ("hydrocodone", "oxycodone")
    doses = finding.evidence["doses"]
    assert isinstance(doses, list)
    shown = [(each["amount"], each["factor"], each["counted"]) for each in doses if isinstance(each, dict)]
    assert shown == [("20", "1", "20"), ("20", "1.5", "30")]


@pytest.mark.parametrize(
    ("strength", "mme"), [("25 ug/h", "60"), ("100 mcg/hr", "240"), ("0.05 mg/h", "120")]
)
def test_a_fentanyl_patch_of_25_micrograms_an_hour_is_60_a_day_however_long_it_is_worn(
    strength: str, mme: str
) -> None:
    for hours in (0, 24, 71):
        finding = ward.finding([patch(strength)], at(hours))
        assert finding is not None
        assert finding.evidence["given"] == mme


def test_a_patch_is_counted_by_the_hour_and_never_by_its_days() -> None:
    facts: list[PatientFact] = [
        order("fentanyl", "25 ug/h", every=timedelta(hours=72), route=Route.TRANSDERMAL),
        *(patch(hours=72 * n) for n in range(3)),
    ]
    finding = ward.finding(facts, at(150))
    assert finding is not None
    assert (finding.evidence["given"], finding.evidence["scheduled"]) == ("60", "60")


def test_a_patch_comes_off_after_three_days_when_it_is_removed_or_when_the_next_one_is_applied() -> None:
    assert ward.finding([patch()], at(72, seconds=-1)) is not None
    assert ward.finding([patch()], at(72)) is None
    removed = patch(lasting=timedelta(hours=10))
    assert ward.finding([removed], at(10, seconds=-1)) is not None
    assert ward.finding([removed], at(10)) is None
    in_time = ward.finding([patch(), patch(hours=71)], at(71))
    too_early = ward.finding([patch(), patch(hours=71 - 1 / 3600)], at(71))
    assert in_time is not None
    assert too_early is not None
    assert (in_time.evidence["given"], too_early.evidence["given"]) == ("60", "120")


def test_a_rate_states_the_strength_of_a_patch() -> None:
    finding = ward.finding([patch("1 {patch}", rate="25 ug")], at(1))
    assert finding is not None
    assert finding.evidence["given"] == "60"


def test_a_patch_without_a_strength_per_hour_is_said_to_be_missing() -> None:
    told = ward.finding([patch("1 {patch}")], at(1))
    assert told is not None
    assert (told.check, told.subject) == ("not-assessed", "unconvertible-unit|opioid load")
    assert told.subjects == ("fentanyl",)


def test_doses_into_a_vein_and_drugs_without_a_factor_are_listed_and_not_counted() -> None:
    facts: list[PatientFact] = [
        dose("morphine", "50 mg", at(0)),
        dose("morphine", "10 mg", at(1), route=Route.INTRAVENOUS, entity="iv"),
        dose("tramadol", "100 mg", at(1), entity="none"),
    ]
    finding = ward.finding(facts, at(1))
    assert finding is not None
    assert finding.evidence["total"] == "50"
    left_out = finding.evidence["not_counted"]
    assert isinstance(left_out, list)
    assert [one["entity"] for one in left_out if isinstance(one, dict)] == ["iv", "none"]
    assert "Not counted in part: morphine, tramadol" in finding.text
    assert ward.finding(facts[1:], at(1)) is None


def test_a_drug_known_by_its_name_only_is_missing_from_the_sum_and_said_so() -> None:
    found = ward.judge([dose("morphine", "50 mg"), dose(in_words("oxycodone"), "5 mg")], at(0)).findings
    assert [(f.check, f.subjects) for f in found] == [
        ("opioid-load", ("morphine", "oxycodone")),
        ("not-assessed", ("oxycodone",)),
    ]


def test_a_schedule_counts_where_it_is_more_and_as_needed_is_shown_only() -> None:
    ordered = order("morphine", "20 mg", times=3)
    finding = ward.finding([ordered], at(0))
    assert finding is not None
    assert "scheduled per day" in finding.text
    assert finding.evidence["scheduled"] == "60"
    assert ward.finding([ordered, stopped(ordered, at(1))], at(1)) is None
    assert ward.finding([order("morphine", "20 mg", times=6, as_needed=True)], at(0)) is None


def test_linked_alternatives_count_once() -> None:
    linked = [order("morphine", "15 mg", entity=name, alternatives="g") for name in ("o1", "o2")]
    assert ward.finding([*linked], at(0)) is None


def test_a_dose_ordered_once_counts_for_a_day() -> None:
    once = order("morphine", dosages=(dosage("50 mg", times=None, once=True),))
    assert ward.finding([once], at(24, seconds=-1)) is not None
    assert ward.finding([once], at(24)) is None


def test_a_voided_dose_leaves_the_sum() -> None:
    given = dose("morphine", "50 mg")
    assert ward.finding([given, voided(given, at(1))], at(1)) is None


def test_without_a_threshold_nothing_is_read() -> None:
    assert OpioidsTogether().reads(KNOWLEDGE) == frozenset()
    assert Ward(OpioidsTogether()).finding([dose("morphine", "500 mg")], at(0)) is None


ONCE = order("morphine", "60 mg", at(0), every=timedelta(hours=24), entity="once")


def daily(hours: float, seconds: float = 0) -> PatientFact:
    return dose("morphine", "60 mg", at(hours, seconds=seconds), order="once")


def test_the_day_s_dose_given_early_within_the_ward_s_window_is_no_second_one() -> None:
    facts: list[PatientFact] = [ONCE, daily(0), daily(23)]
    for hours in (23, 23.5, 24, 30):
        finding = ward.finding(facts, at(hours))
        assert finding is not None and finding.evidence["given"] == "60"
    assert ward.severity(facts, at(23)) == "minor"
    assert ward.severity([ONCE, daily(0), daily(23, seconds=-1)], at(23)) == "moderate"


def test_a_dose_that_is_due_later_and_one_for_now_are_told_at_once() -> None:
    facts: list[PatientFact] = [ONCE, daily(23.5), dose("morphine", "60 mg", at(23.5), entity="extra")]
    finding = ward.finding(facts, at(23.5))
    assert finding is not None and finding.evidence["given"] == "120"


def test_the_due_time_is_shown_beside_the_time_at_which_it_was_given() -> None:
    finding = ward.finding([ONCE, daily(-0.5)], at(0))
    assert finding is not None
    doses = finding.evidence["doses"]
    assert isinstance(doses, list) and isinstance(doses[0], dict)
    assert doses[0]["counted_at"] == at(0).isoformat()


def test_what_was_asked_for_a_later_instant_takes_nothing_from_the_day_that_is_looked_back_on() -> None:
    scheduled = order("morphine", "30 mg", at(0), every=timedelta(hours=12), entity="o")
    doses: list[PatientFact] = [dose("morphine", "30 mg", at(hour), order="o") for hour in (0, 12)]
    ledger = folded([scheduled, *doses, stopped(scheduled, at(13))], RULED)
    told = [
        bool(judged(ward.check, view_of(ledger, RULED, at(hour), {}), "").findings) for hour in (13, 36, 13)
    ]
    assert told == [True, False, True]
