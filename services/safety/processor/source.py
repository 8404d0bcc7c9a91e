"""What the broker says of the topics before a worker starts: how many partitions, how large a batch may be,
and which incarnation.
"""

from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaProducer

from services.safety.processor.changelog import FORMAT_VERSION
from services.safety.processor.identity import SourceIdentity
from services.safety.processor.settings import Settings
from services.safety.processor.topic_id import fetch_topic_id
from services.stream.topics import TopicsUnfit, partition_counts, refuse_narrow
from services.transit.kafka import aiokafka_client

_TOGETHER = "patient-events, detected-issues and the ledger changelog with equal numbers of partitions"


async def describe(settings: Settings) -> SourceIdentity:
    """The source as it is now.

    Raises `TopicsUnfit` where the topics cannot work together, `KafkaError` without Kafka.
    """
    producer = AIOKafkaProducer(
        **aiokafka_client(settings.kafka), request_timeout_ms=int(settings.request_s * 1000)
    )
    await producer.start()
    try:
        topics = (settings.topics.events, settings.topics.issues, settings.changelog)
        counts = await partition_counts(producer, (*topics, settings.topics.rejects), _TOGETHER)
        _together(counts, topics)
        await refuse_narrow(producer.client, counts, settings.batch_bytes)
        topic_id = await fetch_topic_id(producer.client, settings.topics.events)
    finally:
        await producer.stop()
    return SourceIdentity(settings.topics.events, topic_id, counts[settings.topics.events], FORMAT_VERSION)


async def describe_again(client: Any, known: SourceIdentity) -> SourceIdentity:
    """The source as it is now, by a connection that is open already (`client` is an `AIOKafkaClient`)."""
    await client.force_metadata_update()
    count = len(client.cluster.partitions_for_topic(known.topic) or ())
    topic_id = await fetch_topic_id(client, known.topic)
    return SourceIdentity(known.topic, topic_id, count, known.format)


def _together(counts: dict[str, int], topics: Iterable[str]) -> None:
    wanted = list(topics)
    if len({counts[topic] for topic in wanted}) > 1:
        told = ", ".join(f"{topic} has {counts[topic]}" for topic in wanted)
        raise TopicsUnfit(
            "these topics need equal numbers of partitions, because a patient's events, issues and ledger "
            f"share a partition number: {told}. Re-create the topic that is wrong; never add partitions to "
            "one that is in use."
        )
