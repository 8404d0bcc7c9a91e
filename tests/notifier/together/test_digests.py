"""What had to wait goes as one digest to each person: quiet hours, silences, a feed gone live, the limit."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.alerts import AlertState
from schemas.base import Mode
from schemas.issues import Transition
from services.notifier.policy.plan import Target
from services.notifier.policy.routes import LowTiers
from services.notifier.store.identifiers import alert_id, key, tag_of
from services.notifier.together.gathering import Gatherer
from services.notifier.together.postbox import Postbox
from tests.notifier.builders import PATIENT, after
from tests.notifier.desk import Desk
from tests.notifier.sending import sending
from tests.notifier.telling.test_sender import Scripted
from tests.notifier.together.low_pages_said import OTHER, SHORT, PagerOrPhone, low, notified, waits
from tests.notifier.ward_policy import MANAGER, NURSE, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_after_quiet_hours_each_person_gets_one_digest(
    desk: Desk, ward: WardPolicy, nurses: Scripted
) -> None:
    ward.low_tiers = LowTiers(together=timedelta(seconds=2))
    ward.quiet_until = after(hours=2)
    for issue, patient in (("one", PATIENT), ("two", OTHER), ("three", OTHER)):
        await desk.hear(low(issue, patient))
    async with sending(desk, nurses):
        await desk.pass_time(after(hours=2), (tag_of(PATIENT), tag_of(OTHER)))
        await nurses.sent_times(1)
        await notified(desk, "one")
    (digest,) = nurses.sent
    assert (digest.count, digest.patients, digest.held_back) == (3, 2, 0)


async def test_what_still_waits_when_quiet_hours_begin_waits_for_their_end_and_is_in_the_digest(
    desk: Desk, ward: WardPolicy, nurses: Scripted
) -> None:
    gatherer = Gatherer(Postbox(desk.store.connection, "who gathers"), ward, hand_s=60)
    ward.low_tiers = LowTiers(together=timedelta(microseconds=1))
    await desk.hear(low("one"))
    await desk.hear(low("two", OTHER))
    for order in (*await desk.orders(), *await desk.orders(OTHER)):
        assert await gatherer.takes(order)
    ward.quiet_until = after(hours=1)
    assert await gatherer.due() == []
    assert await waits(desk) == [("quiet", str(NURSE))] * 2
    ward.quiet_until = None
    connection = desk.store.connection
    for tag in (tag_of(PATIENT), tag_of(OTHER)):
        for member, _ in await connection.client.zrange(key(tag, "low", "quiet"), 0, -1, withscores=True):
            await connection.client.zadd(key(tag, "low", "quiet"), {member: 0})
    (digest,) = await gatherer.due()
    assert (len(digest.orders), digest.held_back_of(digest.orders)) == (2, 0)


async def test_what_waits_for_quiet_hours_or_a_silence_goes_on_when_that_ends_early(
    desk: Desk, ward: WardPolicy, nurses: Scripted
) -> None:
    postbox = Postbox(desk.store.connection, "who gathers")
    gatherer = Gatherer(postbox, ward, hand_s=60)
    ward.low_tiers = LowTiers(together=timedelta(microseconds=1))
    await desk.hear(low("one"))
    for order in await desk.orders():
        assert await gatherer.takes(order)
    ward.quiet_until = after(hours=8)
    assert await gatherer.due() == []
    still = Gatherer(postbox, ward, hand_s=60)
    assert [await still.due(), await still.due()] == [[], []]
    ward.quiet_until = None
    restarted = Gatherer(postbox, ward, hand_s=60)
    assert await restarted.due() == []
    (page,) = await restarted.due()
    assert len(page.orders) == 1


async def test_what_waited_for_a_channel_that_is_no_longer_set_up_comes_by_the_next_one_and_is_an_alarm(
    desk: Desk, nurses: Scripted
) -> None:
    gatherer = Gatherer(Postbox(desk.store.connection, "before the start"), desk.policy, hand_s=60)
    for issue in ("one", "two"):
        await desk.hear(low(issue))
    for order in await desk.orders():
        assert await gatherer.takes(order)
    phone = Scripted("phone")
    async with sending(desk, phone, people=PagerOrPhone()) as work:
        alerts = await notified(desk, "one", "two")
        await work.hears("channel-missing")
    assert [page.count for page in phone.sent] == [2]
    assert [alert.told for alert in alerts] == [(Target("nurse-7", "phone"),)] * 2
    assert await waits(desk) == []


async def test_findings_that_stood_at_go_live_come_as_one_digest(desk: Desk, nurses: Scripted) -> None:
    async with sending(desk, nurses):
        for issue, patient in (("one", PATIENT), ("two", OTHER)):
            await desk.hear(low(issue, patient, mode=Mode.BACKFILL))
        for issue, patient in (("one", PATIENT), ("two", OTHER)):
            await desk.hear(low(issue, patient, transition=Transition.REPUBLISHED))
        await notified(desk, "one")
    (digest,) = nurses.sent
    assert (digest.count, digest.patients) == (2, 2)


@pytest.mark.parametrize("moot", ["acknowledged", "withdrawn", "on another ward"])
async def test_what_is_not_to_be_told_any_more_when_it_would_go_uses_up_nothing_of_the_limit(
    desk: Desk, ward: WardPolicy, moot: str
) -> None:
    ward.low_tiers = LowTiers(together=timedelta(microseconds=1), at_most=1, within=timedelta(hours=1))
    gatherer = Gatherer(Postbox(desk.store.connection, "who gathers"), ward, hand_s=60)
    await desk.hear(low("one"))
    (order,) = await desk.orders()
    assert await gatherer.takes(order)
    match moot:
        case "acknowledged":
            await desk.acknowledge(alert=alert_id(PATIENT, "one"))
        case "withdrawn":
            await desk.hear(low("one", transition=Transition.WITHDRAWN, revision=2))
        case _:
            ward.duty["rota:nurses"] = (MANAGER,)
            await desk.hear(low("one", transition=Transition.REPUBLISHED, ward="Surgery 1"))
            ward.duty["rota:nurses"] = (NURSE,)
    assert await gatherer.due() == []
    assert await waits(desk) == []
    await desk.hear(low("two", OTHER))
    other = (await desk.orders(OTHER))[-1]
    assert await gatherer.takes(other)
    assert [bundle.orders for bundle in await gatherer.due()] == [(replace(other, low=None),)]


async def test_what_the_limit_holds_back_is_counted_and_comes_in_the_next_digest(
    desk: Desk, ward: WardPolicy, nurses: Scripted
) -> None:
    ward.low_tiers = LowTiers(together=SHORT, at_most=1, within=timedelta(seconds=6))
    async with sending(desk, nurses):
        await desk.hear(low("one"))
        await nurses.sent_times(1)
        await desk.hear(low("two"))
        await desk.hear(low("three", OTHER))
        await nurses.sent_times(2)
        await notified(desk, "one", "two")
        assert (await desk.alert("three", OTHER)).state is AlertState.NOTIFIED
    first, digest = nurses.sent
    assert (first.count, digest.count, digest.patients, digest.held_back) == (1, 2, 2, 2)
    assert await waits(desk) == []
