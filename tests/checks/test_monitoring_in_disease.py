"""Some results are wanted only of patients who have a condition."""

from datetime import timedelta

from services.safety.checks.watching.monitoring import Unmonitored
from services.safety.knowledge.models import EvidenceCode, PatientCondition
from tests.brief_knowledge import knowledge
from tests.brief_patient_rules import HOUR, monitoring
from tests.builders import at, condition, encounter, observation, order
from tests.checks.ward import Ward

DIABETES = PatientCondition(
    condition="diabetes", codes=(EvidenceCode(system="icd10", code="E11", prefix=True),)
)
RULE = monitoring("drug:baclofen", "body weight", "body-weight", every=96 * HOUR, only_in=DIABETES)
ward = Ward(Unmonitored(), knowledge(rules=(RULE,)))
STAY = encounter(at(-24))
BEGUN = order("baclofen", "10 mg", at(0))
OLD = observation("29463-7", "70 kg", at(-1))
DIABETIC = condition("icd10|E11.9", at(-500))


def test_it_is_overdue_in_the_disease_and_not_wanted_without() -> None:
    assert ward.finding([STAY, OLD, BEGUN], at(500)) is None
    assert ward.finding([STAY, OLD, BEGUN, DIABETIC], at(107, seconds=-1)) is None
    finding = ward.finding([STAY, OLD, BEGUN, DIABETIC], at(107))
    assert finding is not None
    assert finding.text.startswith("baclofen: body weight overdue in diabetes, last result")
    assert DIABETIC.entity in finding.implicated


def test_a_condition_that_is_over_wants_nothing_and_one_that_comes_later_does_from_then_on() -> None:
    over = condition("icd10|E11.9", at(-500), abated_at=at(107))
    assert ward.finding([STAY, OLD, BEGUN, over], at(107)) is None
    later = condition("icd10|E11.9", at(300))
    assert ward.finding([STAY, OLD, BEGUN, later], at(300, seconds=-1)) is None
    assert ward.judge([STAY, OLD, BEGUN, later], at(200)).review_at == at(300)
    assert ward.finding([STAY, OLD, BEGUN, later], at(300)) is not None


def test_what_the_check_reads_has_conditions_only_where_a_row_speaks_of_one() -> None:
    everybody = monitoring("drug:baclofen", "body weight", "body-weight", every=timedelta(days=4))
    assert "conditions" not in Unmonitored().reads(knowledge(rules=(everybody,)))
    assert "conditions" in Unmonitored().reads(knowledge(rules=(RULE,)))
