"""What the liver no longer breaks down: a lower dose, or not this drug, as soon as the illness is known."""

import pytest

from schemas.clinical import PatientFact
from schemas.medications import Route
from services.safety.checks.organs.hepatic_dose import HepaticDoseTooHigh
from services.safety.knowledge.loader import load
from services.safety.recomputing import recomputed
from tests.brief_rules import RULED
from tests.builders import at, condition, corrected, dosage, dose, order, stopped, voided
from tests.checks.ward import Ward

ward = Ward(HepaticDoseTooHigh(), RULED)
shipped = Ward(HepaticDoseTooHigh(), load())


def cirrhosis(hours: float = -100) -> PatientFact:
    return condition("icd10|K74.6", at(hours), entity="cirrhosis")


def failure(hours: float = -100) -> PatientFact:
    return condition("icd10|K72.9", at(hours), entity="failure")


def daily(amount: str, drug: str = "baclofen", **more: object) -> PatientFact:
    """Three times a day."""
    return order(drug, amount, at(0), times=3, **more)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("13.333 mg", None), ("13.334 mg", "moderate"), ("16.666 mg", "moderate"), ("16.667 mg", "major")],
)
def test_up_to_a_quarter_above_the_limit_it_is_moderate_and_then_as_bad_as_the_row_says(
    amount: str, expected: str | None
) -> None:
    assert ward.severity([cirrhosis(), daily(amount)], at(1)) == expected


def test_a_new_condition_judges_the_running_order_anew() -> None:
    facts = [daily("20 mg"), cirrhosis(10)]
    assert ward.judge(facts, at(1)).review_at == at(10)
    assert ward.finding(facts, at(10, seconds=-1)) is None
    finding = ward.finding(facts, at(10))
    assert finding is not None
    assert finding.text.startswith("baclofen: 60 mg ordered per day; at most 40 mg in liver disease. ")
    assert "cirrhosis" in finding.implicated
    assert finding.evidence["condition"] == {"condition": "liver disease", "entities": ["cirrhosis"]}


def test_it_ends_with_the_condition_and_with_the_order() -> None:
    ill, ordered = cirrhosis(), daily("20 mg")
    over = corrected(ill, at(-1), abated_at=at(18))
    assert ward.finding([over, ordered], at(18, seconds=-1)) is not None
    assert ward.judge([over, ordered], at(17)).review_at == at(18)
    assert ward.finding([over, ordered], at(18)) is None
    assert ward.finding([ill, ordered, voided(ill, at(1))], at(1)) is None
    assert ward.finding([ill, stopped(ordered, at(2))], at(2)) is None
    assert ward.finding([condition("icd10|K74.6", at(-9), active=False), ordered], at(1)) is None


def test_without_a_sick_liver_the_dose_is_nobodys_concern_here() -> None:
    assert ward.finding([daily("20 mg")], at(1)) is None
    assert ward.finding([condition("icd10|K80.2"), daily("20 mg")], at(1)) is None
    assert not HepaticDoseTooHigh().concerns(RULED, "acetaminophen")


def test_what_was_given_counts_where_nothing_is_ordered() -> None:
    doses: list[PatientFact] = [dose("baclofen", "20 mg", at(2 * n), entity=f"d{n}") for n in range(2)]
    assert ward.finding([cirrhosis(), *doses], at(5)) is None
    more = [cirrhosis(), *doses, dose("baclofen", "0.001 mg", at(6), entity="drop")]
    finding = ward.finding(more, at(6))
    assert finding is not None
    assert (finding.severity.value, finding.evidence["total"]) == ("moderate", "40.001")
    assert ward.judge(more, at(6)).review_at == at(23)
    assert ward.finding(more, at(23)) is None


def test_tomorrows_dose_an_hour_early_is_not_one_of_today() -> None:
    evening = dose("baclofen", "40 mg", at(0), entity="evening")
    early = dose("baclofen", "40 mg", at(23), entity="early")
    assert ward.finding([cirrhosis(), evening, early], at(23)) is None
    earlier = dose("baclofen", "40 mg", at(23, seconds=-1), entity="early")
    assert ward.severity([cirrhosis(), evening, earlier], at(23, seconds=-1)) == "major"


def test_the_larger_of_order_and_doses_is_told() -> None:
    doses: list[PatientFact] = [dose("baclofen", "35 mg", at(n), entity=f"d{n}") for n in range(2)]
    finding = ward.finding([cirrhosis(), daily("20 mg"), *doses], at(2))
    assert finding is not None and "70 mg given per day" in finding.text
    finding = ward.finding([cirrhosis(), daily("24 mg"), *doses], at(2))
    assert finding is not None and "72 mg ordered per day" in finding.text


