"""Every kind of client against a real Kafka that only speaks TLS to those it knows."""

import asyncio
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from schemas.topics import DOSE_EVENTS
from services.intake.door import Door
from services.intake.publisher import Publisher
from services.intake.rejected.topic import CannotRead, RejectedTopic
from services.intake.sending import PublishFailed
from services.launcher.topics import ensure_topics
from services.transit.kafka import Broker, Login, Mechanism, aiokafka_client, librdkafka_client
from services.transit.kafka_settings import broker_from
from tests.intake.authority import Authority
from tests.intake.test_publisher import SITE
from tests.transit.secure_servers import USER, SecureKafka

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
_PATIENCE_S = 60


async def brought_and_read(way: Broker, topic: str, value: bytes) -> bytes | None:
    """The value of a record, written and read back by this way."""
    async with AIOKafkaProducer(**aiokafka_client(way)) as producer:
        sent = await producer.send_and_wait(topic, value)
    consumer = AIOKafkaConsumer(topic, **aiokafka_client(way), auto_offset_reset="earliest")
    async with asyncio.timeout(_PATIENCE_S), consumer:
        async for record in consumer:
            if (record.partition, record.offset) == (sent.partition, sent.offset):
                return bytes(record.value)
    return None


@pytest.mark.parametrize("mechanism", list(Mechanism))
async def test_who_logs_in_by_name_and_password_gets_through_by_both_client_libraries(
    secure_kafka: SecureKafka, mechanism: Mechanism
) -> None:
    way = broker_from(secure_kafka.environment(mechanism) | {"DOSEWARDEN_PROFILE": "production"})
    assert way.protocol == "SASL_SSL"
    await asyncio.to_thread(ensure_topics, way, 4)
    assert await brought_and_read(way, DOSE_EVENTS.name, mechanism.encode()) == mechanism.encode()


async def test_who_shows_a_certificate_gets_through_by_both_client_libraries(
    secure_kafka: SecureKafka, authority: Authority
) -> None:
    shown = authority.signed("worker")
    way = broker_from(secure_kafka.environment_with(shown) | {"DOSEWARDEN_PROFILE": "production"})
    assert way.protocol == "SSL"
    await asyncio.to_thread(ensure_topics, way, 4)
    assert await brought_and_read(way, DOSE_EVENTS.name, b"by certificate") == b"by certificate"


async def test_the_doors_and_the_commands_speak_to_it(secure_kafka: SecureKafka) -> None:
    way = broker_from(secure_kafka.environment(Mechanism.SCRAM_SHA_512))
    await asyncio.to_thread(ensure_topics, way, 4)
    async with Publisher(way, SITE, Door(), patience_s=_PATIENCE_S) as publisher:
        await publisher.flush()
    async with RejectedTopic(way) as topic:
        assert (await topic.all()).entries == ()


async def test_a_wrong_password_is_told_and_is_nowhere_in_what_is_said(
    secure_kafka: SecureKafka, authority: Authority
) -> None:
    environment = secure_kafka.environment(Mechanism.SCRAM_SHA_256)
    known = broker_from(environment)
    wrong = Broker(known.addresses, known.tls, Login(Mechanism.SCRAM_SHA_256, USER, "a wrong password"))
    with pytest.raises(PublishFailed) as failed:
        async with Publisher(wrong, SITE, Door(), patience_s=_PATIENCE_S):
            pass
    with pytest.raises(CannotRead) as unread:
        async with RejectedTopic(wrong):
            pass
    for said in (str(failed.value), str(unread.value), repr(wrong), str(wrong)):
        assert "a wrong password" not in said


async def test_a_server_of_a_strange_authority_is_not_believed(
    secure_kafka: SecureKafka, tmp_path: Path
) -> None:
    strange = Authority(tmp_path, "strange")
    environment = secure_kafka.environment(Mechanism.PLAIN) | {"DOSEWARDEN_KAFKA_CA": str(strange.file)}
    way = broker_from(environment)
    producer = AIOKafkaProducer(**aiokafka_client(way))
    try:
        with pytest.raises(KafkaError):
            await producer.start()
    finally:
        await producer.stop()
    with pytest.raises(KafkaException):
        await asyncio.to_thread(
            AdminClient(librdkafka_client(way) | {"log_level": 0}).list_topics, timeout=10
        )


async def test_who_speaks_in_clear_is_not_heard(secure_kafka: SecureKafka) -> None:
    with pytest.raises(PublishFailed):
        async with Publisher(secure_kafka.login, SITE, Door(), patience_s=10):
            pass
