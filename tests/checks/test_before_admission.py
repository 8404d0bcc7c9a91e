"""Doses dated long before the stay in which they were charted, as by a slip of the year in a history."""

from schemas.clinical import PatientFact
from schemas.issues import NotAssessedReason
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.judgement import Finding
from services.safety.checks.not_assessed.unassessed_before_admission import UnassessedBeforeAdmission
from tests.builders import at, corrected, dose, encounter, merge
from tests.checks.ward import Ward

told, summed = Ward(UnassessedBeforeAdmission()), Ward(CumulativeDose())
STAY = encounter(at(0), entity="stay", ends_at=at(48))
EARLY = dose("baclofen", "10 mg", at(days=-30, seconds=-1), entity="early", visit="stay")


def said(*facts: PatientFact, days: float = 1) -> Finding | None:
    return told.finding(list(facts), at(days=days))


def test_a_dose_thirty_days_before_its_stay_is_believed_and_a_second_earlier_is_told() -> None:
    assert said(STAY, corrected(EARLY, at(0), effective_at=at(days=-30))) is None
    finding = said(STAY, EARLY)
    assert finding is not None and finding.reason is NotAssessedReason.BEFORE_ADMISSION
    assert (finding.subjects, finding.implicated) == (("baclofen",), ("early",))
    assert "doses (1) are dated more than 30 days before the stay began" in finding.text


def test_a_dose_of_another_stay_or_of_none_is_history() -> None:
    before = encounter(at(days=-40), entity="before", ends_at=at(days=-20))
    assert said(STAY, before, corrected(EARLY, at(0), visit="before")) is None
    assert said(STAY, corrected(EARLY, at(0), visit=None)) is None
    assert said(STAY, corrected(EARLY, at(0), visit="nobody knows")) is None


def test_it_ends_when_the_dose_or_the_stay_is_corrected_and_a_week_after_the_stay() -> None:
    assert said(STAY, EARLY, corrected(EARLY, at(1), effective_at=at(0))) is None
    assert said(STAY, EARLY, corrected(STAY, at(1), effective_at=at(days=-1))) is None
    assert told.judge([STAY, EARLY], at(0)).review_at == at(48, days=7)
    assert said(STAY, EARLY, days=9) is None


def test_all_doses_of_a_drug_are_one_issue_and_they_count_when_they_are_dated() -> None:
    early: list[PatientFact] = [
        dose("baclofen", "50 mg", at(hour, days=-40), entity=f"early {hour}", visit="stay") for hour in (0, 1)
    ]
    finding = said(STAY, *early)
    assert finding is not None and finding.implicated == ("early 0", "early 1")
    assert summed.severity([STAY, *early], at(1, days=-40)) == "moderate"


def test_of_a_merged_record_its_own_stay_counts() -> None:
    """The same names may be of two records."""
    stay = STAY.model_copy(update={"merged_from": "old", "entity": "merged:old:stay"})
    early = EARLY.model_copy(update={"merged_from": "old", "entity": "merged:old:early"})
    joined = merge(STAY.patient, at(0)).model_copy(update={"patient": STAY.patient, "merged_from": "old"})
    assert said(joined, stay, early) is not None
    assert said(joined, STAY, early) is None
