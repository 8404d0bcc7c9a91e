"""Whether topics are there, and wide enough, before a worker reads anything."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.stream.message_sizes import BATCH_HEAD_BYTES, SETTING, too_narrow
from services.stream.refusal import Refusal

_ANSWER_WITHIN_S = 15


class TopicsUnfit(Refusal):
    """A topic is missing, partitions do not match, or a batch would not fit."""


async def partition_counts(producer: AIOKafkaProducer, topics: Iterable[str], cure: str) -> dict[str, int]:
    """How many partitions each topic has; raise `TopicsUnfit` for one that is not there. `cure` names what to
    create.
    """
    return {topic: await _partitions(producer, topic, cure) for topic in topics}


async def refuse_narrow(client: Any, topics: Iterable[str], batch_bytes: int) -> None:
    """Raise `TopicsUnfit` where a topic takes no batch of `batch_bytes`. `client` is an `AIOKafkaClient`."""
    narrow = await too_narrow(client, topics, batch_bytes)
    if narrow:
        raise TopicsUnfit(_wider(narrow, batch_bytes + BATCH_HEAD_BYTES))


async def _partitions(producer: AIOKafkaProducer, topic: str, cure: str) -> int:
    try:
        return len(await asyncio.wait_for(producer.partitions_for(topic), _ANSWER_WITHIN_S))
    except (KafkaError, TimeoutError) as error:
        raise TopicsUnfit(
            f"topic {topic} is not there ({type(error).__name__}). Create the topics first: {cure}."
        ) from error


def _wider(narrow: Mapping[str, int], wanted: int) -> str:
    told = ", ".join(f"{topic} has {most}" for topic, most in narrow.items())
    return (
        f"this worker writes batches of up to {wanted} bytes, and these topics take less: {told}. Set "
        f"{SETTING} of each to {wanted} or more (kafka-configs.sh --alter --entity-type topics --entity-name "
        f"TOPIC --add-config {SETTING}={wanted}), or start the worker with a smaller DOSEWARDEN_BATCH_BYTES."
    )
