"""What cannot be read goes to `rejected-events`.

The first bytes, their length and digest, the reason, the origin.
"""

import base64
import hashlib
from typing import Protocol

import orjson
from aiokafka import AIOKafkaProducer

from schemas.topics import REJECTED_EVENTS

KEPT_BYTES = 64 * 1024
HOP = "notifier"


class SourceRecord(Protocol):
    """The part of a consumed record that a rejection names."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...


def rejection_of(record: SourceRecord, reason: str, detail: str) -> tuple[bytes, bytes]:
    """Key (the origin, so that a repetition can be seen) and value of the record for `rejected-events`."""
    value = record.value or b""
    origin = f"{record.topic}:{record.partition}:{record.offset}"
    content = {
        "kind": "rejected",
        "hop": HOP,
        "reason": reason,
        "detail": detail,
        "origin": {"topic": record.topic, "partition": record.partition, "offset": record.offset},
        "length": len(value),
        "sha256": hashlib.sha256(value).hexdigest(),
        "bytes": base64.b64encode(value[:KEPT_BYTES]).decode(),
    }
    return origin.encode(), orjson.dumps(content)


class Rejecter:
    """Sends rejections and waits for Kafka's word: a record is passed over only once its reason is safe."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def reject(self, record: SourceRecord, reason: str, detail: str) -> None:
        """Send one; raises what the producer raises."""
        key, value = rejection_of(record, reason, detail)
        await self._producer.send_and_wait(REJECTED_EVENTS.name, value=value, key=key)
