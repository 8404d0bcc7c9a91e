"""A bundle that is answered, lost, refused or left by a sender that died goes on as what it was."""

import asyncio
from datetime import timedelta

import pytest

from schemas.issues import Transition
from services.notifier.channels import Attempt, Outcome
from services.notifier.policy.plan import Target
from services.notifier.policy.routes import LowTiers
from services.notifier.store.identifiers import alert_id, key, tag_of
from services.notifier.telling.messages import MessageKind
from services.notifier.together.bundling import delivery_together
from services.notifier.together.gathering import Gatherer
from services.notifier.together.postbox import Postbox
from tests.notifier.builders import PATIENT
from tests.notifier.desk import Desk
from tests.notifier.sending import sending
from tests.notifier.telling.test_sender import Scripted
from tests.notifier.together.low_pages_said import LONG, SHORT, PagerOrPhone, low, notified, waits
from tests.notifier.ward_policy import WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_what_is_answered_or_withdrawn_while_it_waits_is_not_told(desk: Desk, nurses: Scripted) -> None:
    for issue in ("one", "two", "three"):
        await desk.hear(low(issue))
    await desk.acknowledge(alert=alert_id(PATIENT, "one"))
    await desk.hear(low("two", transition=Transition.WITHDRAWN, revision=2))
    async with sending(desk, nurses):
        await notified(desk, "three")
    assert [(page.kind, page.alert) for page in nurses.sent] == [
        (MessageKind.PAGE, alert_id(PATIENT, "three"))
    ]
    assert await waits(desk) == []


async def test_a_withdrawal_goes_to_exactly_those_who_were_told_in_a_bundle(
    desk: Desk, nurses: Scripted
) -> None:
    async with sending(desk, nurses):
        for issue in ("one", "two"):
            await desk.hear(low(issue))
        await notified(desk, "one", "two")
        await desk.hear(low("two", transition=Transition.WITHDRAWN, revision=2))
        await nurses.sent_times(2)
    assert [(page.kind, page.count) for page in nurses.sent] == [
        (MessageKind.PAGE, 2),
        (MessageKind.RETRACTION, 1),
    ]
    assert nurses.sent[1].alert == alert_id(PATIENT, "two")


async def test_a_bundle_whose_answer_was_lost_is_repeated_as_a_repetition_under_the_same_id(
    desk: Desk, nurses: Scripted
) -> None:
    nurses.script = [Attempt(Outcome.UNKNOWN, "ReadTimeout")]
    async with sending(desk, nurses):
        for issue in ("one", "two"):
            await desk.hear(low(issue))
        await nurses.sent_times(2)
        await notified(desk, "one", "two")
    assert [page.kind for page in nurses.sent] == [MessageKind.PAGE, MessageKind.REPEAT]
    assert len({page.delivery for page in nurses.sent}) == 1


async def test_what_is_answered_between_attempts_is_not_told_and_waits_nowhere_any_more(
    desk: Desk, nurses: Scripted
) -> None:
    nurses.script, nurses.gate = [Attempt(Outcome.AGAIN, "HTTP 503")] * 2, asyncio.Event()
    async with sending(desk, nurses):
        for issue in ("one", "two", "three"):
            await desk.hear(low(issue))
        await nurses.sent_times(1)
        await desk.acknowledge(alert=alert_id(PATIENT, "one"))
        nurses.open()
        await notified(desk, "two", "three")
    assert [page.count for page in nurses.sent] == [3, 2, 2]
    assert await waits(desk) == []


@pytest.mark.parametrize("answered", [1, 2])
async def test_a_bundle_keeps_its_id_when_some_of_it_is_answered_before_it_is_repeated(
    desk: Desk, nurses: Scripted, answered: int
) -> None:
    """Its first attempt may have arrived, and said more: a receiver that drops repetitions hears it once."""
    nurses.script, nurses.gate = [Attempt(Outcome.UNKNOWN, "ReadTimeout")], asyncio.Event()
    async with sending(desk, nurses):
        for issue in ("one", "two", "three"):
            await desk.hear(low(issue))
        await nurses.sent_times(1)
        for issue in ("one", "two")[:answered]:
            await desk.acknowledge(alert=alert_id(PATIENT, issue), command=issue)
        nurses.open()
        (alert,) = await notified(desk, "three")
    first, repeated = nurses.sent
    assert (first.count, repeated.count, repeated.kind) == (3, 3 - answered, MessageKind.REPEAT)
    assert first.delivery == repeated.delivery
    (told,) = [line for line in await desk.reader.history(alert.id) if line.event == "told"]
    assert told.because == first.delivery


