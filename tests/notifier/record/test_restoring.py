"""An emptied store remembers what people did, and pages nobody again for what they answered."""

from collections.abc import Iterable

import pytest

from schemas.alerts import ActionKind, AlertHistoryEntry, AlertState, OverrideReason
from schemas.base import Severity
from schemas.issues import Transition
from services.notifier.record.memory import Memory
from services.notifier.record.relay import entry_of
from services.notifier.store.identifiers import alert_id, key, tag_of
from tests.notifier.builders import ISSUE, PATIENT, after, finding
from tests.notifier.desk import Desk
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, NURSE, WardPolicy, asking

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def relayed(desk: Desk) -> list[AlertHistoryEntry]:
    """What the relay would have sent to alert-history."""
    entries = await desk.store.connection.entries(key(tag_of(PATIENT), "evt"))
    return [entry_of(fields) for _, fields in entries]


async def lose_everything(desk: Desk, history: Iterable[AlertHistoryEntry]) -> None:
    """The store is emptied, begun anew, and told its history (every entry twice, as a relay may)."""
    memory = Memory(alert_id(PATIENT, ISSUE), PATIENT)
    for entry in history:
        memory.take(entry)
        memory.take(entry)
    await desk.store.connection.client.flushall()
    desk.epochs = await desk.store.begin()
    await desk.store.restore(memory)