def test_what_only_may_be_given_is_minor_and_says_so() -> None:
    as_needed = daily("20 mg", as_needed=True)
    finding = ward.finding([cirrhosis(), as_needed], at(1))
    assert finding is not None
    assert finding.severity.value == "minor"
    assert "Only what is given as needed passes the limit." in finding.text
    given: list[PatientFact] = [dose("baclofen", "21 mg", at(n), entity=f"d{n}") for n in range(2)]
    finding = ward.finding([cirrhosis(), as_needed, *given], at(2))
    assert finding is not None
    assert (finding.severity.value, finding.evidence["total"]) == ("moderate", "42")


def test_a_dose_ordered_once_counts_for_a_day() -> None:
    once = order("baclofen", None, at(0), dosages=(dosage("60 mg", once=True),))
    assert ward.severity([cirrhosis(), once], at(24, seconds=-1)) == "major"
    assert ward.finding([cirrhosis(), once], at(24)) is None


def test_by_another_way_of_giving_the_limit_does_not_hold() -> None:
    assert ward.finding([cirrhosis(), daily("20 mg", route=Route.INTRATHECAL)], at(1)) is None


def test_a_code_that_does_not_tell_how_bad_the_liver_is_makes_a_question_that_pages_nobody() -> None:
    facts = [order("citalopram", "30 mg", at(0), times=1)]
    surely = ward.finding([failure(), *facts], at(1), "citalopram")
    assert surely is not None
    assert (surely.severity.value, surely.evidence["how_bad_is_known"]) == ("moderate", True)
    perhaps = ward.finding([cirrhosis(), *facts], at(1), "citalopram")
    assert perhaps is not None
    assert (perhaps.severity.value, perhaps.evidence["how_bad_is_known"]) == ("minor", False)
    assert "does not say whether the liver is that bad" in perhaps.text
    both = ward.finding([cirrhosis(), failure(5), *facts], at(5), "citalopram")
    assert both is not None and "failure" in both.implicated
    assert both.severity.value == "moderate"
    assert ward.judge([cirrhosis(), failure(5), *facts], at(1), "citalopram").review_at == at(5)


def test_a_drug_to_avoid_is_told_for_as_long_as_it_is_in_use() -> None:
    facts: list[PatientFact] = [failure(), dose("diazepam", "1 mg", at(0), entity="drop")]
    finding = ward.finding(facts, at(1), "diazepam")
    assert finding is not None
    assert finding.severity.value == "major"
    assert finding.text.startswith("diazepam: not to be used in severe liver impairment. ")
    assert ward.judge(facts, at(1), "diazepam").review_at == at(24)
    assert ward.finding(facts, at(24), "diazepam") is None
    allowed = order("diazepam", "1 mg", at(0), as_needed=True)
    assert ward.severity([failure(), allowed], at(1), "diazepam") == "moderate"
    assert ward.severity([cirrhosis(), allowed], at(1), "diazepam") == "minor"


@pytest.mark.parametrize("as_needed", [False, True])
def test_the_number_told_is_made_again_from_its_rows(as_needed: bool) -> None:
    facts = [
        cirrhosis(),
        daily("20 mg", as_needed=as_needed),
        order("baclofen", "5 mg", at(0), times=1, entity="more"),
    ]
    ordered = ward.finding(facts, at(1))
    given = ward.finding([cirrhosis(), dose("baclofen", "41 mg", at(0))], at(1))
    for finding in (ordered, given):
        assert finding is not None
        again = recomputed(finding.check, finding.evidence)
        assert again is not None and again.agrees


@pytest.mark.parametrize(
    ("code", "drug", "amount", "expected"),
    [
        ("icd10|K74.6", "citalopram", "20 mg", None),
        ("icd10|K74.6", "citalopram", "20.001 mg", "moderate"),
        ("icd9|571.5", "citalopram", "40 mg", "major"),
        ("icd10|K70.0", "zolpidem", "5.001 mg", "moderate"),
        ("icd10|K74.6", "zolpidem", "5 mg", "minor"),
        ("icd10|K72.9", "zolpidem", "5 mg", "major"),
        ("icd10|K70.30", "tramadol", "100 mg", None),
        ("icd10|K70.30", "tramadol", "100.001 mg", "moderate"),
        ("icd10|K70.0", "tramadol", "200 mg", None),
        ("snomed|19943007", "tramadol", "200 mg", "major"),
        ("icd10|K72.90", "sertraline", "25 mg", "major"),
        ("icd10|K74.6", "sertraline", "25 mg", "minor"),
        ("icd10|K70.0", "sertraline", "25 mg", None),
        ("icd10|K72.0", "tizanidine", "2 mg", "major"),
    ],
)
def test_what_the_shipped_rows_say(code: str, drug: str, amount: str, expected: str | None) -> None:
    facts = [condition(code, at(-9)), order(drug, amount, at(0), times=1)]
    assert shipped.severity(facts, at(1), drug) == expected
