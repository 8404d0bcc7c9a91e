"""A dose charted as the correction of one that nobody knows at that time: both count, and it is said."""

from itertools import permutations

from schemas.clinical import PatientFact
from schemas.issues import NotAssessedReason, Transition
from services.safety.checks.charting.corrected_dose import CorrectedDose
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, corrected, dose, voided
from tests.checks.ward import Ward
from tests.engine.ward import engine, told

ward = Ward(CorrectedDose())
EIGHT = dose("baclofen", "20 mg", at(0), entity="administration/placer/7/1/0800")
TO_NINE = dose("baclofen", "20 mg", at(1), entity="administration/placer/7/1/0900", corrects=True)
OTHER_AMOUNT = corrected(EIGHT, at(2), dose=TO_NINE.dose, corrects=True)


def found(*facts: PatientFact) -> list[str]:
    finding = ward.finding(facts, at(3), "")
    return [] if finding is None else list(finding.implicated)


def test_a_corrected_time_is_another_dose_and_that_is_said() -> None:
    finding = ward.finding([EIGHT, TO_NINE], at(3), "")
    assert finding is not None
    assert (finding.reason, finding.subjects) == (NotAssessedReason.CORRECTED_DOSE, ("baclofen",))
    assert f"{at(1):%Y-%m-%d %H:%M} UTC" in finding.text
    assert len(folded([EIGHT, TO_NINE], KNOWLEDGE).given["baclofen"].entries) == 2


def test_the_correction_of_a_dose_that_is_known_is_none_whatever_comes_first() -> None:
    again = corrected(OTHER_AMOUNT, at(2, minutes=30))
    for arriving in permutations([EIGHT, OTHER_AMOUNT, again, TO_NINE]):
        assert found(*arriving, *arriving) == [TO_NINE.entity]
        ledgers = [folded(facts, KNOWLEDGE) for facts in (arriving, (*arriving, *arriving))]
        assert ledgers[0] == ledgers[1] == folded([EIGHT, OTHER_AMOUNT, again, TO_NINE], KNOWLEDGE)


def test_taken_back_or_stated_plainly_it_is_said_no_more() -> None:
    assert found(EIGHT, TO_NINE, voided(TO_NINE, at(2))) == []
    for plainly in (corrected(TO_NINE, at(2), corrects=False), corrected(TO_NINE, at(1), corrects=False)):
        assert found(EIGHT, TO_NINE, plainly) == found(EIGHT, plainly, TO_NINE) == []


def test_it_is_said_when_it_comes_and_no_more_once_it_is_taken_back() -> None:
    _, issues = told(engine(), [EIGHT, TO_NINE, voided(TO_NINE, at(2))])
    assert [issue.transition for issue in issues if issue.reason is NotAssessedReason.CORRECTED_DOSE] == [
        Transition.RAISED,
        Transition.WITHDRAWN,
    ]


def test_it_is_said_for_a_day() -> None:
    assert ward.finding([EIGHT, TO_NINE], at(25, seconds=-1), "") is not None
    assert ward.finding([EIGHT, TO_NINE], at(25), "") is None
    assert ward.judge([EIGHT, TO_NINE], at(2), "").review_at == at(25)
