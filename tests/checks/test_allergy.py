"""A drug is ordered or given to somebody who is allergic to it, to a relative of it, or to its class."""

import pytest

from schemas.base import Severity
from schemas.clinical import PatientFact
from schemas.medications import Coding, Medication, Route
from services.safety.checks.contraindications.allergens import allergen
from services.safety.checks.contraindications.allergy import AllergicDrug
from services.safety.checks.not_assessed.unassessed_allergy import UnassessedAllergy
from services.safety.knowledge.loader import load
from tests.brief_rules import RULED
from tests.builders import allergy, at, dosage, dose, in_words, order, voided
from tests.checks.ward import Ward

ward = Ward(AllergicDrug(), RULED)
unknown = Ward(UnassessedAllergy(), RULED)
SHIPPED = load()
MORPHINE = order("morphine", "10 mg")
ALLERGIC = allergy("morphine", at(-100))


def found(*facts: PatientFact, now: float = 1, drug: str = "morphine") -> str | None:
    return ward.severity(list(facts), at(now), drug)


def test_an_order_for_the_very_drug_is_contraindicated_and_told_with_order_and_allergy() -> None:
    finding = ward.finding([MORPHINE, ALLERGIC], at(1), "morphine")
    assert finding is not None
    assert (finding.check, finding.subject) == ("allergy", "morphine|morphine")
    assert (finding.severity, finding.high_alert) == (Severity.CONTRAINDICATED, True)
    assert finding.implicated == (MORPHINE.entity, ALLERGIC.entity)
    assert finding.text.startswith("morphine: an allergy to morphine is recorded. Do not give it")
    assert finding.evidence["allergen_drugs"] == ["morphine"]


def test_an_allergic_dose_stays_open_for_a_day_and_not_a_second_longer() -> None:
    given = dose("morphine", "10 mg", at(0))
    assert ward.judge([given, ALLERGIC], at(1), "morphine").review_at == at(24)
    assert found(given, ALLERGIC, now=24 - 1 / 3600) == "contraindicated"
    assert found(given, ALLERGIC, now=24) is None


def test_neither_an_order_as_needed_nor_a_local_route_makes_an_allergy_less() -> None:
    as_needed = order("morphine", None, dosages=(dosage("10 mg", as_needed=True),))
    assert found(as_needed, ALLERGIC) == "contraindicated"
    gel = dose("diclofenac", "1 g", at(0), route=Route.TOPICAL)
    assert found(gel, allergy("diclofenac"), drug="diclofenac") == "contraindicated"


def test_an_intolerance_is_no_allergy_and_less() -> None:
    facts: list[PatientFact] = [MORPHINE, allergy("morphine", at(-100), intolerance=True)]
    finding = ward.finding(facts, at(1), "morphine")
    assert finding is not None
    assert finding.severity is Severity.MODERATE
    assert "an intolerance of morphine is recorded" in finding.text
    assert found(order("fentanyl", "1 mg"), facts[1], drug="fentanyl") == "minor"


def test_an_allergy_beside_an_intolerance_of_the_same_drug_is_told_as_an_allergy_in_one_issue() -> None:
    mild = allergy("morphine", at(-50), intolerance=True, entity="mild")
    finding = ward.finding([MORPHINE, mild, ALLERGIC], at(1), "morphine")
    assert finding is not None
    assert finding.severity is Severity.CONTRAINDICATED
    assert {"mild", ALLERGIC.entity} <= set(finding.implicated)


@pytest.mark.parametrize("flag", [{"negated": True}, {"active": False}])
def test_no_known_allergy_and_an_allergy_that_is_over_are_none(flag: dict[str, bool]) -> None:
    stated = allergy("morphine", at(-100), **flag)
    assert found(MORPHINE, stated) is None
    assert unknown.judge([allergy(in_words("no known"), at(-1), **flag)], at(1)).findings == ()


def test_an_allergy_entered_in_error_is_told_no_longer() -> None:
    assert found(MORPHINE, ALLERGIC, voided(ALLERGIC, at(0.5))) is None


def test_an_allergy_that_begins_later_is_told_from_then_on() -> None:
    later = allergy("morphine", at(3))
    assert ward.judge([MORPHINE, later], at(1), "morphine").review_at == at(3)
    assert found(MORPHINE, later, now=3 - 1 / 3600) is None
    assert found(MORPHINE, later, now=3) == "contraindicated"


