"""A limit for extended-release products counts only what is known to be one."""

from schemas.clinical import PatientFact
from schemas.medications import Coding, Medication
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.doses.prescribed_dose import PrescribedDose
from services.safety.checks.doses.projected_dose import ProjectedDose
from services.safety.checks.doses.single_dose import SingleDose
from services.safety.checks.judgement import Check
from services.safety.checks.not_assessed.unassessed import UnassessedDrug
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind
from services.safety.knowledge.products import AskedRelease, FormRelease
from tests.brief_knowledge import knowledge, limit
from tests.builders import RXNORM, at, dose, order
from tests.checks.ward import Ward

DRUG = "tramadol"
BOTH = knowledge(
    limits={
        DRUG: (
            limit(DRUG, LimitKind.DAILY, "400 mg"),
            limit(DRUG, LimitKind.DAILY, "300 mg", ".extended", release=AskedRelease.EXTENDED),
            limit(DRUG, LimitKind.SINGLE, "200 mg", ".extended", release=AskedRelease.EXTENDED),
        )
    }
)
SLOW_ONLY = knowledge(
    limits={DRUG: (limit(DRUG, LimitKind.DAILY, "300 mg", ".extended", release=AskedRelease.EXTENDED),)}
)


def tramadol(form: str) -> Medication:
    return Medication(text=f"Tramadol {form}", codings=(Coding(system="rxnorm", code=RXNORM[DRUG]),))


SLOW, PLAIN, UNKNOWN = (tramadol(f) for f in ("Extended Release Oral Tablet", "Oral Tablet", "by mouth"))


def severity(check: Check, *facts: PatientFact, base: KnowledgeBase = BOTH) -> str | None:
    return Ward(check, base).severity([*facts], at(1), DRUG)


def test_the_limit_of_extended_release_is_told_by_a_microgram() -> None:
    assert severity(CumulativeDose(), dose(SLOW, "300 mg", at(0))) is None
    assert severity(CumulativeDose(), dose(SLOW, "300.001 mg", at(0))) == "moderate"


def test_the_finding_says_which_products_the_limit_is_for() -> None:
    finding = Ward(CumulativeDose(), BOTH).finding([dose(SLOW, "301 mg", at(0))], at(1), DRUG)
    assert finding is not None
    assert "300 mg (extended release)" in finding.text


def test_plain_and_unknown_products_have_the_limit_for_all() -> None:
    for product in (PLAIN, UNKNOWN):
        assert severity(CumulativeDose(), dose(product, "400 mg", at(0))) is None
        assert severity(CumulativeDose(), dose(product, "400.001 mg", at(0))) == "moderate"


def test_both_together_have_the_limit_for_all() -> None:
    slow = dose(SLOW, "300 mg", at(0))
    assert severity(CumulativeDose(), slow, dose(PLAIN, "100 mg", at(0.5))) is None
    assert severity(CumulativeDose(), slow, dose(PLAIN, "100.001 mg", at(0.5))) == "moderate"


def test_orders_are_held_against_it_alike() -> None:
    assert severity(PrescribedDose(), order(SLOW, "150 mg", at(0), times=2)) is None
    assert severity(PrescribedDose(), order(SLOW, "150.001 mg", at(0), times=2)) == "moderate"
    assert severity(PrescribedDose(), order(PLAIN, "150.001 mg", at(0), times=2)) is None


def test_what_is_still_due_is_held_against_it_alike() -> None:
    for product, told in ((SLOW, "moderate"), (PLAIN, None)):
        facts = (order(product, "175 mg", at(0), times=2), dose(product, "150 mg", at(0)))
        assert severity(ProjectedDose(), *facts) == told


def test_a_single_dose_is_held_against_it_alike() -> None:
    assert severity(SingleDose(), dose(SLOW, "200.001 mg", at(0))) == "moderate"
    assert severity(SingleDose(), dose(PLAIN, "200.001 mg", at(0))) is None
    assert severity(SingleDose(), order(SLOW, "200.001 mg", at(0), times=1)) == "moderate"
    assert severity(SingleDose(), order(UNKNOWN, "200.001 mg", at(0), times=1)) is None


def test_a_unit_that_its_limit_cannot_count_is_told_of_its_products_only() -> None:
    assert severity(UnassessedDrug(), dose(SLOW, "5 mmol", at(0)), base=SLOW_ONLY) == "minor"
    assert severity(UnassessedDrug(), dose(PLAIN, "5 mmol", at(0)), base=SLOW_ONLY) is None


def test_a_depot_is_no_dose_of_a_day_and_counts_only_where_depots_are_asked_for() -> None:
    plain = limit(DRUG, LimitKind.DAILY, "300 mg")
    depot = limit(DRUG, LimitKind.DAILY, "500 mg", ".depot", release=AskedRelease.DEPOT)
    assert [FormRelease.counts(FormRelease.DEPOT, row.release) for row in (plain, depot)] == [False, True]
    assert [FormRelease.counts(None, row.release) for row in (plain, depot)] == [True, False]
    assert FormRelease.counts(FormRelease.EXTENDED, plain.release)
