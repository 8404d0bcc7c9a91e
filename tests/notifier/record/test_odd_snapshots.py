"""A record that no store can take does not keep the other alerts from being put back, at each start anew."""

import pytest
from aiokafka import AIOKafkaProducer

from schemas.alert_state import AlertSnapshot
from schemas.alerts import AlertHistoryEntry, AlertState
from schemas.topics import ALERT_HISTORY, ALERT_STATE
from services.notifier.record.rebuilding import rebuild
from services.notifier.store.identifiers import alert_id, key, tag_of
from services.notifier.store.reading import DamagedAlert
from tests.notifier.broker import read_topic
from tests.notifier.builders import ISSUE, PATIENT, finding
from tests.notifier.desk import Desk
from tests.notifier.relaying import Relaying

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]
ODD = alert_id(PATIENT, "odd")


@pytest.mark.parametrize(
    ("alert", "fields"),
    [
        (ODD, {}),
        (ODD, {"patient": PATIENT}),
        (ODD, {"st": "open", "tier": "loud"}),
        (ODD, {"st": "withdrawn"}),
        ("nonsense", {"st": "open"}),
    ],
    ids=["nothing", "no-state", "no-number", "another-state", "no-alert"],
)
async def test_the_others_are_put_back(
    desk: Desk, relaying: Relaying, alert: str, fields: dict[str, str]
) -> None:
    await desk.hear(finding(issue_id="told"))
    await desk.tell()
    await relaying.relay()
    odd = AlertSnapshot(
        alert_id=alert, patient=PATIENT, episode=1, sequence=1, state=AlertState.OPEN, fields=fields
    )
    async with AIOKafkaProducer(bootstrap_servers=relaying.kafka) as producer:
        await producer.send_and_wait(ALERT_STATE.name, odd.model_dump_json().encode(), partition=0)
    await desk.store.connection.client.flushall()
    desk.epochs = await desk.store.begin()
    await rebuild(relaying.kafka, desk.store, None)
    assert (await desk.alert("told")).state is AlertState.NOTIFIED


@pytest.mark.parametrize(("field", "value"), [("st", "gone"), ("tier", "loud"), ("patient", None)])
async def test_a_damaged_alert_in_the_store_hides_no_other_from_the_list_and_from_the_record(
    desk: Desk, relaying: Relaying, field: str, value: str | None
) -> None:
    for issue_id in ("damaged", "whole"):
        await desk.hear(finding(issue_id=issue_id))
    await desk.tell()
    client, name = desk.store.connection.client, key(tag_of(PATIENT), f"a:{alert_id(PATIENT, 'damaged')}:1")
    await (client.hdel(name, field) if value is None else client.hset(name, field, value))
    await relaying.relay()
    assert {alarm.partition(":")[0] for alarm in desk.alarms} == {"unreadable-alert"}
    assert all(alert_id(PATIENT, "damaged") in alarm for alarm in desk.alarms)
    assert alert_id(PATIENT, "whole") in [alert.id for alert in await desk.reader.alerts()]
    await client.flushall()
    desk.epochs = await desk.store.begin()
    await rebuild(relaying.kafka, desk.store, None)
    assert (await desk.alert("whole")).state is AlertState.NOTIFIED


async def test_an_entry_of_the_history_that_makes_no_sense_is_an_alarm_and_the_next_one_is_kept(
    desk: Desk, relaying: Relaying
) -> None:
    await desk.hear(finding())
    client, trail = desk.store.connection.client, key(tag_of(PATIENT), "evt")
    ((entry, fields), *_) = await client.xrevrange(trail, count=1)
    await client.xdel(trail, entry)
    await client.xadd(trail, {**fields, "at": "9" * 30})
    await client.xadd(trail, {"event": "told"})
    await desk.hear(finding(issue_id="whole"))
    await relaying.relay()
    assert [alarm.rpartition(": ")[2] for alarm in desk.alarms] == [alert_id(PATIENT, ISSUE), "without an id"]
    assert {kept.alert_id for kept in await relaying.history()} >= {alert_id(PATIENT, "whole")}


async def test_who_asks_for_a_damaged_alert_is_told_that_it_is_damaged(desk: Desk) -> None:
    await desk.hear(finding())
    name = key(tag_of(PATIENT), f"a:{alert_id(PATIENT, ISSUE)}:1")
    await desk.store.connection.client.hset(name, "tier", "loud")
    with pytest.raises(DamagedAlert, match="makes no sense"):
        await desk.alert()


@pytest.mark.parametrize("count", ["seq", "ep"])
async def test_a_snapshot_that_the_store_refuses_keeps_no_other_from_being_put_back(
    desk: Desk, relaying: Relaying, caplog: pytest.LogCaptureFixture, count: str
) -> None:
    for issue_id in ("told", "odd"):
        await desk.hear(finding(issue_id=issue_id))
    await desk.tell()
    await relaying.relay()
    await desk.store.connection.client.flushall()
    desk.epochs = await desk.store.begin()
    counts = {"seq": "1", "ep": "1", count: "nonsense"}
    await desk.store.connection.client.hset(key(tag_of(PATIENT), "i", ODD), mapping=counts)
    await rebuild(relaying.kafka, desk.store, None)
    assert (await desk.alert("told")).state is AlertState.NOTIFIED
    assert ODD in caplog.text


async def test_an_entry_of_no_alert_is_passed_over(desk: Desk, relaying: Relaying) -> None:
    await desk.hear(finding(issue_id="told"))
    await desk.tell()
    await relaying.relay()
    value = (await read_topic(relaying.kafka, ALERT_HISTORY.name, 2))[0]
    entry = AlertHistoryEntry.model_validate_json(value).model_copy(update={"alert_id": "nonsense"})
    async with AIOKafkaProducer(bootstrap_servers=relaying.kafka) as producer:
        await producer.send_and_wait(ALERT_HISTORY.name, entry.model_dump_json().encode(), partition=0)
    await desk.store.connection.client.flushall()
    desk.epochs = await desk.store.begin()
    await rebuild(relaying.kafka, desk.store, None)
    assert (await desk.alert("told")).state is AlertState.NOTIFIED
