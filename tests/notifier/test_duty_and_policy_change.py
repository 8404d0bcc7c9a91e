"""A step tells whoever is on duty when it is due; no change of duty or policy leaves a page with nobody."""

from dataclasses import replace

import pytest

from services.notifier.policy.plan import Step, Target
from tests.notifier.builders import after, finding
from tests.notifier.desk import Desk
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, MANAGER, NURSE, PLAN, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_whoever_is_on_duty_when_the_step_is_due_is_told(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    relief = Target("doctor-9", "pager")
    ward.duty["rota:doctors"] = (relief,)
    await desk.pass_time(after(minutes=5))
    assert await desk.told() == {NURSE, relief}


async def test_a_step_with_nobody_on_duty_is_passed_over_at_once_and_said(
    desk: Desk, ward: WardPolicy
) -> None:
    ward.duty["rota:nurses"] = ()
    await desk.hear(finding())
    assert await desk.orders() == []
    await desk.pass_time(after())
    assert await desk.told() == {DOCTOR, DOCTOR_PHONE}
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
    assert await desk.told() == {MANAGER}


async def test_an_edited_policy_does_not_change_an_open_page(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    await desk.tell()
    ward.the_plan = replace(PLAN, route="other", steps=(Step(0, ("rota:nurses",)), Step(7_200, ("nobody",))))
    await desk.pass_time(after(minutes=5))
    assert await desk.told() == {NURSE, DOCTOR, DOCTOR_PHONE}


async def test_a_policy_that_no_longer_knows_whom_an_open_page_names_strands_nobody(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await desk.tell()
    ward.duty = {"rota:new-nurses": (Target("nurse-9", "pager"),)}
    ward.the_plan = replace(PLAN, steps=(Step(0, ("rota:new-nurses",)),), fallback=())
    await desk.pass_time(after(minutes=5))
    assert await desk.told() == {Target("nurse-9", "pager")}
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
    assert await desk.told() == {NURSE}
