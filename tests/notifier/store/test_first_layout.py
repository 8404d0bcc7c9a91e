"""What a store of the first layout holds (channels only, one step, no plans) is taken over, and told."""

from typing import Any

import pytest

from schemas.alerts import AlertState
from schemas.issues import Transition
from services.notifier.findings.change import milliseconds
from services.notifier.policy.plan import DESK, Target
from services.notifier.store.identifiers import key, tag_of
from tests.notifier.builders import ISSUE, PATIENT, after, finding
from tests.notifier.desk import ALERT, PARTITION, Desk

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
TAG = tag_of(PATIENT)
TERMINAL, WEBHOOK = Target(DESK, "terminal"), Target(DESK, "webhook")


async def kept_before(desk: Desk, **fields: Any) -> None:
    """The alert as the first layout kept it: paged to two channels, of which one told it."""
    client = desk.store.connection.client
    content = {
        "st": "notified", "rev": 1, "tid": "raised-1-1", "tier": 2, "pages": 1, "quiet": "", "due_rev": 1,
        "paged": 1, "step": 0, "told": "terminal", "told_now": "terminal", "dom": "simulated",
        "part": PARTITION, "hollow": 0, "sev": "major", "patient": PATIENT, "cause": "event-1-1",
        "acked_by": "", "acked_rev": 0, "open": 1, "at": milliseconds(after()), "check": "cumulative-dose",
        "ward": "Neurology 2", "raised_at": milliseconds(after()), "text": "baclofen 95 mg in 24 h",
    }  # fmt: skip
    await client.hset(key(TAG, "a", ALERT, "1"), mapping={**content, **fields})
    await client.hset(key(TAG, "i", ALERT), mapping={"ep": 1, "seq": 3})
    await client.zadd(key(TAG, "live"), {f"{ALERT}|1": 2})
    await client.hset(key(TAG, "clock"), str(PARTITION), milliseconds(after()))


async def test_who_was_told_by_a_channel_is_the_desk_and_hears_of_the_withdrawal(desk: Desk) -> None:
    await kept_before(desk)
    assert (await desk.alert()).told == (TERMINAL,)
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    assert [order.target for order in await desk.tell()] == [TERMINAL]


async def test_what_was_paged_goes_on_by_a_plan(desk: Desk) -> None:
    await kept_before(desk)
    await desk.timers.look_over()
    assert (await desk.due.look_over()).unwatched == ()
    assert await desk.pass_time(after(hours=23, minutes=59)) == 0
    assert await desk.pass_time(after(hours=24)) == 1
    assert {order.target for order in await desk.tell()} == {TERMINAL, WEBHOOK}


async def test_what_was_acknowledged_is_held_by_whoever_did(desk: Desk) -> None:
    await kept_before(
        desk, st="acknowledged", acked_by="nurse on call", acked_rev=1, acked_at=milliseconds(after())
    )
    await desk.timers.look_over()
    alert = await desk.alert()
    assert (alert.state, alert.holder) == (AlertState.ACKNOWLEDGED, "nurse on call")
    await desk.pass_time(after(hours=24))
    assert (await desk.alert()).state is AlertState.OPEN


async def test_a_page_that_still_waited_is_told(desk: Desk) -> None:
    await kept_before(desk, st="open", paged=0, told="", told_now="")
    client = desk.store.connection.client
    await client.zadd(
        key(TAG, "due", "simulated", str(PARTITION)), {f"{ALERT}|1": milliseconds(after(minutes=2))}
    )
    await desk.timers.look_over()
    assert await desk.orders() == []
    await desk.pass_time(after(minutes=2))
    assert {order.target for order in await desk.tell()} == {TERMINAL, WEBHOOK}


async def test_a_page_of_a_replaced_revision_gets_delivery_ids_of_its_own(desk: Desk) -> None:
    await kept_before(desk, st="open", paged=0, step=1)
    await desk.timers.look_over()
    await desk.pass_time(after(minutes=1))
    assert {order.delivery.split(":")[3] for order in await desk.tell()} == {"1"}


async def test_an_order_that_named_a_channel_is_carried_out(desk: Desk) -> None:
    await kept_before(desk)
    client = desk.store.connection.client
    delivery = f"{ALERT}:1:1:0:webhook"
    await client.hset(
        key(TAG, "d", delivery),
        mapping={"st": "queued", "kind": "page", "aid": ALERT, "ep": 1, "rev": 1, "step": 0, "ch": "webhook",
                 "n": 0, "amb": 0},
    )  # fmt: skip
    await client.xadd(key(TAG, "out"), {"did": delivery, "ch": "webhook"})
    assert [order.delivery for order in await desk.tell()] == [delivery]
    assert (await desk.alert()).told == (TERMINAL, WEBHOOK)


async def test_a_store_in_good_order_is_left_alone(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.hear(finding(issue_id=ISSUE[::-1], page_from=after(hours=1)))
    found = await desk.due.look_over()
    assert (found.live, found.unwatched) == (2, ())


async def test_an_alert_that_lost_its_timer_is_found_and_told(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.store.connection.client.delete(key(TAG, "due", "simulated", str(PARTITION)))
    (lost,) = (await desk.due.look_over()).unwatched
    assert lost.alert == ALERT
    await desk.timers.look_over()
    assert await desk.pass_time(after(hours=24)) == 1