def test_a_relative_of_the_drug_is_as_bad_as_its_worst_row_says() -> None:
    assert found(order("fentanyl", "1 mg"), ALLERGIC, drug="fentanyl") == "major"
    assert found(order("tramadol", "50 mg"), ALLERGIC, drug="tramadol") == "contraindicated"
    assert found(order("warfarin", "5 mg"), ALLERGIC, drug="warfarin") is None


@pytest.mark.parametrize("words", ["opioids", "Opioid allergy", "Allergy to opioids (disorder)"])
def test_an_allergy_to_a_class_by_its_name_is_one_to_each_of_its_drugs(words: str) -> None:
    finding = ward.finding([MORPHINE, allergy(in_words(words), at(-1))], at(1), "morphine")
    assert finding is not None
    assert (finding.severity.value, finding.subject) == ("major", "morphine|opioids")
    assert unknown.judge([allergy(in_words(words), at(-1))], at(1)).findings == ()


def test_a_code_for_the_class_says_the_same_as_its_name() -> None:
    coded = Medication(codings=(Coding(system="snomed", code="293584003"),))
    finding = ward.finding([MORPHINE, allergy(coded, at(-1))], at(1), "morphine")
    assert finding is not None
    assert finding.subject == "morphine|opioids"


def test_an_allergy_that_no_drug_or_class_matches_is_said_once_and_never_silence() -> None:
    latex = allergy(in_words("latex gloves"), at(2))
    assert unknown.judge([latex], at(1)).review_at == at(2)
    assert unknown.judge([latex], at(2, seconds=-1)).findings == ()
    (finding,) = unknown.judge([latex], at(2)).findings
    assert (finding.check, finding.reason) == ("not-assessed", "unmapped-drug")
    assert finding.subject == f"unmapped-drug|allergy|{latex.entity}"
    assert "latex gloves" in finding.text


def test_the_part_of_an_allergy_that_is_known_is_judged_and_the_other_is_said() -> None:
    both = allergy(in_words("morphine and latex"), at(-1))
    assert Ward(AllergicDrug(), SHIPPED).severity([MORPHINE, both], at(1), "morphine") == "contraindicated"
    (finding,) = Ward(UnassessedAllergy(), SHIPPED).judge([both], at(1)).findings
    assert "latex" in finding.text
    assert "morphine" not in finding.text


def test_a_product_that_nobody_knows_is_not_judged_here() -> None:
    facts: list[PatientFact] = [dose(in_words("holy water"), "10 mg"), ALLERGIC]
    assert ward.judge(facts, at(1), "<holy water>").findings == ()


@pytest.mark.parametrize(
    ("words", "drug", "severity"),
    [
        ("Penicillin", "amoxicillin", "contraindicated"),
        ("Penicillin V", "piperacillin", "contraindicated"),
        ("penicillins", "cefazolin", None),
        ("Cephalosporins", "cefazolin", "major"),
        ("Sulfa", "sulfamethoxazole", "contraindicated"),
        ("Sulfa", "furosemide", None),
        ("NSAIDs", "ibuprofen", "major"),
        ("Aspirin", "ketorolac", "contraindicated"),
        ("opioids", "oxycodone", "major"),
        ("morphine", "oxycodone", None),
        ("carbamazepine", "phenytoin", "major"),
        ("lisinopril", "captopril", "contraindicated"),
    ],
)
def test_what_the_shipped_rows_say_of_an_allergy(words: str, drug: str, severity: str | None) -> None:
    shipped = Ward(AllergicDrug(), SHIPPED)
    facts: list[PatientFact] = [dose(in_words(drug), "10 mg", at(0)), allergy(in_words(words), at(-1))]
    finding = shipped.finding(facts, at(1), drug)
    assert (finding.severity.value if finding is not None else None) == severity
    assert finding is None or not finding.shadow


@pytest.mark.parametrize("words", ["Peanut (substance)", "house dust", ""])
def test_what_is_no_drug_leads_nowhere(words: str) -> None:
    to = allergen(SHIPPED, Medication(text=words))
    assert (to.ingredients, to.rows) == (frozenset(), frozenset())
    assert len(to.unknown) == 1
