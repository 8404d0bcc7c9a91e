"""A partition asks for a knowledge version that is not here: does the log ask for another one later?

So it is after an update (the activation waits in the log, and those who had the version before are gone),
when ledgers are rebuilt from the beginning of the log, and when an activation was taken back by a later one.
"""

import logging
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.types import TP

from services.safety.processor.refusal import KnowledgeRequired
from services.transit.kafka import aiokafka_client

if TYPE_CHECKING:
    from services.safety.processor.app import BatchApp

log = logging.getLogger(__name__)


async def look_ahead(app: "BatchApp", tp: TP, start: int, required: KnowledgeRequired) -> None:
    """Let the core judge by the last version that the log activates at `start` or later.

    Raises `required` where there is none, or where that one is not here either.
    """
    version = await _last_activated(app, tp, start)
    if version is None or not app.core.expect(tp.partition, version):
        raise required
    log.warning(
        "%s[%d]: knowledge version %s is not here; judged by %s, which is activated further on in the log",
        tp.topic, tp.partition, required.version, version,
    )  # fmt: skip


async def _last_activated(app: "BatchApp", tp: TP, start: int) -> str | None:
    place = TopicPartition(tp.topic, tp.partition)
    consumer = AIOKafkaConsumer(
        **aiokafka_client(app.settings.kafka), group_id=None, enable_auto_commit=False,
        auto_offset_reset="earliest", request_timeout_ms=int(app.settings.request_s * 1000),
    )  # fmt: skip
    await consumer.start()
    try:
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        consumer.seek(place, start)
        found = None
        while await consumer.position(place) < end:
            for record in (await consumer.getmany(timeout_ms=1_000)).get(place, ()):
                found = app.core.activation(record) or found
        return found
    finally:
        await consumer.stop()
