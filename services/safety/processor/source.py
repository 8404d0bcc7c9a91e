"""What the broker says of the topics before a worker starts: how many partitions, how large a batch may be,
and which incarnation.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.safety.processor.changelog import FORMAT_VERSION
from services.safety.processor.identity import SourceIdentity
from services.safety.processor.settings import Settings
from services.safety.processor.topic_id import fetch_topic_id
from services.stream.message_sizes import BATCH_HEAD_BYTES, SETTING, too_narrow
from services.stream.refusal import Refusal


class TopicsUnfit(Refusal):
    """A topic is missing, partitions do not match, or a batch would not fit."""


async def describe(settings: Settings) -> SourceIdentity:
    """The source as it is now.

    Raises `TopicsUnfit` where the topics cannot work together, `KafkaError` without Kafka.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka, request_timeout_ms=int(settings.request_s * 1000)
    )
    await producer.start()
    try:
        topics = (settings.topics.events, settings.topics.issues, settings.changelog)
        counts = {topic: await _partitions(producer, topic) for topic in (*topics, settings.topics.rejects)}
        _together(counts, topics)
        narrow = await too_narrow(producer.client, counts, settings.batch_bytes)
        if narrow:
            raise TopicsUnfit(_wider(narrow, settings.batch_bytes + BATCH_HEAD_BYTES))
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


async def _partitions(producer: AIOKafkaProducer, topic: str) -> int:
    try:
        return len(await asyncio.wait_for(producer.partitions_for(topic), 15))
    except (KafkaError, TimeoutError) as error:
        raise TopicsUnfit(
            f"topic {topic} is not there ({type(error).__name__}). Create the topics first: "
            f"patient-events, detected-issues and the ledger changelog with equal numbers of partitions."
        ) from error


def _wider(narrow: Mapping[str, int], wanted: int) -> str:
    told = ", ".join(f"{topic} has {most}" for topic, most in narrow.items())
    return (
        f"this worker writes batches of up to {wanted} bytes, and these topics take less: {told}. Set "
        f"{SETTING} of each to {wanted} or more (kafka-configs.sh --alter --entity-type topics --entity-name "
        f"TOPIC --add-config {SETTING}={wanted}), or start the worker with a smaller DOSEWARDEN_BATCH_BYTES."
    )


def _together(counts: dict[str, int], topics: Iterable[str]) -> None:
    wanted = list(topics)
    if len({counts[topic] for topic in wanted}) > 1:
        told = ", ".join(f"{topic} has {counts[topic]}" for topic in wanted)
        raise TopicsUnfit(
            "these topics need equal numbers of partitions, because a patient's events, issues and ledger "
            f"share a partition number: {told}. Re-create the topic that is wrong; never add partitions to "
            "one that is in use."
        )
