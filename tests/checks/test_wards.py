"""A patient on wards with a tolerance, hours and clocks of their own, and moved between them.

The house gives three times a day at 8:00, 14:00 and 20:00 and allows 60 minutes; the ICU gives at 6:00, 12:00
and 18:00 and allows 20. Hours count from 8:00.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.clinical import Encounter, FactStatus, PatientFact
from schemas.whereabouts import WardSince
from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.amounts.dose_slots import due_times
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.doses.dose_interval import DoseInterval
from services.safety.checks.doses.projected_dose import ProjectedDose
from services.safety.checks.stopping.withdrawal import WithdrawalRisk
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.house_hours import HouseHours
from services.safety.knowledge.models import LimitKind, Reckoning
from services.safety.knowledge.ward_rules import WardPolicy
from services.safety.ledger.folding import folded
from tests.brief_knowledge import POLICY, SOURCE, knowledge, limit
from tests.brief_rules import RULED
from tests.brief_wards import ICU, WARDS
from tests.builders import MORNING, at, corrected, dosage, dose, encounter, order
from tests.checks.ward import Ward

HOURS = HouseHours(times_a_day={3: ("08:00", "14:00", "20:00")}, source=SOURCE)
SECOND = timedelta(seconds=1)


def with_wards(*wards: WardPolicy, hours: HouseHours | None = HOURS, **more: Any) -> KnowledgeBase:
    policy = POLICY.model_copy(update={"hours": hours, "wards": wards})
    return knowledge(policy=policy, **more)


HOUSE = with_wards(*WARDS)
given, projected, withdrawal = (
    Ward(check, HOUSE) for check in (CumulativeDose(), ProjectedDose(), WithdrawalRisk())
)
interval = Ward(DoseInterval(), RULED)


def moved(*places: tuple[str, datetime], ward: str = "General") -> list[Encounter]:
    """A stay on a ward, and each move of it."""
    stay = encounter(at(days=-20), ward=ward, entity="stay")
    return [stay, *(corrected(stay, when, ward=name, ward_since=when) for name, when in places)]


ON_ICU = moved(ward=ICU)


def due(facts: list[PatientFact], base: KnowledgeBase = HOUSE, hours: float = 36) -> list[str]:
    """When the order of the facts is due from its start on, in UTC."""
    ledger = view_of(folded(facts, base), base, at(0), {}).ledger
    (entry,) = ledger.prescribed["baclofen"]
    until = entry.start + timedelta(hours=hours)
    return [f"{each:%d %H:%M}" for each in due_times(entry, entry.start - SECOND, until, base.zone)]


def tid(amount: str = "10 mg", when: datetime = MORNING, **more: Any) -> PatientFact:
    return order("baclofen", amount, when, times=3, entity="order", **more)


def doses(amount: str, *instants: datetime, under: str | None = None) -> list[PatientFact]:
    return [dose("baclofen", amount, when, order=under, entity=f"at {when}") for when in instants]


def test_a_ward_gives_at_its_own_hours_and_what_it_does_not_state_is_the_house_s() -> None:
    assert due([*ON_ICU, tid()])[:3] == ["02 12:00", "02 18:00", "03 06:00"]
    assert due([*moved(ward="General"), tid()])[:3] == ["02 08:00", "02 14:00", "02 20:00"]
    only_tolerance = WardPolicy(names=(ICU,), tolerance=timedelta(minutes=20), source=SOURCE)
    assert due([*ON_ICU, tid()], with_wards(only_tolerance))[:2] == ["02 08:00", "02 14:00"]


@pytest.mark.parametrize(
    "stays",
    [[], moved(ward="icu"), [corrected(ON_ICU[0], at(-1), status=FactStatus.ENTERED_IN_ERROR)]],
    ids=["no stay", "a ward that is not stated", "a stay entered in error"],
)
def test_where_no_ward_is_known_that_differs_the_house_decides(stays: list[PatientFact]) -> None:
    assert due([*stays, tid()])[:2] == ["02 08:00", "02 14:00"]


def test_a_ward_of_its_own_hours_in_a_house_that_states_none() -> None:
    base = with_wards(*WARDS, hours=None)
    assert due([*ON_ICU, tid(when=at(1))], base)[:2] == ["02 12:00", "02 18:00"]
    assert due([*moved(), tid(when=at(1))], base)[:2] == ["02 09:00", "02 17:00"]


def test_what_was_due_before_a_move_keeps_the_old_ward_s_hours_by_the_second() -> None:
    before = due([*moved((ICU, at(6))), tid()])
    assert before[:3] == ["02 08:00", "02 18:00", "03 06:00"]
    after = due([*moved((ICU, at(6) + SECOND)), tid()])
    assert after[:3] == ["02 08:00", "02 14:00", "03 06:00"]


def test_nobody_is_due_twice_because_a_move_came_between_two_rounds() -> None:
    """8:00 on the ward, 12:00 in the ICU: nearer than any two rounds of the ICU."""
    assert due([*moved((ICU, at(3))), tid()])[:3] == ["02 08:00", "02 18:00", "03 06:00"]
    facts = [*moved((ICU, at(3))), tid("26 mg", at(-24)), *doses("26 mg", at(-12), at(0), under="order")]
    assert projected.finding(facts, at(3)) is None


def test_back_on_the_old_ward_its_hours_hold_again() -> None:
    there_and_back = moved((ICU, at(9)), ("General", at(23)))
    assert due([*there_and_back, tid()])[:6] == [
        *("02 08:00", "02 14:00", "03 06:00", "03 14:00", "03 20:00")
    ]


def test_a_move_that_only_the_list_of_former_wards_tells_counts_as_if_it_had_been_told_then() -> None:
    there_and_back = (("General", at(days=-20)), (ICU, at(9)), ("General", at(23)))
    listed = tuple(WardSince(since=since, ward=ward) for ward, since in there_and_back)
    stay = encounter(at(days=-20), ward="General", ward_since=at(23), wards_listed=listed, entity="stay")
    assert due([stay, tid()])[:6] == due([*moved((ICU, at(9)), ("General", at(23))), tid()])[:6]
    assert due([stay, tid()])[:6] != due([*moved(), tid()])[:6]


def test_clock_times_of_the_prescriber_hold_on_every_ward() -> None:
    stated = order("baclofen", when=at(0), dosages=(dosage(times_of_day=("09:00", "21:00")),))
    assert due([*moved((ICU, at(3))), stated])[:2] == due([stated])[:2] == ["02 09:00", "02 21:00"]


def test_eight_in_the_morning_is_that_of_the_ward_s_clocks_on_the_day_on_which_they_go_forward_too() -> None:
    """Berlin, 29 March 2026: eight in the morning is 7:00 UTC the day before, and 6:00 from that day on."""
    berlin = WardPolicy(names=(ICU,), zone="Europe/Berlin", source=SOURCE)
    start = datetime(2026, 3, 28, 6, tzinfo=UTC)
    found = due([*ON_ICU, tid(when=start)], with_wards(berlin))
    assert found == ["28 07:00", "28 13:00", "28 19:00", "29 06:00", "29 12:00", "29 18:00"]


def missed(stays: list[Encounter], now: datetime, *more: PatientFact, last: int = 0) -> bool:
    """Whether doses are missed in a row after ten days of use up to 8:00, or to `last` hours from then."""
    use = doses("10 mg", *(at(hour) for hour in range(last - 240, last + 1, 12)))
    return withdrawal.finding([*stays, tid(when=at(last - 241)), *use, *more], now) is not None


def test_two_doses_are_missed_when_the_tolerance_of_the_ward_has_passed_and_no_second_sooner() -> None:
    """Due at 12:00 and 18:00 in the ICU, at 14:00 and 20:00 elsewhere."""
    assert not missed(ON_ICU, at(10, minutes=20) - SECOND, last=-2)
    assert missed(ON_ICU, at(10, minutes=20), last=-2)
    assert not missed(moved(), at(13) - SECOND)
    assert missed(moved(), at(13))


def test_a_dose_due_before_a_move_is_missed_by_the_old_ward_s_tolerance() -> None:
    """Due at 14:00 on the ward; moved a second later, the next ones are due in the ICU from 6:00 on."""
    stays = moved((ICU, at(6) + SECOND))
    assert not missed(stays, at(22, minutes=20) - SECOND)
    assert missed(stays, at(22, minutes=20))
    assert not missed(stays, at(22, minutes=20), *doses("10 mg", at(7), under="order"))
    assert missed(stays, at(22, minutes=20), *doses("10 mg", at(5) - SECOND, under="order"))


@pytest.mark.parametrize(
    ("stays", "early"),
    [
        (ON_ICU, timedelta(minutes=20)),
        (moved(), timedelta(minutes=60)),
        (moved((ICU, at(12))), timedelta(minutes=20)),
        (moved(("General", at(12)), ward=ICU), timedelta(minutes=60)),
    ],
    ids=["ICU", "elsewhere", "moved to the ICU", "moved from the ICU"],
)
def test_an_excess_through_a_dose_that_is_early_is_excused_by_the_ward_on_which_it_was_given(
    stays: list[Encounter], early: timedelta
) -> None:
    excused = [*stays, *doses("45 mg", at(0), at(24) - early)]
    assert given.finding(excused, at(24) - early) is None
    too_early = [*stays, *doses("45 mg", at(0), at(24) - early - SECOND)]
    assert given.severity(too_early, at(24) - early - SECOND) == "moderate"


def test_a_dose_for_a_due_time_before_the_move_counts_when_it_was_due() -> None:
    """Due at 20:00 on the ward and given at 20:30 in the ICU, whose tolerance is 20 minutes."""
    once = order("baclofen", "70 mg", at(-30), dosages=(dosage("70 mg", times=1, times_of_day=("20:00",)),),
                 entity="order")  # fmt: skip
    late = doses("70 mg", at(12, minutes=30), at(36), under="order")
    assert given.finding([*moved((ICU, at(12) + SECOND)), once, *late], at(36)) is None
    assert given.severity([*ON_ICU, once, *late], at(36)) == "major"


def test_an_interval_is_cut_short_by_more_than_the_tolerance_of_the_ward_of_the_later_dose() -> None:
    def told(stays: list[Encounter], early: timedelta) -> str | None:
        second = at(4) - early
        pair = [dose("acetaminophen", "1000 mg", when, entity=f"at {when}") for when in (at(0), second)]
        return interval.severity([*stays, *pair], second, "acetaminophen")

    minutes = timedelta(minutes=20)
    assert told(ON_ICU, minutes) is None
    assert told(ON_ICU, minutes + SECOND) == "minor"
    assert told(moved((ICU, at(1))), minutes + SECOND) == "minor"
    assert told(moved(("General", at(1)), ward=ICU), 3 * minutes) is None
    assert told(moved(("General", at(1)), ward=ICU), 3 * minutes + SECOND) == "minor"


def test_a_move_that_is_heard_of_late_holds_from_when_it_happened() -> None:
    stay, move = moved((ICU, at(-1)))
    heard_late = corrected(move, at(30), ward_since=at(-1))
    early = timedelta(minutes=40)
    facts = [stay, *doses("45 mg", at(0), at(24) - early)]
    assert given.finding(facts, at(24)) is None
    assert given.severity([*facts, heard_late], at(24) - early) == "moderate"


def test_a_calendar_day_is_that_of_the_ward_s_clocks_by_the_second() -> None:
    """Midnight in Kolkata is 18:30 by UTC."""
    by_day = limit("baclofen", LimitKind.DAILY, "80 mg", reckoning=Reckoning.CALENDAR_DAY)
    kolkata = WardPolicy(names=(ICU,), zone="Asia/Kolkata", source=SOURCE)
    day = Ward(CumulativeDose(), with_wards(kolkata, limits={"baclofen": (by_day,)}))
    midnight = at(10, minutes=30)
    before = doses("50 mg", at(0), midnight - SECOND)
    after = doses("50 mg", at(0), midnight)
    finding = day.finding([*ON_ICU, *before], midnight - SECOND)
    assert finding is not None
    assert "2026-03-02 (Asia/Kolkata)" in finding.text
    assert day.finding([*ON_ICU, *after], midnight) is None
    assert day.severity([*moved(), *after], midnight) is not None


def test_a_patient_on_no_such_ward_is_judged_by_the_orders_as_they_stand() -> None:
    ledger = folded([*moved(), tid()], HOUSE)
    view = view_of(ledger, HOUSE, at(0), {})
    assert view.wards is None
    assert view.ledger is ledger