async def test_what_another_sender_has_of_a_bundle_goes_under_an_id_of_its_own(
    desk: Desk, nurses: Scripted
) -> None:
    """Under the same id a receiver would take the second part for a repetition of the first."""
    gatherer = Gatherer(Postbox(desk.store.connection, "sender"), desk.policy, hand_s=60)
    for issue in ("one", "two", "three"):
        await desk.hear(low(issue))
    orders = await desk.orders()
    for order in orders:
        assert await gatherer.takes(order)
    assert await desk.lease(orders[0], "another sender")
    async with sending(desk, nurses):
        await notified(desk, "two", "three")
    (page,) = nurses.sent
    assert (page.count, page.delivery) == (2, delivery_together(orders[1:]))


async def test_a_bundle_that_a_channel_refuses_goes_as_one_by_the_person_s_next_one(
    desk: Desk, ward: WardPolicy, nurses: Scripted
) -> None:
    ward.low_tiers = LowTiers(together=SHORT, at_most=1, within=LONG)
    nurses.script, phone = [Attempt(Outcome.REFUSED, "HTTP 410")], Scripted("phone")
    async with sending(desk, nurses, phone, people=PagerOrPhone()) as work:
        for issue in ("one", "two"):
            await desk.hear(low(issue))
        alerts = await notified(desk, "one", "two")
        await work.hears("channel-pager")
    assert [page.count for page in (*nurses.sent, *phone.sent)] == [2, 2]
    assert [alert.told for alert in alerts] == [(Target("nurse-7", "phone"),)] * 2
    assert await waits(desk) == []


async def test_what_a_sender_died_with_in_hand_is_given_out_again(desk: Desk, nurses: Scripted) -> None:
    nurses.script = [Attempt(Outcome.AGAIN, "HTTP 503", 60)]
    async with sending(desk, nurses, lease_s=0.5, holder="dies"):
        for issue in ("one", "two"):
            await desk.hear(low(issue))
        await nurses.sent_times(1)
        while [place for place, _ in await waits(desk)] != ["hand", "hand"]:
            await nurses.tried.wait()
    connection = desk.store.connection
    name = key(tag_of(PATIENT), "low", "hand")
    for member in await connection.client.zrange(name, 0, -1):
        await connection.client.zadd(name, {member: 0})
    async with sending(desk, nurses, holder="lives"):
        await notified(desk, "one", "two")
    assert [page.count for page in nurses.sent] == [2, 2]


async def test_what_a_sender_died_with_in_hand_is_repeated_as_it_was_and_what_came_since_goes_by_itself(
    desk: Desk, ward: WardPolicy
) -> None:
    ward.low_tiers = LowTiers(together=timedelta(microseconds=1), at_most=1, within=LONG)
    died = Gatherer(Postbox(desk.store.connection, "dies"), ward, hand_s=0)
    lives = Gatherer(Postbox(desk.store.connection, "lives"), ward, hand_s=60)
    for issue in ("one", "two"):
        await desk.hear(low(issue))
    for order in await desk.orders():
        assert await died.takes(order)
    (first,) = await died.due()
    ward.low_tiers = LowTiers(together=timedelta(microseconds=1))
    await desk.hear(low("three"))
    for order in await desk.orders():
        assert await lives.takes(order)
    again, new = sorted(await lives.due(), key=lambda bundle: len(bundle.orders), reverse=True)
    assert (again.delivery, again.orders) == (first.delivery, first.orders)
    assert [order.delivery for order in new.orders] == [new.delivery]
    await lives.finished((*again.waiting, *new.waiting))
    assert await waits(desk) == []


async def test_the_limit_counts_what_a_sender_died_with_once(desk: Desk, ward: WardPolicy) -> None:
    ward.low_tiers = LowTiers(together=timedelta(microseconds=1), at_most=1, within=LONG)
    await desk.hear(low("one"))
    died = Gatherer(Postbox(desk.store.connection, "dies"), ward, hand_s=0)
    for order in await desk.orders():
        assert await died.takes(order)
    (first,) = await died.due()
    (again,) = await Gatherer(Postbox(desk.store.connection, "lives"), ward, hand_s=60).due()
    assert again.delivery == first.delivery
