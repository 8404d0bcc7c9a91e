"""A page that nobody answers goes on, step by step, once each, until it is answered or the finding ends."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.issues import Transition
from services.launcher.servers.local_store import LocalStore
from services.notifier.policy.plan import Step
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import alert_id, key, tag_of_alert, tags
from services.notifier.store.reading import AlertReader
from tests.notifier.builders import after, finding
from tests.notifier.desk import Desk
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, MANAGER, NURSE, PLAN, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_each_step_is_told_in_its_turn_then_the_rounds_then_the_fallback(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    steps = [await desk.told()]
    for minutes in (5, 15, 25, 35, 50):
        await desk.pass_time(after(minutes=minutes))
        steps.append(await desk.told())
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


async def test_a_step_that_a_slow_channel_has_not_told_yet_is_told_after_the_next(
    desk: Desk, ward: WardPolicy
) -> None:
    ward.the_plan = replace(PLAN, steps=(Step(0, ("rota:nurses",)), Step(300, ("rota:doctors",))))
    await desk.hear(finding())
    await desk.pass_time(after(minutes=5))
    assert await desk.told() == {NURSE, DOCTOR, DOCTOR_PHONE}


async def test_of_two_steps_that_wait_for_one_person_the_newer_is_told(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.pass_time(after(minutes=5))
    assert [order.delivery.split(":")[3] for order in await desk.tell("pager")] == ["1", "1"]


async def test_a_worse_dose_begins_with_the_first_step_again(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.pass_time(after(minutes=5))
    await desk.tell()
    await desk.hear(finding(Transition.WORSENED, 2, at=after(minutes=6)))
    assert await desk.told() == {NURSE}
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
    assert await desk.told() == {NURSE, DOCTOR}


async def test_whoever_looked_and_died_leaves_the_timer_for_another(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding(page_from=after(minutes=1)))
    assert len(await desk.look(after(minutes=1))) == 1
    assert await desk.orders() == []
    assert await desk.pass_time(after(minutes=1)) == 1
    assert await desk.told() == {NURSE}


async def test_a_step_that_the_store_cannot_carry_out_keeps_no_other_from_being_told_and_is_an_alarm(
    desk: Desk, ward: WardPolicy
) -> None:
    never: Any = None
    ward.the_plan = replace(PLAN, steps=(PLAN.steps[0], Step(never, ("rota:nurses",))))
    await desk.hear(finding(page_from=after(minutes=1)))
    ward.the_plan = PLAN
    await desk.hear(finding(issue_id="another", page_from=after(minutes=1)))
    await desk.pass_time(after(minutes=1))
    assert (await desk.alert("another")).level == 1
    assert {alarm.split(":")[0] for alarm in desk.alarms} == {"timer-failed"}


@pytest.mark.parametrize(
    "damage",
    [{"level": "many"}, {"plan": "{"}, {"told_at": "-"}, {"told_at": "9" * 30}, None],
    ids=["count", "plan", "time", "year", "type"],
)
async def test_an_alert_that_cannot_be_read_keeps_no_other_from_being_told_and_is_an_alarm(
    desk: Desk, ward: WardPolicy, damage: dict[str, str] | None
) -> None:
    await desk.hear(finding(page_from=after(minutes=1)))
    await desk.hear(finding(issue_id="another", page_from=after(minutes=1)))
    broken, client = await desk.alert(), desk.store.connection.client
    name = key(tag_of_alert(broken.id), "a", broken.id, "1")
    whole = await client.hgetall(name)
    if damage is None:
        await client.delete(name)
        await client.set(name, "no hash")
    else:
        await client.hset(name, mapping=damage)
    await desk.pass_time(after(minutes=1))
    await desk.timers.look_over()
    assert (await desk.alert("another")).level == 1
    assert {alarm.split(":")[0] for alarm in desk.alarms} == {"unreadable-alert"}
    assert broken.id in desk.alarms[0]
    told = len(desk.alarms)
    await desk.pass_time(after(minutes=1, seconds=30))
    assert len(desk.alarms) == told
    await client.delete(name)
    await client.hset(name, mapping=whole)
    await desk.pass_time(after(minutes=3))
    assert (await desk.alert()).level == 1


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