async def test_an_acknowledged_alert_stays_acknowledged_and_quiet(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(note="holding the next dose")
    await lose_everything(desk, await relayed(desk))
    assert await desk.hear(finding()) == "filled"
    alert = await desk.alert()
    assert (alert.state, alert.acked_by, alert.ack_note) == (
        AlertState.ACKNOWLEDGED, "nurse on call", "holding the next dose",
    )  # fmt: skip
    assert alert.text.startswith("baclofen")
    assert await desk.orders() == []


async def test_older_records_on_the_way_to_the_acknowledged_one_do_not_page(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.hear(finding(Transition.WORSENED, 2))
    await desk.tell()
    await desk.acknowledge(2)
    await lose_everything(desk, await relayed(desk))
    assert await desk.hear(finding()) == "older"
    assert await desk.hear(finding(Transition.WORSENED, 2)) == "filled"
    assert await desk.orders() == []


async def test_a_worse_dose_after_the_loss_still_voids_the_acknowledgement(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.acknowledge()
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    await desk.hear(finding(Transition.WORSENED, 2))
    assert len(await desk.tell()) == 2


async def test_only_the_channel_that_was_not_told_yet_is_told(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell("terminal")
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    assert [order.target.channel for order in await desk.orders()] == ["webhook"]


async def test_a_page_that_nobody_got_is_sent_under_the_same_delivery_ids(desk: Desk) -> None:
    await desk.hear(finding())
    before = {order.delivery for order in await desk.orders()}
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    assert {order.delivery for order in await desk.orders()} == before


async def test_a_withdrawal_after_the_loss_goes_to_those_who_were_paged_before_it(desk: Desk) -> None:
    desk.policy = WardPolicy()
    await desk.hear(finding())
    await desk.tell()
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    assert [order.target for order in await desk.tell()] == [NURSE]


async def test_a_withdrawal_after_the_loss_goes_also_to_whoever_may_have_been_paged_before_it(
    desk: Desk,
) -> None:
    await desk.hear(finding())
    await desk.tell("webhook")
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    assert sorted(order.target.channel for order in await desk.tell()) == ["terminal", "webhook"]


async def test_the_history_goes_on_counting_where_it_was(desk: Desk) -> None:
    await desk.hear(finding())
    last = (await relayed(desk))[-1].sequence
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    await desk.acknowledge()
    assert min(entry.sequence for entry in await relayed(desk)) == last + 1


async def test_a_known_alert_is_not_overwritten_by_memory(desk: Desk) -> None:
    await desk.hear(finding())
    memory = Memory(
        alert_id(PATIENT, ISSUE), PATIENT, sequence=9, episode=1, revision=1, state=AlertState.RESOLVED
    )
    assert await desk.store.restore(memory) == "kept"
    assert (await desk.alert()).state is AlertState.OPEN


async def test_an_acknowledgement_ends_after_the_loss_when_it_would_have_ended(desk: Desk) -> None:
    desk.policy = WardPolicy()
    await desk.hear(finding())
    await desk.tell()
    await desk.pass_time(after(minutes=4))
    await desk.acknowledge()
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    await desk.pass_time(after(minutes=18))
    assert (await desk.alert()).state is AlertState.ACKNOWLEDGED
    await desk.pass_time(after(minutes=19))
    assert (await desk.alert()).state is AlertState.OPEN


async def test_the_steps_go_on_where_they_were(desk: Desk) -> None:
    desk.policy = WardPolicy()
    await desk.hear(finding())
    await desk.tell()
    await desk.pass_time(after(minutes=5))
    await desk.tell()
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    assert await desk.orders() == []
    assert (await desk.alert()).level == 2
    await desk.pass_time(after(minutes=15))
    assert {order.target for order in await desk.tell()} == {DOCTOR, DOCTOR_PHONE}


async def test_an_override_holds_after_the_loss_and_ends_in_its_time(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.override(hours=8)
    before = (await desk.alert()).override
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    after_loss = await desk.alert()
    assert (after_loss.state, after_loss.override) == (AlertState.OVERRIDDEN, before)
    await desk.pass_time(after(hours=7, minutes=59))
    assert await desk.orders() == []
    await desk.pass_time(after(hours=8))
    assert (await desk.alert()).state is AlertState.OPEN


async def monitored(desk: Desk) -> None:
    """A doctor promises to watch, an hour later a level is known that was taken after the promise."""
    await desk.hear(finding())
    await desk.tell()
    await desk.override(reason=OverrideReason.WILL_MONITOR, hours=2)
    await desk.pass_time(after(minutes=60))
    assert await desk.measured("level 1", after(minutes=50)) == "monitored"


async def test_what_kept_a_promise_and_is_taken_back_after_the_loss_opens_the_alert(desk: Desk) -> None:
    await monitored(desk)
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    assert await desk.taken_back("level 1") == "taken back"
    await desk.pass_time(after(minutes=61))
    assert (await desk.alert()).state is AlertState.OPEN
    assert "not-monitored" in await desk.events()


async def test_a_correction_after_the_loss_knows_when_the_promise_was_made(desk: Desk) -> None:
    await monitored(desk)
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    await desk.measured("level 1b", after(minutes=-1), "level 1")
    assert "monitoring-taken-back" in await desk.events()


async def test_a_corrected_level_that_kept_a_promise_is_known_after_the_loss(desk: Desk) -> None:
    await monitored(desk)
    assert await desk.measured("level 1b", after(minutes=51), "level 1") == "monitored"
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    assert await desk.taken_back("level 1") == "nothing"
    assert await desk.taken_back("level 1b") == "taken back"


async def test_the_time_of_a_low_tier_runs_on_after_the_loss_from_when_somebody_heard_of_it(
    desk: Desk,
) -> None:
    desk.policy = WardPolicy()
    await desk.hear(finding(severity=Severity.MODERATE))
    for minutes in range(0, 35, 5):
        await desk.pass_time(after(minutes=minutes))
    await desk.tell()
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding(severity=Severity.MODERATE))
    await desk.pass_time(after(minutes=30 + 119))
    assert (await desk.alert()).state is not AlertState.EXPIRED
    await desk.pass_time(after(minutes=30 + 120))
    assert (await desk.alert()).state is AlertState.EXPIRED


async def test_a_worse_dose_after_the_loss_ends_the_override(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.override()
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    await desk.hear(finding(Transition.WORSENED, 2))
    assert len(await desk.tell()) == 2


async def test_a_hand_over_is_still_offered(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.acknowledge(actor="nurse-7")
    await desk.act(ActionKind.HAND_OVER, actor="nurse-7", to="nurse-8")
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    alert = await desk.alert()
    assert (alert.acked_by, alert.offered) == ("nurse-7", "nurse-8")


async def test_a_step_after_the_loss_has_ids_that_no_page_had_before_it(desk: Desk) -> None:
    desk.policy = WardPolicy()
    await desk.hear(finding())
    before = {order.delivery for order in await desk.tell()}
    for minutes in (5, 15):
        await desk.pass_time(after(minutes=minutes))
        before |= {order.delivery for order in await desk.tell()}
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    await desk.pass_time(after(minutes=26))
    told = {order.delivery for order in await desk.tell()}
    assert told
    assert not told & before


async def test_a_step_that_asks_everybody_knows_after_the_loss_who_has_not_answered(desk: Desk) -> None:
    desk.policy = WardPolicy(asking((0,)))
    await desk.hear(finding())
    await desk.tell()
    await desk.acknowledge(actor=NURSE.person)
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    assert (await desk.alert()).state is AlertState.NOTIFIED
    await desk.acknowledge(actor=NURSE.person, command="once more")
    assert (await desk.alert()).state is AlertState.NOTIFIED
    await desk.acknowledge(actor=DOCTOR.person, command="the last one")
    assert (await desk.alert()).state is AlertState.ACKNOWLEDGED


async def test_a_promise_whose_monitoring_was_taken_back_lasts_after_the_loss_from_when_it_was_made(
    desk: Desk,
) -> None:
    await monitored(desk)
    await desk.taken_back("level 1")
    before = (await desk.alert()).override
    await lose_everything(desk, await relayed(desk))
    await desk.hear(finding())
    assert (await desk.alert()).override == before
