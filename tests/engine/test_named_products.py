"""What is told of a sum that rests on a product which is known by its name and not by its code says so."""

import pytest

from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue
from schemas.medications import Coding, Medication
from services.safety.knowledge.loader import load
from services.safety.recomputing import recomputed
from tests.builders import at, dose, order
from tests.engine.ward import engine, told

JUDGE = engine(knowledge=load())
NAME = "Baclofen 10 MG Oral Tablet"
SAID = f"Recognised by the name and not by the code: {NAME}."


def tablet(code: str) -> Medication:
    return Medication(text=NAME, codings=(Coding(system="rxnorm", code=code, display=NAME),))


UNKNOWN, KNOWN = tablet("99999901"), tablet("1292")


def issue(check: str, *facts: PatientFact) -> DetectedIssue:
    """What was told of the check."""
    _, issues = told(JUDGE, facts)
    (found,) = [one for one in issues if one.check == check]
    return found


@pytest.mark.parametrize(
    ("check", "fact"),
    [
        ("cumulative-dose", dose(UNKNOWN, "9 {tablet}", at(0), entity="tablets")),
        ("single-dose", dose(UNKNOWN, "9 {tablet}", at(0), entity="tablets")),
        ("prescribed-dose", order(UNKNOWN, "3 {tablet}", at(0), times=3, entity="tablets")),
    ],
)
def test_a_product_with_a_strange_code_counts_by_its_name_and_that_is_said(
    check: str, fact: PatientFact
) -> None:
    found = issue(check, fact)
    assert found.text.endswith(SAID)
    assert found.evidence["recognised_by_name"] == ["tablets"]
    again = recomputed(found.check, found.evidence)
    assert again is not None and again.agrees


def test_one_that_is_known_by_its_code_needs_no_such_words() -> None:
    found = issue("single-dose", dose(KNOWN, "9 {tablet}", at(0)))
    assert "Recognised" not in found.text
    assert "recognised_by_name" not in found.evidence


def test_among_several_doses_only_those_by_name_are_named() -> None:
    known = dose(KNOWN, "2 {tablet}", at(-8), entity="known")
    found = issue("cumulative-dose", known, dose(UNKNOWN, "7 {tablet}", at(0), entity="by name"))
    assert found.evidence["recognised_by_name"] == ["by name"]


def test_where_no_sum_is_made_the_name_is_as_good_as_the_code() -> None:
    lithium = dose(Medication(text="lithium"), "300 mg", at(0), entity="lithium")
    found = issue("interaction", dose(UNKNOWN, "1 {tablet}", at(0), entity="tablet"), lithium)
    assert "Recognised" not in found.text
