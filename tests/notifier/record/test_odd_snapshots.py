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
    assert alert_id(PATIENT, "whole") in [alert.id for alert in await desk.reader.alerts()]
    await client.flushall()
    desk.epochs = await desk.store.begin()
    await rebuild(relaying.kafka, desk.store, None)
    assert (await desk.alert("whole")).state is AlertState.NOTIFIED


async def test_who_asks_for_a_damaged_alert_is_told_that_it_is_damaged(desk: Desk) -> None:
    await desk.hear(finding())
    name = key(tag_of(PATIENT), f"a:{alert_id(PATIENT, ISSUE)}:1")
    await desk.store.connection.client.hset(name, "tier", "loud")
    with pytest.raises(DamagedAlert, match="makes no sense"):
        await desk.alert()


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
