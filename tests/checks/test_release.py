"""Patches: a drug goes on acting while one is worn, and for a while after it came off."""

from datetime import timedelta
from typing import Any

from schemas.clinical import PatientFact
from schemas.medications import Route
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.not_assessed.unassessed import UnassessedDrug
from services.safety.checks.together.cns_depression import CnsDepression
from services.safety.checks.together.interaction import DrugInteraction
from services.safety.knowledge.kinds.release import Release
from services.safety.knowledge.models import LimitKind, Status
from tests.brief_knowledge import interaction, knowledge, limit, row
from tests.builders import at, corrected, dose
from tests.checks.ward import Ward

SKIN = Route.TRANSDERMAL
PATCH: dict[str, Any] = {
    "subject": "drug:fentanyl",
    "routes": (SKIN,),
    "worn_for": timedelta(hours=72),
    "lingers": timedelta(hours=24),
}
RELEASE = Release(**row("release.fentanyl", **PATCH))
LIMIT = limit("fentanyl", LimitKind.DAILY, "600 ug", routes=(SKIN,))
BASE = knowledge(
    rules=(RELEASE,),
    limits={"fentanyl": (LIMIT,)},
    interactions=(interaction("drug:fentanyl", "drug:lorazepam"),),
)
sedation, pairs, daily, unassessed = (
    Ward(check, BASE) for check in (CnsDepression(), DrugInteraction(), CumulativeDose(), UnassessedDrug())
)


def patch(amount: str = "25 ug/h", hours: float = 0, **more: Any) -> PatientFact:
    return dose("fentanyl", amount, at(hours), route=SKIN, entity=f"patch {hours:g}", **more)


def lorazepam(hours: float, **more: float) -> PatientFact:
    return dose("lorazepam", "1 mg", at(hours, **more), entity="lorazepam")


def test_a_patch_sedates_for_as_long_as_it_is_worn_and_for_its_time_after_that() -> None:
    window = 24
    ends = 72 + 24 + window
    facts = [patch(), lorazepam(ends - 1)]
    assert sedation.finding(facts, at(ends - 1)) is not None
    assert sedation.judge(facts, at(ends - 1)).review_at == at(ends)
    assert sedation.finding(facts, at(ends, seconds=-1)) is not None
    assert sedation.finding(facts, at(ends)) is None


def test_a_patch_that_came_off_early_acts_from_then_on_for_its_time() -> None:
    on = patch()
    off = corrected(on, at(10), ended_at=at(10))
    facts = [off, lorazepam(50)]
    assert sedation.finding(facts, at(58, seconds=-1)) is not None
    assert sedation.finding(facts, at(58)) is None


def test_an_injection_of_the_same_drug_is_no_patch() -> None:
    injected = dose("fentanyl", "50 ug", at(0), route=Route.INTRAVENOUS, entity="injected")
    assert sedation.finding([injected, lorazepam(23.9)], at(23.9)) is not None
    assert sedation.finding([injected, lorazepam(24)], at(24)) is None


def test_of_a_patch_counts_what_it_gave_off_within_the_window() -> None:
    """25 ug/h are 600 ug in 24 h however much is in the patch; two together are twice as much."""
    assert daily.finding([patch()], at(60), "fentanyl") is None
    second = patch("0.1 ug/h", 1)
    finding = daily.finding([patch(), second], at(60), "fentanyl")
    assert finding is None, "within the tolerance of an hour"
    doubled = daily.finding([patch(), patch(hours=1)], at(60), "fentanyl")
    assert doubled is not None
    assert (doubled.severity.value, doubled.evidence["total"]) == ("major", "1.2")


def test_milligrams_in_a_patch_say_nothing_of_what_comes_out_and_that_is_said() -> None:
    filled = patch("4.2 mg")
    assert daily.finding([filled], at(1), "fentanyl") is None
    finding = unassessed.finding([filled], at(1), "fentanyl")
    assert finding is not None and finding.reason is not None
    assert finding.reason.value == "unconvertible-unit"


def test_a_patch_that_was_not_applied_is_none() -> None:
    refused = dose("fentanyl", "25 ug/h", at(0), route=SKIN, done=False, entity="refused")
    assert sedation.finding([refused, lorazepam(1)], at(1)) is None


def test_a_draft_changes_nothing() -> None:
    draft = knowledge(rules=(Release(**row("release.draft", status=Status.DRAFT) | PATCH),))
    ward = Ward(CnsDepression(), draft)
    assert ward.finding([patch(), lorazepam(23.9)], at(23.9)) is not None
    assert ward.finding([patch(), lorazepam(24)], at(24)) is None


def test_a_pair_is_told_while_the_patch_is_worn() -> None:
    found = pairs.judge([patch(), lorazepam(90)], at(90)).findings
    assert [set(each.subjects) for each in found] == [{"fentanyl", "lorazepam"}]
