"""A21, A22, A52 and A53: a patient on leave, by HL7."""

import pytest

from schemas.clinical import Encounter, Observation
from tests.intake.hl7v2_writing import PV1, facts, only, refusals
from tests.intake.test_hl7v2_people import adt
from tests.intake.writing import at


@pytest.mark.parametrize(
    ("event", "text"), [("A21", "begun"), ("A22", "ended"), ("A52", "not begun"), ("A53", "not ended")]
)
def test_a_leave_begins_and_ends_when_it_happened_and_leaves_the_visit_as_it_was(
    event: str, text: str
) -> None:
    outcome = adt(event, PV1)
    found = only(outcome, Observation)
    assert (found.text, found.codings[0].code) == (text, "leave-of-absence")
    assert (found.visit, found.effective_at) == ("encounter/WEST|V100", at("2026-03-01T07:00:00"))
    assert not any(isinstance(each, Encounter) for each in facts(outcome))


def test_a_leave_of_no_visit_is_refused_aloud() -> None:
    assert refusals(adt("A21"))[0][0] == "missing-visit"
