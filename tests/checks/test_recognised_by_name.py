"""A sum that rests on a product which is known by its name and not by its code says so."""

import pytest

from schemas.clinical import Coding, Medication, PatientFact
from services.safety.checks.cumulative_dose import CumulativeDose
from services.safety.checks.interaction import DrugInteraction
from services.safety.checks.judgement import Check, Finding
from services.safety.checks.prescribed_dose import PrescribedDose
from services.safety.checks.single_dose import SingleDose
from services.safety.knowledge.loader import load
from services.safety.recomputing import recomputed
from tests.builders import at, dose, order
from tests.checks.ward import Ward

BASE = load()
NAME = "Baclofen 10 MG Oral Tablet"
SAID = f"Recognised by the name and not by the code: {NAME}."


def tablet(code: str) -> Medication:
    return Medication(text=NAME, codings=(Coding(system="rxnorm", code=code, display=NAME),))


UNKNOWN, KNOWN = (
    tablet("99999901"),
    Medication(text=NAME, codings=(Coding(system="rxnorm", code="1292", display=NAME),)),
)


def found(check: Check, fact: PatientFact) -> Finding:
    finding = Ward(check, BASE).finding([fact], at(0))
    assert finding is not None
    return finding


@pytest.mark.parametrize(
    ("check", "fact"),
    [
        (CumulativeDose(), dose(UNKNOWN, "9 {tablet}", at(0), entity="tablets")),
        (SingleDose(), dose(UNKNOWN, "9 {tablet}", at(0), entity="tablets")),
        (PrescribedDose(), order(UNKNOWN, "3 {tablet}", at(0), times=3, entity="tablets")),
    ],
)
def test_a_product_with_a_strange_code_counts_by_its_name_and_that_is_said(
    check: Check, fact: PatientFact
) -> None:
    finding = found(check, fact)
    assert finding.text.endswith(SAID)
    assert finding.evidence["recognised_by_name"] == ["tablets"]
    again = recomputed(finding.check, finding.evidence)
    assert again is not None and again.agrees


def test_one_that_is_known_by_its_code_needs_no_such_words() -> None:
    finding = found(SingleDose(), dose(KNOWN, "9 {tablet}", at(0)))
    assert "Recognised" not in finding.text
    assert "recognised_by_name" not in finding.evidence


def test_among_several_doses_only_those_by_name_are_named() -> None:
    doses = [
        dose(KNOWN, "5 {tablet}", at(-1), entity="known"),
        dose(UNKNOWN, "4 {tablet}", at(0), entity="by name"),
    ]
    finding = Ward(CumulativeDose(), BASE).finding(doses, at(0))
    assert finding is not None
    assert finding.evidence["recognised_by_name"] == ["by name"]


def test_where_no_sum_is_made_the_name_is_as_good_as_the_code() -> None:
    facts = [dose(UNKNOWN, "1 {tablet}", at(0)), dose(Medication(text="lithium"), "300 mg", at(0))]
    finding = Ward(DrugInteraction(), BASE).finding(facts, at(0), "baclofen|lithium")
    assert finding is not None
    assert "Recognised" not in finding.text
