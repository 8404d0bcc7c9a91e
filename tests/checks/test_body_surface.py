"""Limits per square metre of body surface: measured, or from height and weight, and never assumed."""

from datetime import timedelta
from decimal import Decimal

from schemas.clinical import PatientFact
from schemas.medications import Route
from services.safety.checks.doses.single_dose import SingleDose
from services.safety.checks.not_assessed.unassessed import UnassessedDrug
from services.safety.knowledge.models import LimitKind
from tests.brief_knowledge import knowledge, limit
from tests.builders import at, dose, observation
from tests.checks.ward import Ward

VEIN = (Route.INTRAVENOUS,)
BASE = knowledge(limits={"morphine": (limit("morphine", LimitKind.SINGLE, "10 mg", per="m2", routes=VEIN),)})
single, unassessed = Ward(SingleDose(), BASE), Ward(UnassessedDrug(), BASE)
DRUG = "morphine"


def weight(kg: str, hours: float = -1) -> PatientFact:
    return observation("29463-7", f"{kg} kg", at(hours), entity="weight")


def height(cm: str, hours: float = -1) -> PatientFact:
    return observation("8302-2", f"{cm} cm", at(hours), entity="height")


def by_vein(amount: str, hours: float = 0) -> PatientFact:
    return dose(DRUG, amount, at(hours), route=Route.INTRAVENOUS)


def test_two_metres_and_72_kilograms_make_two_square_metres_and_a_microgram_more_is_too_much() -> None:
    body = [weight("72"), height("200")]
    assert single.finding([*body, by_vein("20 mg")], at(0), DRUG) is None
    finding = single.finding([*body, by_vein("20.001 mg")], at(0), DRUG)
    assert finding is not None
    assert "largest single dose 20 mg (10 mg/m2, 2 m2)" in finding.text
    assert finding.evidence["body_surface"] == {
        "entities": ["height", "weight"],
        "m2": "2",
        "how": "from 200 cm and 72 kg (Mosteller)",
    }
    assert {"height", "weight"} <= set(finding.implicated)


def test_a_measured_surface_goes_before_the_formula() -> None:
    measured = observation("8277-6", "1.5 m2", at(-2), entity="surface")
    facts = [weight("72"), height("200"), measured, by_vein("15.001 mg")]
    finding = single.finding(facts, at(0), DRUG)
    assert finding is not None and finding.evidence["limit"] == "15"


def test_without_height_or_weight_it_is_said_which_is_missing() -> None:
    given = by_vein("100 mg")
    for known, missing in (
        ([weight("72")], "missing-height"),
        ([height("200")], "missing-weight"),
        ([], "missing-weight"),
    ):
        facts: list[PatientFact] = [*known, given]
        assert single.finding(facts, at(0), DRUG) is None
        finding = unassessed.finding(facts, at(0), DRUG)
        assert finding is not None and finding.reason is not None
        assert finding.reason.value == missing


def test_a_weight_that_is_too_old_makes_no_surface() -> None:
    old = weight("72", hours=0)
    facts: list[PatientFact] = [old, height("200", 0), by_vein("20.001 mg", 24 * 30)]
    just_before = at(24 * 30) - timedelta(seconds=1)
    assert single.judge(facts, just_before, DRUG).review_at == at(24 * 30)
    assert single.finding(facts, at(24 * 30), DRUG) is None
    earlier: list[PatientFact] = [old, height("200", 0), dose(DRUG, "20.001 mg", just_before, route=VEIN[0])]
    assert single.finding(earlier, just_before, DRUG) is not None


def test_the_surface_is_rounded_to_two_places() -> None:
    facts = [weight("70"), height("175"), by_vein("18.401 mg")]
    finding = single.finding(facts, at(0), DRUG)
    assert finding is not None and Decimal(str(finding.evidence["limit"])) == Decimal("18.4")
