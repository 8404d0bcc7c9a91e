"""A page that nobody answers goes on: to the next step, to those on duty then, and never to nobody."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.alerts import AlertState
from schemas.base import Severity
from schemas.issues import Transition
from services.launcher.servers.local_store import LocalStore
from services.notifier.connection import Connection
from services.notifier.identifiers import alert_id, key, tags
from services.notifier.policy.plan import Step, Target
from services.notifier.reading import AlertReader
from services.notifier.store import AlertStore
from tests.notifier.builders import after, finding
from tests.notifier.desk import Desk
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, MANAGER, NURSE, PLAN, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


@pytest.fixture
def ward(desk: Desk) -> WardPolicy:
    """The policy of the ward, in force at the desk."""
    made = WardPolicy()
    desk.policy = made
    return made


async def told(desk: Desk) -> set[Target]:
    """Whom the senders tell now."""
    return {order.target for order in await desk.tell()}


async def test_each_step_is_told_in_its_turn_then_the_rounds_then_the_fallback(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    steps = [await told(desk)]
    for minutes in (5, 15, 25, 35, 50):
        await desk.pass_time(after(minutes=minutes))
        steps.append(await told(desk))
    doctor = {DOCTOR, DOCTOR_PHONE}
    assert steps == [{NURSE}, {NURSE, *doctor}, doctor, doctor, {MANAGER}, {MANAGER}]
    assert (await desk.alert()).level == 6


async def test_a_step_is_not_told_before_its_time(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    assert await desk.pass_time(after(minutes=4, seconds=59)) == 0
    assert await desk.orders() == []


async def test_an_answer_ends_the_steps(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge()
    await desk.pass_time(after(minutes=14))
    assert await desk.orders() == []


async def test_the_end_of_the_finding_ends_the_steps(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(Transition.RESOLVED, 2))
    assert await desk.pass_time(after(hours=9)) == 0
    assert await desk.orders() == []


async def test_that_nobody_answered_is_said_once_when_the_fallback_is_told(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    for minutes in (5, 15, 25, 35, 50, 65):
        await desk.pass_time(after(minutes=minutes))
    assert [alarm.split(":")[0] for alarm in desk.alarms] == ["unanswered"]


async def test_whoever_is_on_duty_when_the_step_is_due_is_told(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    relief = Target("doctor-9", "pager")
    ward.duty["rota:doctors"] = (relief,)
    await desk.pass_time(after(minutes=5))
    assert await told(desk) == {NURSE, relief}


async def test_a_step_with_nobody_on_duty_is_passed_over_at_once_and_said(
    desk: Desk, ward: WardPolicy
) -> None:
    ward.duty["rota:nurses"] = ()
    await desk.hear(finding())
    assert await desk.orders() == []
    await desk.pass_time(after())
    assert await told(desk) == {DOCTOR, DOCTOR_PHONE}
    assert desk.alarms == [
        "nobody-on-duty: Nobody stands behind rota:nurses: a step was passed over (Neurology 2)"
    ]


async def test_an_alert_that_no_step_can_tell_is_asked_about_again(desk: Desk, ward: WardPolicy) -> None:
    ward.duty.clear()
    await desk.hear(finding())
    await desk.pass_time(after())
    assert [alarm.split(":")[0] for alarm in desk.alarms] == ["nobody-on-duty", "unanswered"]
    ward.duty["person:manager"] = (MANAGER,)
    await desk.pass_time(after(minutes=15))
    assert await told(desk) == {MANAGER}


async def test_a_step_that_a_slow_channel_has_not_told_yet_is_told_after_the_next(
    desk: Desk, ward: WardPolicy
) -> None:
    ward.the_plan = replace(PLAN, steps=(Step(0, ("rota:nurses",)), Step(300, ("rota:doctors",))))
    await desk.hear(finding())
    await desk.pass_time(after(minutes=5))
    assert await told(desk) == {NURSE, DOCTOR, DOCTOR_PHONE}


async def test_of_two_steps_that_wait_for_one_person_the_newer_is_told(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.pass_time(after(minutes=5))
    assert [order.delivery.split(":")[3] for order in await desk.tell("pager")] == ["1", "1"]


async def test_an_edited_policy_does_not_change_an_open_page(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    ward.the_plan = replace(PLAN, route="other", steps=(Step(0, ("rota:nurses",)), Step(7_200, ("nobody",))))
    await desk.pass_time(after(minutes=5))
    assert await told(desk) == {NURSE, DOCTOR, DOCTOR_PHONE}


async def test_a_worse_dose_begins_with_the_first_step_again(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.pass_time(after(minutes=5))
    await desk.tell()
    await desk.hear(finding(Transition.WORSENED, 2, at=after(minutes=6)))
    assert await told(desk) == {NURSE}
    assert (await desk.alert()).level == 1


async def test_an_easing_lets_the_steps_go_on_with_what_holds_now(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(Transition.EASED, 2, at=after(minutes=1)))
    await desk.pass_time(after(minutes=5))
    assert {order.delivery.split(":")[2] for order in await desk.tell()} == {"2"}


async def test_everybody_whom_any_step_told_hears_of_the_withdrawal(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.pass_time(after(minutes=5))
    await desk.tell("pager")
    await desk.hear(finding(Transition.WITHDRAWN, 2, at=after(minutes=6)))
    assert await told(desk) == {NURSE, DOCTOR}


async def test_quiet_hours_hold_low_tiers_back_until_their_end_and_the_alert_says_so(
    desk: Desk, ward: WardPolicy
) -> None:
    ward.quiet_until = after(hours=2)
    await desk.hear(finding(severity=Severity.MODERATE))
    await desk.pass_time(after(hours=1, minutes=59))
    assert await desk.orders() == []
    assert (await desk.alert()).facts["held"] == "quiet hours"
    await desk.pass_time(after(hours=2))
    assert await told(desk) == {NURSE}


async def test_quiet_hours_that_begin_between_two_steps_hold_the_second(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding(severity=Severity.MODERATE))
    await desk.tell()
    ward.quiet_until = after(hours=1)
    await desk.pass_time(after(minutes=5))
    assert await desk.orders() == []
    await desk.pass_time(after(hours=1))
    assert await told(desk) == {NURSE, DOCTOR, DOCTOR_PHONE}


@pytest.mark.parametrize("severity", [Severity.MAJOR, Severity.CONTRAINDICATED])
async def test_quiet_hours_never_hold_the_loud_tiers(
    desk: Desk, ward: WardPolicy, severity: Severity
) -> None:
    ward.quiet_until = after(hours=2)
    await desk.hear(finding(severity=severity))
    assert await told(desk) == {NURSE}


async def test_a_low_tier_that_nobody_answers_is_told_no_more_and_stays_listed(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding(severity=Severity.MODERATE))
    for minutes in range(0, 121, 5):
        await desk.pass_time(after(minutes=minutes))
        await desk.tell()
    assert [alert.state for alert in await desk.reader.alerts()] == [AlertState.EXPIRED]
    assert await desk.pass_time(after(hours=9)) == 0
    await desk.hear(finding(Transition.WORSENED, 2, severity=Severity.MODERATE, at=after(hours=10)))
    assert await told(desk) == {NURSE}


async def test_a_loud_tier_is_told_for_as_long_as_it_holds(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    for hours in range(1, 49):
        await desk.pass_time(after(hours=hours))
    assert await told(desk) == {NURSE, DOCTOR, DOCTOR_PHONE, MANAGER}
    assert (await desk.alert()).level == 49


async def test_whoever_looked_and_died_leaves_the_timer_for_another(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding(page_from=after(minutes=1)))
    assert len(await desk.look(after(minutes=1))) == 1
    assert await desk.orders() == []
    assert await desk.pass_time(after(minutes=1)) == 1
    assert await told(desk) == {NURSE}


async def test_a_thousand_timers_fire_once_each_though_the_store_dies_in_the_middle(
    own_store: LocalStore,
) -> None:
    connection = Connection(own_store.url, patience_s=60)
    store = AlertStore(connection)
    desk = Desk(store, AlertReader(connection), await store.begin(), WardPolicy())
    issues = [f"{number:032x}" for number in range(1_000)]
    for number, issue in enumerate(issues):
        await desk.hear(finding(issue_id=issue, patient=f"{number:032x}", at=after()))
    now = after(minutes=5)
    assert await desk.pass_time(now, tags()[:8]) > 0
    carrying_out = asyncio.create_task(desk.pass_time(now, tags()))
    await asyncio.sleep(0)
    own_store.kill()
    own_store.start()
    await carrying_out
    await desk.pass_time(now + timedelta(seconds=1), tags())
    steps = []
    for number, issue in enumerate(issues):
        history = await desk.reader.history(alert_id(f"{number:032x}", issue))
        steps.append([line.event for line in history])
    assert steps == [["raised", "paged", "escalated"]] * 1_000
    orders = [order for tag in tags() for _, order in await connection.entries(key(tag, "out"))]
    assert len(orders) == len({order["did"] for order in orders}) == 1_000 * 4
    await connection.close()


async def test_an_expired_alert_can_be_taken_on_and_is_told_for_its_whole_time_again(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding(severity=Severity.MODERATE))
    for minutes in range(0, 121, 5):
        await desk.pass_time(after(minutes=minutes))
    assert (await desk.alert()).state is AlertState.EXPIRED
    assert (await desk.acknowledge(actor="nurse-7")).result == "done"
    await desk.pass_time(after(minutes=135))
    assert NURSE in await told(desk)
    await desk.pass_time(after(minutes=134 + 120))
    assert (await desk.alert()).state is not AlertState.EXPIRED


async def test_a_policy_that_no_longer_knows_whom_an_open_page_names_strands_nobody(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    ward.duty = {"rota:new-nurses": (Target("nurse-9", "pager"),)}
    ward.the_plan = replace(PLAN, steps=(Step(0, ("rota:new-nurses",)),), fallback=())
    await desk.pass_time(after(minutes=5))
    assert await told(desk) == {Target("nurse-9", "pager")}
    assert (await desk.alert()).plan == ward.the_plan
    assert desk.alarms[0].startswith(
        "nobody-on-duty: Nobody stands behind rota:nurses, rota:doctors, person:"
    )


async def test_where_nobody_is_left_to_tell_the_first_step_is_told_again(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.pass_time(after(minutes=5))
    await desk.tell()
    ward.duty["rota:doctors"] = ward.duty["person:manager"] = ()
    await desk.pass_time(after(minutes=15))
    assert await told(desk) == {NURSE}
