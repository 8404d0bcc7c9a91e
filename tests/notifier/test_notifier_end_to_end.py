"""From a Kafka record to the pager of whoever is on call, and back.

All parts, real store, embedded broker.
"""

import asyncio
from datetime import timedelta
from io import StringIO

import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from schemas.alerts import AlertHistoryEntry, AlertState
from schemas.base import TimeDomain
from schemas.issues import PartitionHeartbeat, Transition
from schemas.topics import ALERT_HISTORY, DETECTED_ISSUES, REJECTED_EVENTS
from services.notifier.alerts import instant
from services.notifier.settings import Settings
from services.notifier.store.identifiers import alert_id
from tests.notifier.broker import Engine, read_topic
from tests.notifier.builders import ISSUE, PATIENT, after, finding
from tests.notifier.desk import PARTITION, Desk
from tests.notifier.duty import on_duty, told_by, until
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]


async def test_a_finding_is_paged_acknowledged_and_its_history_is_in_kafka(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    screen = StringIO()
    async with Engine(settings.kafka) as engine, on_duty(settings, await pager.start(), screen):
        await engine.says(finding())
        page = (await pager.until(1))[0]
        await until(desk, lambda alert: told_by(alert) == {"terminal", "webhook"})
        await desk.acknowledge(note="dose held")
        assert page.content["tier"] == 2
        assert page.content["alert"] == alert_id(PATIENT, ISSUE)
        assert b"baclofen" not in page.body
        assert PATIENT.encode() not in page.body
        assert orjson.loads(screen.getvalue())["text"].startswith("baclofen")
        history = [
            AlertHistoryEntry.model_validate_json(v)
            for v in await read_topic(settings.kafka, ALERT_HISTORY.name, 5)
        ]
    assert [entry.event for entry in history] == ["raised", "paged", "told", "told", "acknowledged"]
    assert [entry.sequence for entry in history] == [1, 2, 3, 4, 5]
    assert (history[-1].actor, history[-1].note) == ("nurse on call", "dose held")


async def test_a_corrected_dose_takes_the_page_back_by_name_of_the_correction(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    screen = StringIO()
    async with Engine(settings.kafka) as engine, on_duty(settings, await pager.start(), screen):
        await engine.says(finding())
        await until(desk, lambda alert: told_by(alert) == {"terminal", "webhook"})
        await engine.says(finding(Transition.WITHDRAWN, 2, cause_event="correction-17"))
        kinds = [received.content["kind"] for received in await pager.until(2)]
        await until(desk, lambda alert: alert.state is AlertState.WITHDRAWN)
    assert kinds == ["page", "retraction"]
    assert b"correction-17" not in pager.received[1].body
    assert orjson.loads(screen.getvalue().splitlines()[1])["cause"] == "correction-17"


async def test_simulated_time_pages_when_a_heartbeat_tells_it(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    async with Engine(settings.kafka) as engine, on_duty(settings, await pager.start(), StringIO()):
        await engine.says(finding(page_from=after(minutes=30)))
        await until(desk, lambda alert: alert.state is AlertState.OPEN)
        beat = PartitionHeartbeat(
            partition=PARTITION, at=after(), watermark=after(minutes=31), time_domain=TimeDomain.SIMULATED
        )
        await engine.says(beat)
        assert (await pager.until(1))[0].content["kind"] == "page"


async def test_live_time_pages_by_the_clock_of_the_store(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    async with Engine(settings.kafka) as engine, on_duty(settings, await pager.start(), StringIO()):
        now = instant(await desk.store.now_ms())
        held = now + timedelta(seconds=8)
        await engine.says(finding(time_domain=TimeDomain.LIVE, at=now, raised_at=now, page_from=held))
        assert (await pager.until(1))[0].content["kind"] == "page"
        history = await desk.reader.history(alert_id(PATIENT, ISSUE))
    raised, paged = history[0], history[1]
    assert (raised.event, raised.at) == ("raised", now)
    assert (paged.event, paged.at >= held) == ("paged", True)


async def test_what_cannot_be_read_is_kept_with_its_reason_told_and_passed_over(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    async with Engine(settings.kafka) as engine, on_duty(settings, await pager.start(), StringIO()):
        await engine.writes(b"\xff not json", PARTITION)
        await engine.writes(b'{"kind": "issue", "surprise": 1}', PARTITION)
        await engine.writes(None, PARTITION)
        await engine.says(finding())
        await until(desk, lambda alert: bool(alert.told))
        rejected = [
            orjson.loads(value) for value in await read_topic(settings.kafka, REJECTED_EVENTS.name, 2)
        ]
        checks = {received.content["check"] for received in await pager.until(2)}
    assert {record["reason"] for record in rejected} == {"not-json", "wrong-schema"}
    assert {record["hop"] for record in rejected} == {"notifier"}
    assert sorted(record["origin"]["offset"] for record in rejected) == [0, 1]
    assert checks == {"technical", "cumulative-dose"}


async def committed(settings: Settings, desk: Desk) -> None:
    """Wait until the notifier has told its group how far it is."""
    place = TopicPartition(DETECTED_ISSUES.name, PARTITION)
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await admin.start()
    async with asyncio.timeout(30):
        while (await admin.list_consumer_group_offsets(settings.group, partitions=[place]))[place].offset < 0:
            await desk.store.now_ms()
    await admin.close()


async def test_an_emptied_store_is_rebuilt_while_running_and_pages_nobody_who_answered(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    async with Engine(settings.kafka) as engine, on_duty(settings, await pager.start(), StringIO()):
        await engine.says(finding())
        await until(desk, lambda alert: told_by(alert) == {"terminal", "webhook"})
        await desk.acknowledge()
        await read_topic(settings.kafka, ALERT_HISTORY.name, 5)
        await committed(settings, desk)
        await desk.store.connection.client.flushall()
        await engine.says(finding(issue_id="another"))
        await until(desk, lambda alert: bool(alert.told), "another")
        alert = await until(desk, lambda alert: alert.facts_known)
    assert (alert.state, alert.acked_by) == (AlertState.ACKNOWLEDGED, "nurse on call")
    paged = [received.content["alert"] for received in pager.received]
    assert paged.count(alert_id(PATIENT, ISSUE)) == 1
    # Nobody knows whether the store that was lost had told it.
    assert [received.content["kind"] for received in pager.received] == ["page", "repeat"]


async def test_a_topic_that_was_made_anew_is_read_from_its_beginning(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    await desk.hear(finding(issue_id="from-the-log-before"), offset=41)
    async with Engine(settings.kafka) as engine, on_duty(settings, await pager.start(), StringIO()):
        await engine.says(finding())
        assert (await until(desk, lambda alert: bool(alert.told))).state is AlertState.NOTIFIED


async def test_a_restarted_notifier_goes_on_where_the_store_stands(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    url = await pager.start()
    async with Engine(settings.kafka) as engine:
        async with on_duty(settings, url, StringIO()):
            await engine.says(finding())
            await until(desk, lambda alert: told_by(alert) == {"terminal", "webhook"})
        await engine.says(finding(Transition.WORSENED, 2))
        async with on_duty(settings, url, StringIO()):
            await until(desk, lambda alert: alert.revision == 2 and alert.state is AlertState.NOTIFIED)
            await pager.until(2)
    deliveries = [received.delivery for received in pager.received]
    assert len(deliveries) == len(set(deliveries)) == 2
