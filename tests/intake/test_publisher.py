"""From readings to Kafka: keys, partitions, copies, rejections; on the embedded broker."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.clinical import CLINICAL_EVENT, UnreadableFact
from schemas.identity import SiteKey
from schemas.rejections import Origin, RejectedEvent
from schemas.stream_events import KnowledgeActivated, SourceHeartbeat
from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS, partition_of
from services.intake.door import Door
from services.intake.formats import read
from services.intake.ordering import with_unreadable
from services.intake.publisher import Publisher
from services.intake.reading import Accepted, Event
from services.intake.sending import PublishFailed
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.test_events import dose

pytestmark = pytest.mark.embedded
SITE = SiteKey(b"a site key for these tests only")
READ_WITHIN_S = 60.0
ADA, BEN = (SITE.patient_key(name) for name in ("ada", "ben"))


class Broker(Protocol):
    """Whatever can be reached under an address."""

    @property
    def bootstrap(self) -> str: ...


async def records_of(broker: Broker, topic: str) -> dict[int, list[ConsumerRecord]]:
    """Everything a topic holds now, by partition; fails where that cannot be read.

    Explicit offsets: `seek_to_beginning` races with the consumer's own first reset to the end.
    """
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=None)
    await consumer.start()
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            places = [TopicPartition(topic, partition) for partition in range(4)]
            consumer.assign(places)
            for place in places:
                consumer.seek(place, 0)
            ends = await consumer.end_offsets(places)
            found: dict[int, list[ConsumerRecord]] = defaultdict(list)
            while sum(len(records) for records in found.values()) < sum(ends.values()):
                for place, records in (await consumer.getmany(timeout_ms=500)).items():
                    found[place.partition] += records
            return found
    finally:
        await consumer.stop()


async def fed(
    broker: Broker, directory: Path, lines: Iterable[dict[str, Any] | bytes], **more: Any
) -> Publisher:
    """The lines sent, as the feed command sends them."""
    path = directory / "in.jsonl"
    path.write_bytes(
        b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    )
    async with Publisher(broker.bootstrap, SITE, Door(), **more) as publisher:
        for reading, event in with_unreadable(read("events", [path], Door()), Door()):
            await publisher.publish(reading, event)
    return publisher


async def test_a_patients_events_come_under_its_key_in_its_partition_and_in_order(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    lines = [dose(event_id=f"{name}-{n}", patient=name) for n in range(40) for name in ("ada", "ben")]
    await fed(embedded_broker, tmp_path, lines, batch=7)
    found = await records_of(embedded_broker, PATIENT_EVENTS.name)
    for key, name in ((ADA, "ada"), (BEN, "ben")):
        place = partition_of(key, 4)
        theirs = [record for records in found.values() for record in records if record.key == key.encode()]
        assert {record.partition for record in theirs} == {place}
        events = [CLINICAL_EVENT.validate_json(record.value) for record in theirs]
        assert [event.event_id for event in events] == [f"{name}-{n}" for n in range(40)]
        assert {getattr(event, "patient", "") for event in events} == {key}


async def test_the_sources_own_patient_id_never_reaches_patient_events(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    await fed(
        embedded_broker,
        tmp_path,
        [dose(patient="MRN-4711"), dose(patient="MRN-4711", dose={"value": "-1", "unit": "mg"})],
    )
    found = await records_of(embedded_broker, PATIENT_EVENTS.name)
    values = [record.value for records in found.values() for record in records]
    assert len(values) == 2
    assert not any(b"MRN-4711" in value for value in values)


async def test_a_bad_line_stands_in_rejected_events_and_marks_its_patient(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    bad = dose(dose={"value": "-10", "unit": "mg"})
    await fed(embedded_broker, tmp_path, [dose(), bad, b"not json at all", dose(event_id="after")])
    rejects = [
        r for records in (await records_of(embedded_broker, REJECTED_EVENTS.name)).values() for r in records
    ]
    read_back = [RejectedEvent.model_validate_json(record.value) for record in rejects]
    assert {(item.reason, item.origin.line) for item in read_back} == {("negative-value", 2), ("not-json", 3)}
    assert {record.key for record in rejects} == {item.origin.key.encode() for item in read_back}
    events = [
        CLINICAL_EVENT.validate_json(record.value)
        for record in (await records_of(embedded_broker, PATIENT_EVENTS.name))[partition_of(ADA, 4)]
    ]
    assert [event.kind for event in events] == ["administration", "unreadable", "administration"]
    mark = events[1]
    assert isinstance(mark, UnreadableFact)
    assert (mark.patient, mark.about, mark.reason) == (ADA, "dose/1", "negative-value")


async def test_a_record_too_large_for_the_broker_is_rejected_and_marks_its_patient(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    codings = [{"system": "local", "code": f"{number:06}"} for number in range(20_000)]
    large = dose(medication={"text": "baclofen", "codings": codings})
    publisher = await fed(embedded_broker, tmp_path, [dose(), large, dose(event_id="after")], largest=300_000)
    assert publisher.too_large == 1
    (record,) = [
        r for records in (await records_of(embedded_broker, REJECTED_EVENTS.name)).values() for r in records
    ]
    reject = RejectedEvent.model_validate_json(record.value)
    assert (reject.reason, reject.origin.line) == ("too-large", 2)
    events = [
        CLINICAL_EVENT.validate_json(record.value)
        for record in (await records_of(embedded_broker, PATIENT_EVENTS.name))[partition_of(ADA, 4)]
    ]
    assert [event.event_id for event in events if event.kind == "administration"] == ["d", "after"]
    assert [event.reason for event in events if isinstance(event, UnreadableFact)] == ["too-large"]


async def test_heartbeats_and_knowledge_reach_every_partition(embedded_broker: EmbeddedBroker) -> None:
    now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    events: list[Event] = [
        SourceHeartbeat(event_id="beat", source="emar", received_at=now),
        KnowledgeActivated(event_id="new", knowledge_version="2-abc", shadow=True, received_at=now),
    ]
    async with Publisher(embedded_broker.bootstrap, SITE, Door()) as publisher:
        for event in events:
            await publisher.publish(Accepted(event, Origin(door="test")), event)
    found = await records_of(embedded_broker, PATIENT_EVENTS.name)
    for partition in range(4):
        assert [CLINICAL_EVENT.validate_json(record.value) for record in found[partition]] == events


async def test_a_broker_that_is_not_there_is_told_by_its_address() -> None:
    with pytest.raises(PublishFailed, match=r"127\.0\.0\.1:1"):
        async with Publisher("127.0.0.1:1", SITE, Door()):
            pytest.fail("nothing listens there")
