"""An overdose that exists only through a dose that looks like another one charted again."""

from datetime import timedelta

from schemas.base import Severity
from schemas.clinical import Administration, PatientFact
from schemas.medications import Route
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.knowledge.kinds.double_charting import DoubleCharting
from services.safety.knowledge.models import Status
from services.safety.recomputing import recomputed
from tests.brief_knowledge import knowledge, row
from tests.brief_loads import TWICE
from tests.builders import at, dose, voided
from tests.checks.ward import Ward

ward = Ward(CumulativeDose(), knowledge(rules=TWICE))
DAY: list[PatientFact] = [dose("baclofen", "20 mg", at(h)) for h in (0, 4, 8, 12)]
"""80 mg of baclofen: as much as is allowed."""


def again(after: float = 60, amount: str = "20 mg", **more: object) -> Administration:
    """An entry some seconds after the last dose of the day."""
    entry = dose("baclofen", amount, at(12, seconds=after), entity="again")
    return entry.model_copy(update={"event_id": "again", **more})


def test_it_is_one_severity_lower_and_says_so() -> None:
    finding = ward.finding([*DAY, again()], at(12.1))
    assert finding is not None
    assert finding.severity is Severity.MINOR
    assert "looks like another one charted again" in finding.text
    assert finding.evidence["suspected_copies"] == ["again"]


def test_it_is_counted_in_the_sum_that_can_be_made_again() -> None:
    finding = ward.finding([*DAY, again()], at(12.1))
    assert finding is not None
    made = recomputed(finding.check, finding.evidence)
    assert made is not None
    assert made.agrees
    assert made.shown == 100


def test_after_five_minutes_it_is_another_dose_and_the_excess_stands_in_full() -> None:
    assert ward.severity([*DAY, again(300)], at(12.1)) == "minor"
    finding = ward.finding([*DAY, again(301)], at(12.1))
    assert finding is not None
    assert finding.severity is Severity.MODERATE
    assert "charted again" not in finding.text
    assert "suspected_copies" not in finding.evidence


def test_taking_the_copy_back_ends_the_issue() -> None:
    copy = again()
    assert ward.finding([*DAY, copy, voided(copy, at(13))], at(13)) is None


def test_a_further_dose_makes_it_an_excess_in_full() -> None:
    small = [dose("baclofen", "70 mg", at(0)), dose("baclofen", "10 mg", at(12)), again(amount="10 mg")]
    assert ward.severity([*small], at(13)) == "minor"
    finding = ward.finding([*small, dose("baclofen", "0.001 mg", at(13))], at(13))
    assert finding is not None
    assert finding.severity is Severity.MODERATE
    assert "charted again" not in finding.text


def test_a_hard_excess_that_is_a_mild_one_without_the_copy_is_moderate() -> None:
    mild = dose("baclofen", "20 mg", at(10), entity="mild")
    assert ward.severity([*DAY, mild], at(12.1)) == "moderate"
    finding = ward.finding([*DAY, mild, again()], at(12.1))
    assert finding is not None
    assert finding.severity is Severity.MODERATE
    assert "charted again" in finding.text


def test_an_excess_that_is_hard_without_the_copy_stays_major() -> None:
    hard = dose("baclofen", "20.001 mg", at(10), entity="hard")
    more = dose("baclofen", "20 mg", at(11), entity="more")
    assert ward.severity([*DAY, hard, more, again()], at(12.1)) == "major"


def test_an_excess_that_became_known_late_is_two_severities_lower_with_a_copy() -> None:
    late = {"recorded_at": at(40), "received_at": at(40)}
    big = dose("baclofen", "60 mg", at(0))
    copy = dose("baclofen", "60 mg", at(0, seconds=60), entity="copy", **late)
    other = dose("baclofen", "60 mg", at(1), entity="other", **late)
    assert ward.severity([big, other], at(40)) == "moderate"
    assert ward.severity([big, copy], at(40)) == "minor"


def test_a_draft_about_double_charting_eases_nothing() -> None:
    draft = DoubleCharting(
        **row(
            "double-charting.draft",
            subject="drug:baclofen",
            within=timedelta(minutes=5),
            told_for=timedelta(hours=24),
            severity=Severity.MINOR,
        )
        | {"status": Status.DRAFT}
    )
    unproven = Ward(CumulativeDose(), knowledge(rules=(draft,)))
    assert unproven.severity([*DAY, again()], at(12.1)) == "moderate"


def test_another_route_or_order_is_no_copy() -> None:
    assert ward.severity([*DAY, again(route=Route.ENTERAL)], at(12.1)) == "moderate"
    ordered = DAY[-1].model_copy(update={"order": "o1"})
    assert ward.severity([*DAY[:-1], ordered, again(order="o2")], at(12.1)) == "moderate"
    assert ward.severity([*DAY[:-1], ordered, again(order="o1")], at(12.1)) == "minor"
