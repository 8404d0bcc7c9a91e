"""A visit of which nobody says whether the patient stays in the house: told, and judged on the safe side."""

from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import View
from services.safety.checks.not_assessed.unassessed_stay import UnassessedStay
from services.safety.checks.patient.measured import measured
from services.safety.checks.stopping.withdrawal import WithdrawalRisk
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, corrected, encounter, observation, person
from tests.checks.test_withdrawal import USED
from tests.checks.ward import Ward

told, missed = Ward(UnassessedStay()), Ward(WithdrawalRisk())
IN_A_BED = encounter(at(days=-20), inpatient=True, class_known=False, ward="3W", ends_at=at(30))
NOWHERE = encounter(at(days=-20), inpatient=False, class_known=False)


def test_it_is_told_with_what_is_made_of_it_until_the_visit_ends() -> None:
    judged = told.judge([IN_A_BED], at(30, seconds=-1))
    (finding,) = judged.findings
    assert finding.reason is NotAssessedReason.UNKNOWN_CLASS
    assert finding.implicated == (IN_A_BED.entity,)
    assert "names a place (3W) and counts as a stay" in finding.text
    assert judged.review_at == at(30)
    assert told.finding([IN_A_BED], at(30)) is None
    assert told.finding([IN_A_BED], at(days=-21)) is None


def test_it_ends_when_the_class_is_sent() -> None:
    assert told.finding([NOWHERE], at(0)) is not None
    assert told.finding([NOWHERE, corrected(NOWHERE, at(1), class_known=True)], at(1)) is None


def test_in_a_bed_missed_doses_are_told() -> None:
    assert missed.severity([IN_A_BED, *USED], at(17)) == "major"


def test_without_a_place_it_is_as_if_no_visit_were_known() -> None:
    """Missed doses are told for as long as a stay is presumed after a dose; elsewhere they would not be."""
    assert missed.severity([NOWHERE, *USED], at(17)) == "major"
    elsewhere = encounter(at(days=-20), inpatient=False)
    assert missed.severity([elsewhere, *USED], at(17)) is None


def test_a_creatinine_grows_old_as_in_the_house() -> None:
    facts = [person(50, at(0)), observation("2160-0", "1 mg/dL", at(0))]

    def known(visit: object) -> bool:
        ledger = folded([*facts, visit], KNOWLEDGE)  # type: ignore[list-item]
        return measured(View(ledger, KNOWLEDGE, at(days=4), {}), "creatinine")[0].reading is not None

    assert not known(NOWHERE)
    assert known(encounter(at(days=-20), inpatient=False))
