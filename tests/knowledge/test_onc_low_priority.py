"""The published list of interactions that must page nobody, as far as its pairs are rows."""

import pytest

from schemas.base import Severity
from schemas.clinical import Medication
from services.safety.checks.interaction import DrugInteraction
from services.safety.knowledge.interacting import Priority
from services.safety.knowledge.loader import load
from tests.builders import at, order
from tests.checks.ward import Ward

LOW = {
    "ACE inhibitors with salicylates": ("lisinopril", "aspirin"),
    "beta-blockers with NSAIDs": ("metoprolol", "ibuprofen"),
    "warfarin with proton pump inhibitors": ("warfarin", "pantoprazole"),
    "warfarin with statins": ("warfarin", "simvastatin"),
}
ward = Ward(DrugInteraction(), load())


@pytest.mark.parametrize("pair", LOW.values(), ids=LOW)
def test_each_pair_that_must_page_nobody_is_minor(pair: tuple[str, str]) -> None:
    finding = ward.finding([order(Medication(text=drug), entity=drug) for drug in pair], at(0))
    assert finding is not None
    assert finding.evidence["priority"] == Priority.LOW.value
    assert finding.severity is Severity.MINOR
