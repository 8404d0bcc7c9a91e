"""A store that was emptied holds what it held: alerts, who answered, who was told, and their timers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.alerts import AlertState
from schemas.base import Mode
from schemas.issues import Transition
from services.notifier.alerts import Alert
from services.notifier.record.rebuilding import rebuild
from services.notifier.record.snapshots import Taken, taken
from services.notifier.store.identifiers import alert_id, key, tag_of
from tests.notifier.builders import PATIENT, after, finding
from tests.notifier.desk import PARTITION, Desk
from tests.notifier.relaying import Relaying
from tests.notifier.ward_policy import DOCTOR, DOCTOR_PHONE, WardPolicy

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]
NAMES = ("answered", "told", "waiting", "settling", "withdrawn")


async def ward(desk: Desk) -> None:
    """Alerts in every state that there is."""
    for name in ("answered", "told", "withdrawn"):
        await desk.hear(finding(issue_id=name))
    await desk.tell()
    await desk.acknowledge(alert=alert_id(PATIENT, "answered"), note="dose held")
    await desk.hear(finding(Transition.WITHDRAWN, 2, issue_id="withdrawn"))
    await desk.tell()
    await desk.hear(finding(issue_id="waiting"))
    await desk.hear(finding(issue_id="settling", page_from=after(minutes=30)))


async def lose(desk: Desk) -> None:
    await desk.store.connection.client.flushall()
    desk.epochs = await desk.store.begin()


async def read_again(desk: Desk) -> list[str]:
    """The log of findings from its beginning; what was ordered by it."""
    for name in ("answered", "told", "withdrawn", "waiting"):
        await desk.hear(finding(issue_id=name))
    await desk.hear(finding(issue_id="settling", page_from=after(minutes=30)))
    await desk.hear(finding(Transition.WITHDRAWN, 2, issue_id="withdrawn"))
    return sorted({order.delivery.split(":")[0].partition("-")[2] for order in await desk.orders()})


def as_people_see_it(alert: Alert) -> Alert:
    """What a record brings back only when it is read again is not compared before."""
    return replace(alert, facts={})


async def test_every_alert_is_back_before_a_single_finding_is_read(desk: Desk, relaying: Relaying) -> None:
    await ward(desk)
    await relaying.relay()
    before = {name: as_people_see_it(await desk.alert(name)) for name in NAMES}
    timers = await desk.store.connection.client.zrange(
        key(tag_of(PATIENT), "due", "simulated", str(PARTITION)), 0, -1, withscores=True
    )
    await lose(desk)
    await rebuild(relaying.kafka, desk.store, None)
    for name in NAMES[:-1]:
        assert as_people_see_it(await desk.alert(name)) == before[name]
    assert (await desk.alert("withdrawn")).state is AlertState.WITHDRAWN
    assert timers == await desk.store.connection.client.zrange(
        key(tag_of(PATIENT), "due", "simulated", str(PARTITION)), 0, -1, withscores=True
    )


async def test_nobody_is_told_again_and_who_was_not_told_yet_is(desk: Desk, relaying: Relaying) -> None:
    await ward(desk)
    await relaying.relay()
    ordered = {order.delivery for order in await desk.orders()}
    await lose(desk)
    await rebuild(relaying.kafka, desk.store, None)
    assert await read_again(desk) == ["waiting"]
    assert {order.delivery for order in await desk.orders()} == ordered


async def test_who_may_have_been_told_just_before_the_loss_hears_of_the_withdrawal(desk: Desk) -> None:
    await desk.hear(finding(), 0)
    paged = {order.target for order in await desk.tell()}
    await desk.hear(finding(Transition.WITHDRAWN, 2), 1)
    await lose(desk)
    await desk.store.read_again("detected-issues", PARTITION, 2)
    await desk.hear(finding(), 0)
    await desk.hear(finding(Transition.WITHDRAWN, 2), 1)
    retractions = [order for order in await desk.tell() if ":retraction:" in order.delivery]
    assert {order.target for order in retractions} == paged


@pytest.mark.parametrize("by", ["snapshots", "history"])
async def test_a_withdrawal_that_somebody_has_not_heard_of_when_the_store_is_lost_is_told_to_them(
    desk: Desk, relaying: Relaying, by: str
) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    (waiting,) = [order for order in await desk.orders() if order.target.channel == "webhook"]
    await desk.tell("terminal")
    await (relaying.relay() if by == "snapshots" else relaying.dies_before_snapshots())
    for _ in range(2):
        await lose(desk)
        await rebuild(relaying.kafka, desk.store, None)
        await desk.hear(finding())
        await desk.hear(finding(Transition.WITHDRAWN, 2))
        assert [order.delivery for order in await desk.orders()] == [waiting.delivery]
    await desk.tell()
    await relaying.relay()
    await lose(desk)
    await rebuild(relaying.kafka, desk.store, None)
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    assert await desk.orders() == []


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("later", [0, 60])
async def test_what_went_live_and_was_escalated_goes_on_where_it_was_after_the_loss(
    desk: Desk, relaying: Relaying, later: int, *, heard: bool
) -> None:
    """As the engine says it: raised by history with the moment of the fact, told live under the same ids."""
    desk.policy, began = WardPolicy(), after(minutes=later)
    raised = finding(mode=Mode.BACKFILL)
    live = finding(Transition.REPUBLISHED, mode=Mode.LIVE, at=began, page_from=began)
    await desk.hear(raised)
    assert await desk.orders() == []
    await desk.hear(live)
    if heard:
        await desk.tell()
    await desk.pass_time(began + timedelta(minutes=5))
    if heard:
        await desk.tell()
    before = await desk.alert()
    assert before.level == 2
    await relaying.relay()
    await lose(desk)
    await rebuild(relaying.kafka, desk.store, None)
    assert [await desk.hear(one) for one in (raised, live)] == ["older", "filled"]
    assert (await desk.alert()).level == 2
    assert await desk.orders() == []
    await desk.pass_time(began + timedelta(minutes=14))
    assert await desk.orders() == []
    await desk.pass_time(began + timedelta(minutes=15))
    assert await desk.told() == {DOCTOR, DOCTOR_PHONE}


async def test_who_was_moved_in_the_minute_of_the_finding_is_on_the_new_ward_after_the_loss(
    desk: Desk, relaying: Relaying
) -> None:
    raised, moved = finding(ward="Neurology 2"), finding(Transition.REPUBLISHED, ward="Surgery 1")
    for one in (raised, moved):
        await desk.hear(one)
    await desk.tell()
    await relaying.relay()
    await lose(desk)
    await rebuild(relaying.kafka, desk.store, None)
    assert [await desk.hear(one) for one in (raised, moved)] == ["older", "filled"]
    assert (await desk.alert()).ward == "Surgery 1"
    assert await desk.orders() == []


async def test_what_settled_before_the_loss_pages_at_its_own_time(desk: Desk, relaying: Relaying) -> None:
    await ward(desk)
    await relaying.relay()
    await lose(desk)
    await rebuild(relaying.kafka, desk.store, None)
    await read_again(desk)
    await desk.pass_time(after(minutes=29))
    assert (await desk.alert("settling")).told == ()
    await desk.pass_time(after(minutes=30))
    assert "settling" in {order.delivery.split(":")[0].partition("-")[2] for order in await desk.orders()}


async def test_the_history_goes_on_counting_after_a_rebuild(desk: Desk, relaying: Relaying) -> None:
    await ward(desk)
    await relaying.relay()
    last = max(e.sequence for e in await relaying.history() if e.alert_id == alert_id(PATIENT, "told"))
    await lose(desk)
    await rebuild(relaying.kafka, desk.store, None)
    await desk.acknowledge(alert=alert_id(PATIENT, "told"), command="after the loss")
    await relaying.relay()
    told = [entry for entry in await relaying.history() if entry.alert_id == alert_id(PATIENT, "told")]
    assert (told[-1].event, told[-1].sequence) == ("acknowledged", last + 1)
    assert (await relaying.verdict()).faults == ()


async def test_an_answer_that_was_relayed_without_its_snapshot_is_remembered(
    desk: Desk, relaying: Relaying
) -> None:
    await ward(desk)
    await relaying.relay()
    await desk.acknowledge(alert=alert_id(PATIENT, "told"), command="late", actor="dr.late")
    await relaying.dies_before_snapshots()
    await lose(desk)
    await rebuild(relaying.kafka, desk.store, None)
    told = await desk.alert("told")
    assert (told.state, told.acked_by) == (AlertState.ACKNOWLEDGED, "dr.late")
    assert await read_again(desk) == ["waiting"]


async def test_a_store_that_knows_more_than_the_topics_stays_as_it_is(desk: Desk, relaying: Relaying) -> None:
    await ward(desk)
    await relaying.relay()
    await desk.acknowledge(alert=alert_id(PATIENT, "told"), command="just now")
    await rebuild(relaying.kafka, desk.store, None)
    assert (await desk.alert("told")).state is AlertState.ACKNOWLEDGED


async def test_what_a_new_store_began_before_the_rebuild_gives_way_to_what_is_known(
    desk: Desk, relaying: Relaying
) -> None:
    await ward(desk)
    await relaying.relay()
    await lose(desk)
    await desk.hear(finding(issue_id="answered"))
    await rebuild(relaying.kafka, desk.store, None)
    assert (await desk.alert("answered")).acked_by == "nurse on call"
    assert len(await desk.reader.alerts(closed=True)) == len(NAMES)


async def test_a_snapshot_holds_no_more_of_an_alert_that_is_over_than_is_needed(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.hear(finding(Transition.WITHDRAWN, 2))
    snapshot = (await taken(desk.store.connection, [alert_id(PATIENT, finding().issue_id)])).snapshots[0]
    assert not {"text", "evidence", "sources"} & set(snapshot.fields)
    assert "baclofen" not in snapshot.model_dump_json()


async def test_of_an_alert_that_the_store_does_not_know_no_snapshot_is_taken(desk: Desk) -> None:
    assert await taken(desk.store.connection, ["00-nothing"]) == Taken([], ())


async def test_a_new_log_is_not_taken_for_what_was_read_before(desk: Desk) -> None:
    await desk.store.read_again("detected-issues", PARTITION, 1000)
    await desk.store.forget_offsets("detected-issues", PARTITION)
    await desk.hear(finding(), offset=0)
    (order, *_) = await desk.orders()
    lease = await desk.lease(order)
    assert lease is not None
    assert not lease.maybe_told
