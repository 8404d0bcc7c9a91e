"""What is seen in a patient soon after a drug was begun or raised."""

import pytest

from schemas.clinical import PatientFact
from services.safety.checks.watching.adverse_effect import AdverseEffect
from tests.brief_knowledge import KNOWLEDGE
from tests.brief_rules import RULED
from tests.builders import at, condition, corrected, dose, observation, order, voided
from tests.checks.ward import Ward

ward = Ward(AdverseEffect(), RULED)
WEAK = "snomed|26544005"


def weak(hours: float, **more: float) -> PatientFact:
    return observation(WEAK, None, at(hours, **more), text="legs give way")


def effects(facts: list[PatientFact], now: float, drug: str = "baclofen") -> list[tuple[str, str]]:
    found = ward.judge(facts, at(now), drug).findings
    return [(finding.subject, finding.severity.value) for finding in found]


def test_weakness_after_the_first_dose_names_fall_advice_and_physical_therapy() -> None:
    finding = ward.finding([dose(), weak(6)], at(6))
    assert finding is not None
    assert (finding.subject, finding.severity.value) == ("baclofen|weakness", "minor")
    assert "physical therapy" in finding.text
    assert "begun at 2026-03-02 08:00" in finding.text


def test_an_effect_counts_up_to_three_days_after_the_start() -> None:
    assert effects([dose(), weak(72)], 72) == [("baclofen|weakness", "minor")]
    assert effects([dose(), weak(72, seconds=1)], 73) == []


def test_an_effect_that_was_there_before_the_drug_is_none_of_the_drug() -> None:
    assert effects([weak(0, seconds=-1), dose(when=at(0))], 1) == []
    assert effects([weak(0), dose(when=at(0))], 1) == [("baclofen|weakness", "minor")]


def test_it_is_told_for_three_days_after_the_last_report() -> None:
    facts: list[PatientFact] = [dose(), weak(6)]
    assert ward.judge(facts, at(7)).review_at == at(6 + 72)
    assert ward.finding(facts, at(6 + 72, seconds=-1)) is not None
    assert ward.finding(facts, at(6 + 72)) is None


def test_a_drug_taken_all_along_explains_nothing_new() -> None:
    used = [dose(when=at(-8 * n)) for n in range(30)]
    assert effects([*used, weak(1)], 1) == []


def test_a_rise_of_the_daily_dose_explains_it_again() -> None:
    used = [dose(when=at(-8 * n), amount="5 mg") for n in range(30)]
    first = order("baclofen", "5 mg", at(days=-11), entity="o1")
    raised = order("baclofen", "10 mg", at(0), entity="o2", replaces="o1")
    assert effects([*used, first, weak(1)], 1) == []
    finding = ward.finding([*used, first, raised, weak(1)], at(1))
    assert finding is not None
    assert "raised at 2026-03-02 08:00" in finding.text
    lowered = order("baclofen", "2.5 mg", at(0), entity="o2", replaces="o1")
    assert effects([*used, first, lowered, weak(1)], 1) == []


def test_reported_on_two_days_it_persists() -> None:
    facts: list[PatientFact] = [dose(), weak(6), weak(15)]
    assert effects(facts, 15) == [("baclofen|weakness", "minor")]
    finding = ward.finding([*facts, weak(16)], at(16))
    assert finding is not None
    assert (finding.severity.value, finding.level) == ("moderate", 2)
    assert "on 2 days so far" in finding.text


def test_where_no_dose_is_known_the_order_begins_the_use() -> None:
    assert effects([order(), weak(6)], 6) == [("baclofen|weakness", "minor")]
    assert effects([order(), weak(6), dose(when=at(7))], 8) == []


@pytest.mark.parametrize("denied", ["no", "None", "Denied", "not present", "normal strength"])
def test_an_effect_that_is_denied_is_not_there(denied: str) -> None:
    assert effects([dose(), observation(WEAK, None, at(6), text=denied)], 6) == []


def test_a_problem_entered_for_it_counts_as_a_report() -> None:
    assert effects([dose(), condition("icd10|M6281", at(6))], 6) == [("baclofen|weakness", "minor")]
    ended = condition("icd10|M6281", at(6), active=False)
    assert effects([dose(), ended], 6) == []


def test_slow_breathing_is_below_ten_breaths_a_minute() -> None:
    opioid = dose("morphine", "10 mg")
    nine, ten = (observation("9279-1", value, at(1)) for value in ("9.999 /min", "10 /min"))
    assert effects([opioid, nine], 1, "morphine") == [("morphine|slow breathing", "major")]
    assert effects([opioid, ten], 1, "morphine") == []


def test_a_value_in_a_strange_unit_is_said_to_be_unreadable() -> None:
    facts: list[PatientFact] = [dose("morphine", "10 mg"), observation("9279-1", "9 /h", at(1))]
    finding = ward.finding(facts, at(1), "morphine")
    assert finding is not None
    assert (finding.check, finding.subjects) == ("not-assessed", ("morphine",))


def test_a_report_taken_back_ends_the_issue() -> None:
    report = weak(6)
    assert effects([dose(), report, voided(report, at(7))], 7) == []
    moved = corrected(report, at(80), effective_at=at(79))
    assert effects([dose(), report, moved], 80) == []


def test_a_drug_without_rows_and_a_base_without_rows_are_not_asked() -> None:
    assert not AdverseEffect().concerns(RULED, "ibuprofen")
    assert AdverseEffect().reads(KNOWLEDGE) == frozenset()
