"""What may have been told by the store that was lost comes as a repetition, and nothing else does."""

import asyncio
from datetime import timedelta

import pytest

from schemas.base import TimeDomain
from schemas.issues import Transition
from services.notifier.record.rebuilding import rebuild
from services.notifier.store.identifiers import key, tag_of
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import ALERT, PARTITION, Desk
from tests.notifier.record.test_rebuilding import lose, read_again, ward
from tests.notifier.relaying import Relaying
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, MANAGER, NURSE, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]


async def repetitions(desk: Desk) -> dict[str, bool]:
    """Of each alert that is to be told, whether that is said to be, perhaps, a repetition."""
    leases = {
        order.delivery.split(":")[0].partition("-")[2]: await desk.lease(order)
        for order in await desk.orders()
    }
    return {name: lease.maybe_told for name, lease in leases.items() if lease is not None}


async def test_what_was_told_just_before_the_loss_is_told_again_as_a_repetition(
    desk: Desk, relaying: Relaying
) -> None:
    await ward(desk)
    await relaying.relay()
    assert [order.delivery for order in await desk.tell()]
    await lose(desk)
    await rebuild(relaying.kafka, desk.store, None)
    await read_again(desk)
    assert await repetitions(desk) == {"waiting": True}
    await desk.hear(finding(Transition.WORSENED, 2, issue_id="told"))
    assert (await repetitions(desk))["told"] is False


async def test_what_was_raised_and_told_just_before_the_loss_is_told_again_as_a_repetition(
    desk: Desk,
) -> None:
    await desk.hear(finding(), 0)
    await desk.tell()
    await lose(desk)
    await desk.store.read_again("detected-issues", PARTITION, 1)
    await desk.hear(finding(), 0)
    await desk.hear(finding(issue_id="another"), 1)
    assert list((await repetitions(desk)).values()) == [True, False]


@pytest.mark.parametrize(("due_in_s", "repetition"), [(-1, True), (0.5, False)])
async def test_a_page_that_was_due_before_the_loss_may_be_a_repetition_and_one_that_was_not_is_none(
    desk: Desk, relaying: Relaying, due_in_s: float, repetition: bool
) -> None:
    now = desk.store.present()
    settling = {"time_domain": TimeDomain.LIVE, "at": now, "page_from": now + timedelta(seconds=3600)}
    await desk.hear(finding(**settling))
    await relaying.relay()
    await lose(desk)
    await rebuild(relaying.kafka, desk.store, None)
    now = await desk.store.now_ms()
    timers = key(tag_of(PATIENT), "due", "live", str(PARTITION))
    await desk.store.connection.client.zadd(timers, {f"{ALERT}|1": now + round(due_in_s * 1000)})
    async with asyncio.timeout(20):
        while not await desk.timers.take(TimeDomain.LIVE, PARTITION, 0, (tag_of(PATIENT),)):
            await desk.store.now_ms()
    assert set((await repetitions(desk)).values()) == {repetition}


async def test_a_step_that_was_due_before_the_loss_may_be_a_repetition_though_a_channel_was_told_anew_first(
    desk: Desk, relaying: Relaying
) -> None:
    desk.policy = WardPolicy()
    now = desk.store.present()
    live = finding(time_domain=TimeDomain.LIVE, at=now, page_from=now - timedelta(seconds=1))
    desk.policy.duty["rota:nurses"] = (NURSE, MANAGER)
    await desk.hear(live)
    assert [order.target for order in await desk.tell(NURSE.channel)] == [NURSE]
    await relaying.relay()
    await lose(desk)
    await rebuild(relaying.kafka, desk.store, None)
    await desk.hear(live)
    assert {order.target for order in await desk.orders()} == {MANAGER}
    assert set((await repetitions(desk)).values()) == {True}
    timers = key(tag_of(PATIENT), "due", "live", str(PARTITION))
    due = await desk.store.now_ms() - 60_000
    await desk.store.connection.client.zadd(timers, {f"{ALERT}|1": due})
    assert await desk.timers.take(TimeDomain.LIVE, PARTITION, 0, (tag_of(PATIENT),)) == 1
    following = [order for order in await desk.orders() if order.target in (DOCTOR, DOCTOR_PHONE)]
    leases = [await desk.lease(order) for order in following]
    assert [lease.maybe_told for lease in leases if lease] == [True, True]
