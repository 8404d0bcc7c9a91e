"""Where no channel reaches anybody of a step, the next step does not wait for its time."""

from dataclasses import replace

import pytest

from services.notifier.policy.plan import Step, Target
from tests.notifier.builders import after, finding
from tests.notifier.desk import Desk
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, MANAGER, NURSE, PLAN, WardPolicy

pytestmark = pytest.mark.redis


async def unreached(desk: Desk, *targets: Target) -> set[Target]:
    """Senders give up what is ordered for these, everybody where none is named; whom they could not tell."""
    found = set()
    for order in await desk.orders():
        if (not targets or order.target in targets) and await desk.lease(order) is not None:
            await desk.receipt(order, "failed", "HTTP 410")
            found.add(order.target)
    return found


async def test_when_nobody_was_reached_the_next_step_is_told_at_once(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    assert await unreached(desk) == {NURSE}
    assert await desk.pass_time(after(seconds=1)) == 1
    assert {order.target for order in await desk.orders()} == {NURSE, DOCTOR, DOCTOR_PHONE}


async def test_while_one_of_them_may_be_reached_the_next_step_keeps_its_time(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    await unreached(desk)
    await desk.pass_time(after(seconds=1))
    await unreached(desk, NURSE, DOCTOR)
    await desk.tell()
    assert await desk.pass_time(after(minutes=9)) == 0


async def test_while_the_next_channel_is_asked_the_next_step_keeps_its_time(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    (order,) = await desk.orders()
    assert await desk.fall_back(order, Target("nurse-7", "smtp")) == "ordered"
    assert await unreached(desk, NURSE) == {NURSE}
    assert await desk.pass_time(after(minutes=4)) == 0
    await unreached(desk)
    assert await desk.pass_time(after(minutes=4)) == 1


async def test_while_every_channel_is_out_the_next_step_does_not_wait_for_them(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    (pager,) = await desk.orders()
    await desk.fall_back(pager, Target("nurse-7", "smtp"))
    assert await desk.pass_time(after(seconds=1)) == 0
    (mail,) = [order for order in await desk.orders() if order.target.channel == "smtp"]
    await desk.fall_back(mail, NURSE)
    assert await desk.pass_time(after(seconds=2)) == 1


async def test_a_channel_that_was_out_and_told_in_the_end_has_told(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    (pager,) = await desk.orders()
    await desk.fall_back(pager, Target("nurse-7", "smtp"))
    await desk.tell("pager")
    (mail,) = await desk.orders()
    await desk.fall_back(mail, None)
    assert await desk.pass_time(after(minutes=4)) == 0


async def test_a_fallback_that_reaches_nobody_is_told_again_in_its_own_time(
    desk: Desk, ward: WardPolicy
) -> None:
    await desk.hear(finding())
    tried = []
    for second in range(1, 9):
        tried.append(await unreached(desk))
        await desk.pass_time(after(seconds=second))
    doctor = {DOCTOR, DOCTOR_PHONE}
    assert tried == [{NURSE}, {NURSE, *doctor}, doctor, doctor, {MANAGER}, set(), set(), set()]
    assert await desk.pass_time(after(minutes=16)) == 1


async def test_an_answer_in_between_stays_an_answer(desk: Desk, ward: WardPolicy) -> None:
    await desk.hear(finding())
    (order,) = await desk.orders()
    await desk.lease(order)
    await desk.acknowledge()
    await desk.receipt(order, "failed", "HTTP 410")
    assert await desk.pass_time(after(minutes=1)) == 0


async def test_a_channel_that_a_later_step_told_is_not_told_the_earlier_one_again(
    desk: Desk, ward: WardPolicy
) -> None:
    phone = Target("nurse-7", "sms")
    ward.duty["rota:doctors"] = (phone,)
    ward.the_plan = replace(PLAN, steps=(Step(0, ("rota:nurses",)), Step(300, ("rota:doctors",))))
    await desk.hear(finding())
    await desk.pass_time(after(minutes=5))
    first, second = await desk.orders()
    assert (first.target, second.target) == (NURSE, phone)
    assert await desk.fall_back(first, phone) == "nothing to order"
    assert await desk.orders() == [first, second]
    assert await desk.lease(second) is not None
