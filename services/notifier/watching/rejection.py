"""What cannot be read goes to `rejected-events`, as `schemas.rejections` has it."""

import asyncio
import logging
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from schemas.rejections import Origin, rejected_event
from schemas.topics import REJECTED_EVENTS
from services.notifier.watching.technical import TechnicalAlerts
from services.stream.records import Record

log = logging.getLogger(__name__)
HOP = "notifier"
_WORD_WITHIN_S = 3.0
"""A producer that repeats by itself never says that Kafka is away."""


def rejection_of(record: Record, reason: str, detail: str) -> tuple[bytes, bytes]:
    """Key (the origin, so that a repetition can be seen) and value of the record for `rejected-events`."""
    origin = Origin(topic=record.topic, partition=record.partition, offset=record.offset)
    rejected = rejected_event(HOP, origin, record.value or b"", reason, detail)
    return origin.key.encode(), rejected.model_dump_json().encode()


class Rejecter:
    """Sends rejections: a record is passed over only once its reason is safe.

    While Kafka does not take one a technical alert says which partition waits for that.
    """

    def __init__(self, producer: AIOKafkaProducer, technical: TechnicalAlerts) -> None:
        self._producer = producer
        self._technical = technical
        self._begun: dict[bytes, asyncio.Future[Any]] = {}
        self._settled: set[str] = set()

    async def reject(self, record: Record, reason: str, detail: str) -> None:
        """Send one, and wait some seconds for Kafka's word; asked again it is sent no second time.

        Raises what the producer raises, `KafkaTimeoutError` where no word came yet.
        """
        waits = f"rejection-waits:{record.topic}:{record.partition}"
        try:
            await self._send(*rejection_of(record, reason, detail))
        except KafkaError:
            self._settled.discard(waits)
            await self._technical.raise_(
                waits,
                f"Partition {record.partition} of {record.topic} stands still, nothing further in it is told:"
                f" Kafka does not take a record for {REJECTED_EVENTS.name}",
            )
            raise
        log.error("a record of %s was rejected: %s", record.topic, reason)
        if waits not in self._settled:
            # A process before may have raised it.
            await self._technical.settle(waits, f"Kafka takes records for {REJECTED_EVENTS.name} again")
            self._settled.add(waits)
        await self._technical.report(
            "rejected-issue", "A finding of the safety processor could not be taken: see rejected-events"
        )

    async def _send(self, key: bytes, value: bytes) -> None:
        word = self._begun.get(key)
        if word is not None and not word.done():
            raise KafkaTimeoutError
        try:
            async with asyncio.timeout(_WORD_WITHIN_S):
                if word is None:
                    word = await self._producer.send(REJECTED_EVENTS.name, value=value, key=key)
                    self._begun[key] = word
                await asyncio.shield(word)
        except TimeoutError as error:
            raise KafkaTimeoutError from error
        except KafkaError:
            self._begun.pop(key, None)
            raise
        del self._begun[key]
