"""Ordered so many times a day without clock times, in a house that states at which hours it gives that.

The house gives three times a day at 8:00, 14:00 and 20:00. Baclofen has a limit of 80 mg a day.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.clinical import PatientFact
from schemas.dosage import Dosage
from services.safety.checks.amounts.dose_slots import due_times
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.doses.projected_dose import ProjectedDose
from services.safety.checks.stopping.withdrawal import WithdrawalRisk
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.house_hours import HouseHours
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE, POLICY, SOURCE
from tests.builders import at, dosage, dose, encounter, order
from tests.checks.ward import Ward

BERLIN = ZoneInfo("Europe/Berlin")


def house(**more: Any) -> KnowledgeBase:
    """The small knowledge of a house that states its hours."""
    hours = HouseHours(times_a_day={2: ("08:00", "20:00"), 3: ("08:00", "14:00", "20:00")}, source=SOURCE)
    return replace(KNOWLEDGE, policy=POLICY.model_copy(update={"hours": hours}), **more)


HOUSE = house()
projected, given, withdrawal = (
    Ward(check, HOUSE) for check in (ProjectedDose(), CumulativeDose(), WithdrawalRisk())
)
EVEN = Ward(WithdrawalRisk())


def due(
    dosages: tuple[Dosage, ...], start: datetime, knowledge: KnowledgeBase = HOUSE, **more: Any
) -> list[str]:
    """When an order is due in the day and a half from its start, in UTC."""
    ledger = folded([order("baclofen", when=start, dosages=dosages, **more)], knowledge)
    (entry,) = ledger.prescribed["baclofen"]
    zone = knowledge.zone
    found = due_times(entry, start - timedelta.resolution, start + timedelta(hours=36), zone)
    return [f"{instant:%d %H:%M}" for instant in found]


def tid(amount: str, hours: float = -48) -> PatientFact:
    return order("baclofen", amount, at(hours), times=3, entity="order")


def doses(amount: str, *hours: float) -> list[PatientFact]:
    return [dose("baclofen", amount, at(hour), order="order", entity=f"at {hour}") for hour in hours]


def test_three_times_a_day_is_due_at_the_hours_of_the_house_from_its_start_on() -> None:
    start = at(0, seconds=1)
    assert due((dosage(),), start) == ["02 14:00", "02 20:00", "03 08:00", "03 14:00", "03 20:00"]
    assert due((dosage(),), at(0))[0] == "02 08:00"


def test_without_hours_of_the_house_it_is_spaced_evenly_from_its_start() -> None:
    assert due((dosage(),), at(1), KNOWLEDGE)[:3] == ["02 09:00", "02 17:00", "03 01:00"]


def test_the_hours_are_those_of_the_clocks_on_the_day_on_which_they_go_forward() -> None:
    """Berlin, 29 March 2026: eight in the morning is 7:00 UTC the day before, and 6:00 from that day on."""
    found = due((dosage(),), datetime(2026, 3, 28, 6, tzinfo=UTC), house(zone=BERLIN))
    assert found == ["28 07:00", "28 13:00", "28 19:00", "29 06:00", "29 12:00", "29 18:00"]


@pytest.mark.parametrize(
    "other",
    [
        dosage(every=timedelta(hours=8)),
        dosage(times=1),
        dosage(times=4),
        dosage(times_high=Decimal(4)),
        dosage(times_of_day=("09:00", "15:00", "21:00")),
        dosage(as_needed=True),
    ],
    ids=[
        "every 8 hours",
        "once a day",
        "no hours stated",
        "a range",
        "clock times of the order",
        "as needed",
    ],
)
def test_what_is_ordered_in_another_way_is_due_as_before(other: Dosage) -> None:
    assert due((other,), at(1)) == due((other,), at(1), KNOWLEDGE)


def test_home_medication_is_not_given_at_the_hours_of_the_house() -> None:
    assert due((dosage(),), at(1), community=True)[:2] == ["02 09:00", "02 17:00"]


def test_two_doses_are_missed_an_hour_after_the_second_hour_of_the_house_and_no_second_sooner() -> None:
    facts = [encounter(at(days=-20)), tid("10 mg", -24 * 10 - 2), *doses("10 mg", *range(-240, 1, 12))]
    assert withdrawal.finding(facts, at(13, seconds=-1)) is None
    assert withdrawal.finding(facts, at(13)) is not None
    assert EVEN.finding(facts, at(13)) is None


def test_a_dose_within_the_tolerance_of_its_hour_accounts_for_it_and_a_second_later_does_not() -> None:
    beside = [tid("20 mg"), *doses("20 mg", -12, 0), dose("baclofen", "20 mg", at(1), entity="extra")]
    early = [*beside, *doses("20 mg", 5)]
    assert projected.finding(early, at(5)) is None
    too_early = [*beside, dose("baclofen", "20 mg", at(5, seconds=-1), entity="too early")]
    finding = projected.finding(too_early, at(5, seconds=-1))
    assert finding is not None
    assert finding.evidence["total"] == "100"


def test_the_next_hour_is_still_to_come_after_a_dose_at_the_hour_before_it() -> None:
    facts = [tid("20 mg"), *doses("20 mg", 0), dose("baclofen", "40 mg", at(0.5), entity="extra")]
    finding = projected.finding(facts, at(1))
    assert finding is not None
    assert finding.evidence["total"] == "100"
    assert [row["due"][11:16] for row in finding.evidence["due"]] == ["14:00", "20:00"]  # type: ignore[index,union-attr,call-overload]


def test_a_ward_that_gives_at_noon_instead_is_not_about_to_give_again_at_two() -> None:
    facts = [tid("26 mg"), *doses("26 mg", -20, -14, 0, 4)]
    assert projected.finding(facts, at(4)) is None


def test_a_dose_an_hour_before_its_hour_is_no_fourth_one_within_the_day_and_a_second_sooner_it_is() -> None:
    day = [tid("26 mg"), *doses("26 mg", 0, 6, 12)]
    assert given.finding([*day, *doses("26 mg", 23)], at(23)) is None
    finding = given.finding([*day, *doses("26 mg", 23 - 1 / 3600)], at(23, seconds=-1))
    assert finding is not None
    assert (finding.severity.value, finding.evidence["total"]) == ("major", "104")


def test_a_ward_that_gives_at_noon_and_is_five_minutes_early_has_given_no_fourth_dose_within_the_day() -> (
    None
):
    noon = [tid("26 mg"), *doses("26 mg", 0, 4, 10, 24, 28 - 5 / 60)]
    assert given.finding(noon, at(28, minutes=-5)) is None
