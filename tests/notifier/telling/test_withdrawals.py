"""A finding that was wrong is taken back from those who were paged for it, and from nobody else."""

import pytest

from schemas.issues import Transition
from tests.notifier.builders import finding
from tests.notifier.desk import Desk

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_a_withdrawal_goes_to_exactly_those_who_were_paged_and_names_its_cause(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell("terminal")
    await desk.hear(finding(Transition.WITHDRAWN, 2, cause_event="correction-17"))
    told = await desk.tell()
    assert [(order.target.channel, order.delivery.split(":")[3]) for order in told] == [
        ("terminal", "retraction")
    ]
    assert (await desk.alert()).cause == "correction-17"


async def test_a_withdrawal_that_crosses_a_page_on_its_way_follows_it(desk: Desk) -> None:
    await desk.hear(finding())
    order = (await desk.orders())[1]
    assert await desk.lease(order)
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    await desk.receipt(order, "delivered")
    assert [told.target.channel for told in await desk.tell()] == ["webhook"]


async def test_whoever_may_have_been_paged_hears_of_the_withdrawal(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell("webhook", state="unknown")
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    assert [told.target.channel for told in await desk.tell()] == ["webhook"]


async def test_whoever_a_sender_may_have_told_before_it_died_hears_of_the_withdrawal(desk: Desk) -> None:
    await desk.hear(finding())
    order = (await desk.orders())[0]
    assert await desk.die_with(order)
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    assert await desk.lease(order, "day sender") is None
    assert [(told.target, told.delivery.split(":")[3]) for told in await desk.tell()] == [
        (order.target, "retraction")
    ]


@pytest.mark.parametrize("then", ["failed", "queued"])
async def test_what_a_dead_sender_may_have_told_is_not_undone_by_a_later_attempt_that_failed(
    desk: Desk, then: str
) -> None:
    await desk.hear(finding())
    order = (await desk.orders())[0]
    assert await desk.die_with(order)
    assert await desk.lease(order, "day sender")
    await desk.receipt(order, then)
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    assert [told.target for told in await desk.tell()] == [order.target]


async def test_whoever_a_dead_sender_may_have_told_hears_of_a_withdrawal_that_comes_after_an_answer(
    desk: Desk,
) -> None:
    await desk.hear(finding())
    order = (await desk.orders())[0]
    assert await desk.die_with(order)
    await desk.acknowledge()
    assert await desk.lease(order, "day sender") is None
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    assert [told.target for told in await desk.tell()] == [order.target]


async def test_a_withdrawal_seen_before_its_finding_keeps_it_from_paging(desk: Desk) -> None:
    assert await desk.hear(finding(Transition.WITHDRAWN, 2)) == "withdrawn"
    assert await desk.hear(finding()) == "older"
    assert await desk.orders() == []


async def test_a_withdrawal_that_is_stated_again_is_told_once(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    await desk.tell()
    await desk.hear(finding(Transition.WITHDRAWN, 3))
    assert await desk.orders() == []
