"""Drugs that must never be given by some route."""

from schemas.base import Severity
from schemas.medications import Route
from services.safety.checks.doses.forbidden_route import DrugByForbiddenRoute
from services.safety.knowledge.kinds.route import ForbiddenRoute
from tests.brief_knowledge import knowledge, row
from tests.builders import at, dosage, dose, order, stopped, voided
from tests.checks.ward import Ward

RULE = ForbiddenRoute(
    **row(
        "route.morphine",
        subject="drug:morphine",
        routes=(Route.INTRATHECAL, Route.EPIDURAL),
        severity=Severity.CONTRAINDICATED,
    )
)
ward = Ward(DrugByForbiddenRoute(), knowledge(rules=(RULE,)))
DRUG = "morphine"
SPINE, VEIN = Route.INTRATHECAL, Route.INTRAVENOUS


def test_a_dose_by_a_forbidden_route_is_told_for_a_day() -> None:
    facts = [dose(DRUG, "1 mg", at(0), route=SPINE, entity="dose")]
    finding = ward.finding(facts, at(0), DRUG)
    assert finding is not None
    assert finding.severity is Severity.CONTRAINDICATED
    assert finding.text.startswith("morphine given intrathecal, and must never be given so.")
    assert finding.implicated == ("dose",)
    assert ward.judge(facts, at(1), DRUG).review_at == at(24)
    assert ward.finding(facts, at(24, seconds=-1), DRUG) is not None
    assert ward.finding(facts, at(24), DRUG) is None


def test_by_another_or_an_unknown_route_nothing_is_told() -> None:
    for route in (VEIN, Route.UNKNOWN, Route.ORAL):
        assert ward.finding([dose(DRUG, "1 mg", at(0), route=route)], at(0), DRUG) is None


def test_an_order_is_told_before_the_dose_and_ends_with_it() -> None:
    wrong = order(DRUG, "1 mg", at(0), route=SPINE, entity="order")
    finding = ward.finding([wrong], at(1), DRUG)
    assert finding is not None
    assert finding.text.startswith("morphine ordered intrathecal, and must never be given so.")
    assert ward.finding([stopped(wrong, at(2))], at(2), DRUG) is None
    assert ward.finding([voided(wrong, at(2))], at(2), DRUG) is None
    assert ward.finding([order(DRUG, "1 mg", at(0), route=VEIN)], at(1), DRUG) is None


def test_of_an_order_with_two_ways_the_forbidden_one_is_told() -> None:
    both = order(DRUG, dosages=(dosage("1 mg", route=VEIN), dosage("1 mg", route=SPINE)))
    assert ward.finding([both], at(1), DRUG) is not None


def test_a_dose_that_was_not_given_and_another_drug_are_not_told() -> None:
    assert ward.finding([dose(DRUG, "1 mg", at(0), route=SPINE, done=False)], at(0), DRUG) is None
    assert not DrugByForbiddenRoute().concerns(ward.knowledge, "baclofen")
