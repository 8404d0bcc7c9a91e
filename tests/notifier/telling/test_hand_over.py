"""Whom an alert is handed over to is told so by us, and whoever holds it hears when they decline."""

import pytest

from schemas.alerts import ActionKind, AlertState
from schemas.issues import Transition
from services.notifier.channels.outward import headline, notice_of
from services.notifier.channels.terminal import as_text
from services.notifier.policy.plan import Target
from services.notifier.store.powers import Powers
from services.notifier.telling.messages import MessageKind, message_of
from tests.notifier.builders import after, finding
from tests.notifier.desk import Desk
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, NURSE, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
LATE_PAGER, LATE_MAIL = Target("nurse-8", "pager"), Target("nurse-8", "smtp")
STAFF = {"nurse-7": "acknowledge|pager", "nurse-8": "acknowledge|pager,smtp", "doctor-2": "acknowledge|sms"}


@pytest.fixture
async def held(desk: Desk, ward: WardPolicy) -> Desk:
    """An alert that nurse-7 holds, on a ward whose people are known."""
    await Powers(lambda: STAFF).publish(desk.store.connection)
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor="nurse-7")
    return desk


async def test_the_one_to_whom_an_alert_is_offered_is_told_by_all_their_channels(held: Desk) -> None:
    await held.act(ActionKind.HAND_OVER, actor="nurse-7", to="nurse-8")
    assert await held.told() == {LATE_PAGER, LATE_MAIL}
    assert (await held.events())[-2:] == ["offer-told", "offer-told"]
    alert = await held.alert()
    assert (alert.state, alert.holder, alert.offered) == (AlertState.ACKNOWLEDGED, "nurse-7", "nurse-8")


async def test_an_offer_that_was_accepted_meanwhile_is_not_sent(held: Desk) -> None:
    await held.act(ActionKind.HAND_OVER, actor="nurse-7", to="nurse-8")
    await held.acknowledge(actor="nurse-8", command="accepts")
    assert await held.tell() == []


async def test_of_two_offers_the_newer_one_counts(held: Desk) -> None:
    await held.act(ActionKind.HAND_OVER, actor="nurse-7", to="nurse-8")
    await held.act(ActionKind.HAND_OVER, actor="nurse-7", to="doctor-2")
    assert await held.told() == {DOCTOR_PHONE}


async def test_whoever_declines_gives_it_back_and_whoever_holds_it_is_told(held: Desk) -> None:
    await held.act(ActionKind.HAND_OVER, actor="nurse-7", to="nurse-8")
    await held.tell()
    assert (await held.act(ActionKind.DECLINE, actor="nurse-8")).result == "done"
    assert await held.told() == {NURSE}
    alert = await held.alert()
    assert (alert.state, alert.holder, alert.offered) == (AlertState.ACKNOWLEDGED, "nurse-7", "")


async def test_nobody_else_can_decline_what_is_held(held: Desk) -> None:
    await held.act(ActionKind.HAND_OVER, actor="nurse-7", to="nurse-8")
    assert (await held.act(ActionKind.DECLINE, actor="doctor-2")).result == "illegal"


async def test_an_offer_that_nobody_took_goes_back_to_whoever_held_it_when_the_time_ends(
    held: Desk,
) -> None:
    await held.act(ActionKind.HAND_OVER, actor="nurse-7", to="nurse-8")
    await held.tell()
    await held.pass_time(after(minutes=15))
    assert (await held.alert()).offered == ""
    assert await held.told() == {NURSE, DOCTOR, DOCTOR_PHONE}


async def test_a_withdrawal_goes_to_whom_it_was_offered_as_well(held: Desk) -> None:
    await held.act(ActionKind.HAND_OVER, actor="nurse-7", to="nurse-8")
    await held.tell()
    await held.hear(finding(Transition.WITHDRAWN, 2))
    assert await held.told() == {NURSE, LATE_PAGER, LATE_MAIL}


async def test_without_a_policy_nobody_knows_how_to_tell_them(held: Desk) -> None:
    await Powers(dict).publish(held.store.connection)
    assert (await held.act(ActionKind.HAND_OVER, actor="nurse-7", to="nurse-8")).result == "done"
    assert await held.tell() == []


async def test_the_message_says_that_it_is_an_offer(held: Desk) -> None:
    await held.act(ActionKind.HAND_OVER, actor="nurse-7", to="nurse-8")
    (first, _) = await held.orders()
    lease = await held.lease(first)
    assert lease is not None
    message = message_of(lease.alert, MessageKind(lease.kind), first.delivery, "")
    assert as_text(message).startswith("OFFERED TO YOU tier 2")
    assert headline(notice_of(message)).startswith("Offered to you: tier 2")
