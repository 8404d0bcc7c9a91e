"""A real Kafka: what it acknowledged is there after a stop and after a kill; nothing appears by itself."""

import socket
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from services.launcher.servers.child import Refused
from services.launcher.servers.real_kafka import RealKafka
from tests.servers.records import read, write

pytestmark = pytest.mark.kafka


async def _create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()


@pytest.mark.slow
async def test_what_was_acknowledged_survives_a_stop_and_a_kill(own_kafka: RealKafka) -> None:
    await _create(own_kafka.bootstrap, "doses")
    await write(own_kafka.bootstrap, "doses", b"5 mg")
    own_kafka.restart()
    await write(own_kafka.bootstrap, "doses", b"10 mg")
    own_kafka.kill()
    own_kafka.start()
    assert await read(own_kafka.bootstrap, "doses", 2) == [b"5 mg", b"10 mg"]


async def test_a_topic_that_nobody_created_is_refused(real_kafka: RealKafka, topic_prefix: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=real_kafka.bootstrap, request_timeout_ms=1000) as producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.partitions_for(f"{topic_prefix}misspelt")


def test_a_port_that_is_taken_is_refused_and_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=f"port {port} .* is taken"):
            RealKafka(tmp_path, port=port).start()
