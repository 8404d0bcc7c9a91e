"""An infusion of which a rate is stated and no end runs until something ends it."""

from datetime import timedelta
from decimal import Decimal

from schemas.base import Severity
from schemas.clinical import PatientFact
from schemas.dosage import Rate
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.doses.infusion_rate import InfusionTooFast
from services.safety.checks.not_assessed.unassessed_infusion import UnassessedInfusion
from services.safety.knowledge.kinds.infusion_rate import InfusionRate
from services.safety.knowledge.models import LimitKind
from tests.brief_knowledge import amount, knowledge, limit, row
from tests.builders import at, dose, encounter, order, quantity, stopped
from tests.checks.ward import Ward

DRUG, VEIN = "morphine", Route.INTRAVENOUS
KNOWLEDGE = knowledge(
    rules=(
        InfusionRate(
            **row(
                "rate.morphine",
                subject=f"drug:{DRUG}",
                routes=(VEIN,),
                at_most=amount("2 mg"),
                within=timedelta(minutes=1),
                severity=Severity.MAJOR,
            )
        ),
    ),
    limits={DRUG: (limit(DRUG, LimitKind.DAILY, "200 mg", routes=(VEIN,)),)},
)
rate, amounts = Ward(InfusionTooFast(), KNOWLEDGE), Ward(UnassessedInfusion(), KNOWLEDGE)


def running(mg_per_minute: str = "3", hours: float = 0, **more: object) -> PatientFact:
    stated = Rate(amount=quantity(f"{mg_per_minute} mg"), per_seconds=Decimal(60))
    return dose(DRUG, None, at(hours), route=VEIN).model_copy(update={"rate": stated, **more})


def test_it_is_too_fast_for_as_long_as_it_runs_and_a_day_after_that() -> None:
    assert rate.severity([running()], at(100), DRUG) == "major"
    slower = [running(), running("1", 100)]
    assert rate.finding(slower, at(124, seconds=-1), DRUG) is not None
    assert rate.finding(slower, at(124), DRUG) is None
    assert rate.judge(slower, at(101), DRUG).review_at == at(124)


def test_an_infusion_by_another_route_or_under_another_order_ends_it_not() -> None:
    other = running("1", 10, order="other")
    assert rate.finding([running(), other], at(48), DRUG) is not None
    spinal = running("1", 10, route=Route.EPIDURAL)
    assert rate.finding([running(), spinal], at(48), DRUG) is not None


def test_the_end_of_its_order_and_of_the_stay_end_it() -> None:
    ordered = order(DRUG, "1 mg", at(-1), route=VEIN, entity="o")
    under = running(order="o")
    assert rate.finding([ordered, under], at(48), DRUG) is not None
    assert rate.finding([ordered, under, stopped(ordered, at(20))], at(44), DRUG) is None
    stay = encounter(at(-5), ends_at=at(20))
    assert rate.finding([stay, running()], at(44, seconds=-1), DRUG) is not None
    assert rate.finding([stay, running()], at(44), DRUG) is None


def test_after_two_days_it_is_said_that_what_ran_in_cannot_be_added_up() -> None:
    assert amounts.finding([running()], at(48, seconds=-1), DRUG) is None
    told = amounts.finding([running()], at(48), DRUG)
    assert told is not None and told.reason is NotAssessedReason.MISSING_DURATION
    assert amounts.judge([running()], at(1), DRUG).review_at == at(48)
    assert amounts.finding([running(), running("1", 47)], at(48), DRUG) is None


def test_an_infusion_that_ended_or_has_an_amount_is_not_asked_about() -> None:
    ended = running(ended_at=at(1))
    assert amounts.finding([ended], at(48), DRUG) is None
    assert amounts.finding([running(dose=quantity("50 mg"))], at(48), DRUG) is None
