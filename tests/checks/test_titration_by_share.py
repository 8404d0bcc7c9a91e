"""Where a label tells steps as a share of the dose before, as for pumps into the spine."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.base import Severity
from schemas.clinical import PatientFact
from schemas.dosage import Rate
from schemas.medications import Route
from services.safety.checks.starting.titration import TitrationPace
from services.safety.knowledge.kinds.titration import Titration
from services.safety.knowledge.models import EvidenceCode, PatientCondition
from tests.brief_knowledge import amount, knowledge, row
from tests.builders import at, condition, dosage, dose, order, quantity
from tests.checks.ward import Ward

CEREBRAL = PatientCondition(
    condition="cerebral palsy", codes=(EvidenceCode(system="icd10", code="G80", prefix=True),)
)
PALSY = condition("icd10|G80.1", at(-100))


def by_share(name: str, share: str | None, **more: Any) -> Titration:
    stated: dict[str, Any] = {
        "subject": "drug:baclofen",
        "routes": (Route.INTRATHECAL,),
        "share": Decimal(share) if share else None,
        "counted_in": amount("1 ug"),
        "every": timedelta(hours=24),
        "severity": Severity.MODERATE,
    }
    return Titration(**row(name, **(stated | more)))


RULES = (by_share("titration.spinal", "0.3"), by_share("titration.cerebral", "0.15", only_in=CEREBRAL))
ward = Ward(TitrationPace(), knowledge(rules=RULES))


def pump(*daily: tuple[float, str], seconds: float = 0) -> list[PatientFact]:
    """A pump's daily doses that replace each other: (hour, dose); the last one so many seconds later."""
    orders: list[PatientFact] = []
    for place, (hour, stated) in enumerate(daily):
        late = seconds if place == len(daily) - 1 else 0
        running = (dosage(stated, times=1, route=Route.INTRATHECAL),)
        earlier = orders[-1].entity if orders else None
        when = at(hour, seconds=late)
        orders.append(order("baclofen", None, when, dosages=running, entity=f"{place}", replaces=earlier))
    return orders


def test_thirty_per_cent_a_day_later_is_a_step_and_a_microgram_more_is_too_much() -> None:
    assert ward.finding(pump((0, "100 ug"), (24, "130 ug")), at(24)) is None
    finding = ward.finding(pump((0, "100 ug"), (24, "131 ug")), at(24))
    assert finding is not None and finding.severity is Severity.MODERATE
    assert (finding.evidence["limit"], finding.evidence["total"]) == ("0.13", "0.131")
    assert finding.text.startswith(
        "baclofen: 100 ug raised to 131 ug a day 24 h after the last step; at most 30 % more, no sooner than "
        "24 h after it."
    )


def test_no_rise_in_the_first_day_of_a_pump_and_none_a_second_too_soon() -> None:
    assert ward.finding(pump((0, "100 ug"), (24, "110 ug"), seconds=-1), at(24)) is not None
    assert ward.finding(pump((0, "100 ug"), (24, "110 ug")), at(24)) is None


def test_the_share_is_one_of_the_dose_before_and_not_of_the_first() -> None:
    up = pump((0, "100 ug"), (24, "130 ug"), (48, "169 ug"))
    assert ward.finding(up, at(48)) is None
    assert ward.finding([*up[:2], *pump((0, "1 ug"), (0, "1 ug"), (48, "170 ug"))[2:]], at(48)) is not None


def test_in_spasticity_of_cerebral_origin_fifteen_per_cent_are_the_most() -> None:
    assert ward.finding([PALSY, *pump((0, "100 ug"), (24, "115 ug"))], at(24)) is None
    finding = ward.finding([PALSY, *pump((0, "100 ug"), (24, "116 ug"))], at(24))
    assert finding is not None
    assert "at most 15 % more" in finding.text and "in cerebral palsy." in finding.text
    assert PALSY.entity in finding.implicated
    assert ward.finding(pump((0, "100 ug"), (24, "116 ug")), at(24)) is None


def test_a_rate_of_the_pump_is_its_daily_dose() -> None:
    def running(hourly: str, hour: float, entity: str, replaces: str | None = None) -> PatientFact:
        rate = Rate(amount=quantity(hourly), per_seconds=Decimal(3600))
        step = dosage(None, times=None, route=Route.INTRATHECAL, rate=rate)
        return order("baclofen", None, at(hour), dosages=(step,), entity=entity, replaces=replaces)

    first = running("5 ug", 0, "first")
    assert ward.finding([first, running("6.5 ug", 24, "second", "first")], at(24)) is None
    assert ward.finding([first, running("6.51 ug", 24, "second", "first")], at(24)) is not None


def test_a_screening_dose_is_no_daily_dose_and_an_infusion_without_an_order_is_said() -> None:
    bolus = dose("baclofen", "50 ug", at(0), route=Route.INTRATHECAL)
    assert ward.finding([bolus], at(1)) is None
    infusion = dose("baclofen", "50 ug", at(0), route=Route.INTRATHECAL, lasting=timedelta(hours=12))
    unjudged = ward.finding([infusion], at(13))
    assert unjudged is not None and unjudged.reason is not None
    assert unjudged.reason.value == "insufficient-history"


def test_what_runs_for_a_second_longer_than_a_bolus_shows_a_daily_dose() -> None:
    bolus = ward.knowledge.policy.dose.bolus_up_to
    for late, said in ((0, False), (1, True)):
        lasting = bolus + timedelta(seconds=late)
        infusion = dose("baclofen", "50 ug", at(0), route=Route.INTRATHECAL, lasting=lasting)
        assert (ward.finding([infusion], at(2)) is not None) is said


def test_a_condition_that_is_stated_for_later_has_its_review() -> None:
    later = condition("icd10|G80.1", at(30))
    facts = [later, *pump((0, "100 ug"), (24, "116 ug"))]
    assert ward.judge(facts, at(24)).review_at == at(30)
    assert ward.finding(facts, at(30, seconds=-1)) is None
    assert ward.finding(facts, at(30)) is not None


@pytest.mark.parametrize(
    ("share", "wrong"),
    [("0.3", {"step": amount("15 mg")}), (None, {}), ("0.3", {"counted_in": None}), ("0", {})],
)
def test_a_row_says_a_step_or_a_share_with_its_unit_and_not_both(
    share: str | None, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        by_share("titration.wrong", share, **wrong)
