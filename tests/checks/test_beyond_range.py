"""A result beyond the range of the method counts where its bound alone decides, and else cannot be used."""

import pytest

from schemas.clinical import Observation, PatientFact
from schemas.issues import NotAssessedReason
from schemas.medications import Coding, Medication, Route
from services.safety.checks.organs.renal_dose import RenalDoseTooHigh
from services.safety.checks.organs.result_limit import ResultForbids
from services.safety.knowledge.loader import load
from tests.brief_rules import RULED
from tests.builders import at, dose, observation, order
from tests.checks.ward import Ward

kidneys = Ward(RenalDoseTooHigh(), RULED)
shipped = Ward(ResultForbids(), load())
POTASSIUM, INR = "2823-3", "6301-6"
POTASSIUM_CHLORIDE = Medication(codings=(Coding(system="rxnorm", code="8591"),))


def written(code: str, text: str, hours: float = 0) -> Observation:
    return observation(code, None, at(hours), entity=f"{text} {hours}").model_copy(update={"text": text})


def egfr(text: str, hours: float = 0) -> Observation:
    return written("98979-8", text, hours)


def baclofen(amount: str) -> PatientFact:
    return order("baclofen", amount, at(0), times=3)


@pytest.mark.parametrize("text", [">90 mL/min/{1.73_m2}", ">= 90 mL/min/1.73m2", ">120 mL/min/{1.73_m2}"])
def test_kidneys_above_every_band_are_good_enough(text: str) -> None:
    assert kidneys.judge([egfr(text), baclofen("25 mg")], at(1)).findings == ()


@pytest.mark.parametrize("text", ["<15 mL/min/{1.73_m2}", "<30 mL/min/1.73m2", "<=29 mL/min/{1.73_m2}"])
def test_kidneys_below_every_band_are_of_the_lowest(text: str) -> None:
    finding = kidneys.finding([egfr(text), baclofen("5 mg")], at(1))
    assert finding is not None
    assert (finding.severity.value, finding.reason) == ("major", None)
    assert f"eGFR {text.partition(' ')[0].rstrip()}" in finding.text
    assert finding.evidence["value"] == text.partition(" ")[0]


@pytest.mark.parametrize(
    "text",
    [">60 mL/min/{1.73_m2}", "<60 mL/min/{1.73_m2}", "<=30 mL/min/{1.73_m2}", ">90 furlongs", ">90", "low"],
)
def test_where_the_bound_does_not_decide_the_kidneys_are_not_known(text: str) -> None:
    finding = kidneys.finding([egfr(text), baclofen("5 mg")], at(1))
    assert finding is not None and finding.reason is NotAssessedReason.MISSING_RENAL_FUNCTION


def test_a_number_that_comes_later_counts_and_one_before_does_not() -> None:
    number = observation("98979-8", "55 mL/min/{1.73_m2}", at(-1), entity="number")
    assert kidneys.judge([number, egfr(">90 mL/min/{1.73_m2}"), baclofen("20 mg")], at(1)).findings == ()
    later = observation("98979-8", "55 mL/min/{1.73_m2}", at(1), entity="number")
    assert kidneys.severity([later, egfr(">90 mL/min/{1.73_m2}"), baclofen("20 mg")], at(1)) == "major"


def test_potassium_above_ten_forbids_more_of_it_and_above_four_tells_nothing() -> None:
    given = dose(POTASSIUM_CHLORIDE, "20 meq", at(1), route=Route.INTRAVENOUS)
    told = shipped.finding([written(POTASSIUM, ">10 mmol/L"), given], at(1), "potassium chloride")
    assert told is not None and told.reason is None
    assert "was >10 mmol/L" in told.text and told.evidence["result"] == ">10"
    unsure = shipped.finding([written(POTASSIUM, ">4 mmol/L"), given], at(1), "potassium chloride")
    assert unsure is not None and unsure.reason is NotAssessedReason.IMPLAUSIBLE_VALUE
    low = [written(POTASSIUM, "<3 mmol/L"), given]
    assert shipped.finding(low, at(1), "potassium chloride") is None


def test_an_inr_has_no_unit_and_needs_none() -> None:
    warfarin = dose("warfarin", "5 mg", at(1))
    told = shipped.finding([written(INR, ">10"), warfarin], at(1), "warfarin")
    assert told is not None and told.reason is None
    assert shipped.finding([written(INR, "<1.0"), warfarin], at(1), "warfarin") is None
