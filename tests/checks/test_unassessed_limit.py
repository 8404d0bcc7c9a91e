"""Drugs of which no row says how much is too much are named once for the patient, with their routes."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from schemas.base import Severity
from schemas.clinical import OrderState, PatientFact
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.not_assessed.unassessed import UnassessedDrug
from services.safety.checks.not_assessed.unassessed_limit import UnassessedLimit
from services.safety.checks.patient.years_of_age import reaches_age
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.infusion_rate import InfusionRate
from services.safety.knowledge.kinds.lifetime import LifetimeDose
from services.safety.knowledge.models import LimitKind, Status
from tests.brief_knowledge import amount, knowledge, limit, row
from tests.brief_loads import LOADS
from tests.builders import at, dose, encounter, in_words, observation, order, person, stopped
from tests.checks.ward import Ward

ward = Ward(UnassessedLimit())


def told(*facts: PatientFact, now: float = 1, where: Ward = ward) -> str | None:
    """What is named, by route; None where nothing is."""
    finding = where.finding([*facts], at(now))
    return finding.text.partition("is known: ")[2].rstrip(".") if finding is not None else None


def with_rows(*limits: Any, rules: tuple[Any, ...] = ()) -> Ward:
    """A ward whose knowledge has these limits of warfarin, and these rules."""
    base: KnowledgeBase = knowledge(limits={"warfarin": limits}, rules=rules)
    return Ward(UnassessedLimit(), base)


def test_a_gram_of_baclofen_by_rectum_is_named_with_its_route() -> None:
    finding = ward.finding([dose("baclofen", "1 g", at(0), route=Route.RECTAL, entity="d")], at(1))
    assert finding is not None
    assert finding.reason is NotAssessedReason.NO_DOSE_LIMIT
    assert finding.severity is Severity.MINOR
    assert finding.subjects == ("baclofen",)
    assert finding.implicated == ("d",)
    assert finding.text == (
        "How much is too much is not judged, because no limit that is for this patient is known: "
        "rectal: baclofen."
    )


def test_a_drug_without_any_limit_is_named_as_soon_as_it_is_ordered() -> None:
    assert told(order("lisinopril", "10 mg", at(0))) == "oral: lisinopril"
    assert told(order("lisinopril", "10 mg", at(2))) is None
    assert ward.judge([order("lisinopril", "10 mg", at(2))], at(1)).review_at == at(2)


def test_a_dose_that_a_limit_speaks_of_is_judged() -> None:
    assert told(dose("baclofen", "5 mg", at(0)), order("acetaminophen", "1 g", at(0))) is None
    assert told(dose("baclofen", "50 ug", at(0), route=Route.INTRATHECAL)) is None


def test_all_of_a_patient_are_one_line_sorted_by_route() -> None:
    facts = (
        order("warfarin", "5 mg", at(0)),
        order("lisinopril", "10 mg", at(0)),
        order("baclofen", "10 mg", at(0)),
        dose("baclofen", "10 mg", at(0), route=Route.RECTAL),
        dose("morphine", "5 mg", at(0), route=Route.INTRAVENOUS),
    )
    assert told(*facts) == "intravenous: morphine; oral: lisinopril, warfarin; rectal: baclofen"
    finding = ward.finding([*facts], at(1))
    assert finding is not None
    assert finding.subjects == ("baclofen", "lisinopril", "morphine", "warfarin")


@pytest.mark.parametrize("route", [Route.TOPICAL, Route.OPHTHALMIC, Route.OTIC, Route.INHALED])
def test_of_what_is_given_for_one_place_no_limit_is_missed(route: Route) -> None:
    assert told(dose("baclofen", "10 mg", at(0), route=route)) is None


@pytest.mark.parametrize("route", [Route.SUBLINGUAL, Route.TRANSDERMAL, Route.EPIDURAL, Route.OTHER])
def test_of_what_reaches_the_body_or_may_one_is_missed(route: Route) -> None:
    assert told(dose("baclofen", "10 mg", at(0), route=route)) is not None


def test_by_the_nose_a_limit_is_missed_for_drugs_that_have_one_by_another_route() -> None:
    assert told(dose("baclofen", "10 mg", at(0), route=Route.NASAL)) == "nasal: baclofen"
    assert told(dose("lisinopril", "10 mg", at(0), route=Route.NASAL)) is None


def test_a_limit_by_a_local_route_that_is_not_for_the_patient_is_missed_too() -> None:
    inhaled = limit("warfarin", LimitKind.DAILY, "10 mg", routes=(Route.INHALED,), age_from=Decimal(18))
    facts = dose("warfarin", "5 mg", at(0), route=Route.INHALED)
    assert told(facts, person(30, at(0)), where=with_rows(inhaled)) is None
    assert told(facts, person(3, at(0)), where=with_rows(inhaled)) == "inhaled: warfarin"


def test_an_unknown_route_counts_as_by_mouth_and_is_named_where_that_has_no_limit() -> None:
    assert told(dose("baclofen", "10 mg", at(0), route=Route.UNKNOWN)) is None
    assert told(dose("lisinopril", "10 mg", at(0), route=Route.UNKNOWN)) == "route not known: lisinopril"
    assert told(order("lisinopril", when=at(0), dosages=())) == "route not known: lisinopril"


def test_a_limit_for_adults_says_nothing_of_a_child() -> None:
    adults = with_rows(limit("warfarin", LimitKind.DAILY, "10 mg", age_from=Decimal(18)))
    ordered = order("warfarin", "5 mg", at(0))
    assert told(ordered, person(30, at(0)), where=adults) is None
    assert told(ordered, person(3, at(0)), where=adults) == "oral: warfarin"


def test_that_an_age_is_missing_is_said_instead() -> None:
    adults = with_rows(limit("warfarin", LimitKind.DAILY, "10 mg", age_from=Decimal(18)))
    ordered = order("warfarin", "5 mg", at(0))
    assert told(ordered, where=adults) is None
    missing = Ward(UnassessedDrug(), adults.knowledge).finding([ordered], at(1), "warfarin")
    assert missing is not None
    assert missing.reason is NotAssessedReason.MISSING_AGE


def test_a_limit_for_other_weights_says_nothing() -> None:
    light = with_rows(limit("warfarin", LimitKind.DAILY, "10 mg", weight_below=Decimal(50)))
    facts = order("warfarin", "5 mg", at(0)), observation("29463-7", "70 kg", at(0))
    assert told(*facts, where=light) == "oral: warfarin"


def test_a_child_that_comes_of_age_is_judged_from_then_on() -> None:
    adults = with_rows(limit("warfarin", LimitKind.DAILY, "10 mg", age_from=Decimal(18)))
    born_at = at(0) - timedelta(days=18 * 365.25) + timedelta(hours=5)
    facts = [order("warfarin", "5 mg", at(0)), person(None, at(0), born_at=born_at)]
    assert adults.judge(facts, at(1)).review_at == at(5)
    assert adults.finding(facts, at(5, seconds=-1)) is not None
    assert adults.finding(facts, at(5)) is None


def test_a_draft_says_nothing_to_anybody() -> None:
    draft = with_rows(limit("warfarin", LimitKind.DAILY, "10 mg", status=Status.DRAFT))
    assert told(order("warfarin", "5 mg", at(0)), where=draft) == "oral: warfarin"


def test_a_limit_of_one_dose_says_nothing_of_what_runs() -> None:
    single = with_rows(limit("warfarin", LimitKind.SINGLE, "10 mg", routes=(Route.INTRAVENOUS,)))
    pushed = dose("warfarin", "5 mg", at(0), route=Route.INTRAVENOUS)
    running = dose("warfarin", "500 mg", at(0), route=Route.INTRAVENOUS, lasting=timedelta(hours=8))
    assert told(pushed, where=single) is None
    assert told(running, where=single) == "intravenous: warfarin"


def test_how_fast_an_infusion_may_run_says_how_much_and_how_fast_an_injection_may_go_in_does_not() -> None:
    stated = {
        "subject": "drug:warfarin",
        "routes": (Route.INTRAVENOUS,),
        "at_most": amount("10 mg"),
        "within": timedelta(minutes=1),
        "severity": Severity.MAJOR,
    }
    longer = {"longer_than": timedelta(minutes=10)}
    infusions = with_rows(rules=(InfusionRate(**row("rate.infusion", **stated, **longer)),))
    injections = with_rows(rules=(InfusionRate(**row("rate.injection", **stated)),))
    running = dose("warfarin", None, at(0), route=Route.INTRAVENOUS, rate="60 mg", lasting=timedelta(hours=8))
    pushed = dose("warfarin", "60 mg", at(0), route=Route.INTRAVENOUS)
    assert told(running, where=infusions) is None
    assert told(pushed, where=infusions) == "intravenous: warfarin"
    assert told(running, where=injections) == "intravenous: warfarin"
    bounded = stated | longer | {"age_from": Decimal(18)}
    adults = with_rows(rules=(InfusionRate(**row("rate.adults", **bounded)),))
    assert told(running, person(30, at(0)), where=adults) is None
    assert told(running, person(3, at(0)), where=adults) == "intravenous: warfarin"


def test_a_lifetime_and_the_morphine_equivalents_of_a_day_say_how_much_is_too_much() -> None:
    lifetime = row("lifetime.warfarin", subject="drug:warfarin", value=amount("1 g"), severity=Severity.MAJOR)
    assert told(order("warfarin", "5 mg", at(0)), where=with_rows(rules=(LifetimeDose(**lifetime),))) is None
    loads = with_rows(rules=LOADS)
    assert told(order("morphine", "5 mg", at(0)), where=loads) is None
    into_a_vein = order("morphine", "5 mg", at(0), route=Route.INTRAVENOUS)
    assert told(into_a_vein, where=loads) == "intravenous: morphine"


def test_it_ends_a_day_after_the_last_dose() -> None:
    facts: list[PatientFact] = [dose("lisinopril", "10 mg", at(0))]
    assert ward.judge(facts, at(1)).review_at == at(24)
    assert ward.finding(facts, at(24, seconds=-1)) is not None
    assert ward.finding(facts, at(24)) is None


def test_an_order_counts_to_the_end_of_the_stay_however_often_it_is_written_anew() -> None:
    ordered = order("lisinopril", "10 mg", at(0), entity="order-1")
    over = stopped(ordered, at(4))
    assert told(ordered, over, now=5) is None
    stay = encounter(at(-1), ends_at=at(48))
    assert told(ordered, over, stay, now=47) == "oral: lisinopril"
    assert told(ordered, over, stay, now=48) is None


def test_a_dose_that_was_not_given_and_an_order_on_hold_are_none() -> None:
    assert told(dose("lisinopril", "10 mg", at(0), done=False)) is None
    assert told(order("lisinopril", "10 mg", at(0), state=OrderState.ON_HOLD)) is None


def test_a_product_that_nobody_knows_is_said_of_itself() -> None:
    assert told(order(in_words("green pills"), "1 mg", at(0))) is None
    assert not UnassessedLimit().concerns(ward.knowledge, "<green pills>")


def for_adults_from(years: int, *limits: Any) -> Ward:
    """The same, where the house says from which age limits without any are meant."""
    base = with_rows(*limits).knowledge
    dose_policy = base.policy.dose.model_copy(update={"adult_limits_from": Decimal(years)})
    changed = base.policy.model_copy(update={"dose": dose_policy})
    return Ward(UnassessedLimit(), replace(base, policy=changed))


def test_a_limit_without_ages_is_for_adults_to_the_second() -> None:
    house = for_adults_from(12, limit("warfarin", LimitKind.DAILY, "10 mg"))
    ordered, born = order("warfarin", "5 mg", at(0)), person(11.999, at(0))
    assert born.born_at is not None
    grown = reaches_age(born.born_at, Decimal(12))
    judged = house.judge([ordered, born], at(1))
    assert [finding.subjects for finding in judged.findings] == [("warfarin",)]
    assert judged.review_at == grown
    assert house.finding([ordered, born], grown - timedelta.resolution) is not None
    assert house.finding([ordered, born], grown) is None
    assert told(ordered, where=house) is None


def test_a_limit_by_the_kilogram_or_for_an_age_judges_a_child() -> None:
    ordered, born = order("warfarin", "5 mg", at(0)), person(3, at(0))
    wide = limit("warfarin", LimitKind.DAILY, "10 mg")
    by_weight = limit("warfarin", LimitKind.DAILY, "1 mg", name=".kg", per="kg")
    for_children = limit("warfarin", LimitKind.DAILY, "5 mg", name=".child", age_below=Decimal(12))
    assert told(ordered, born, where=for_adults_from(12, wide)) == "oral: warfarin"
    assert told(ordered, born, where=for_adults_from(12, wide, by_weight)) is None
    assert told(ordered, born, where=for_adults_from(12, wide, for_children)) is None
    assert told(ordered, born, where=with_rows(wide)) is None
