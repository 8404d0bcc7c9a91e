"""Tells on that the declared sources live, and which does not.

Each partition hears that a source is alive (`SourceHeartbeat`), so that the absence of what it would have
said can be judged. The notifier hears when every source last spoke (`SourcesHeard`), so that it misses one
that is silent for too long, also when this door itself is gone.
"""

import asyncio
import logging

from aiokafka.errors import KafkaError

from schemas.topics import DETECTED_ISSUES, partition_of
from services.intake.accepting import Acceptor, Busy
from services.intake.records import Record
from services.intake.sending import PublishFailed, Sender
from services.intake.trust.life import ORIGIN, Life
from services.transit.kafka import Where

log = logging.getLogger(__name__)

KEY = "sources-heard"


class LifeTeller:
    """Tells what is known of `life`, again and again. It has a connection of its own, so that what nobody
    takes of it holds up no fact.
    """

    def __init__(self, life: Life, acceptor: Acceptor, kafka: Where, patience_s: float) -> None:
        self._life = life
        self._acceptor = acceptor
        self._sender = Sender(kafka, patience_s=patience_s)
        self._connected = False

    async def run(self) -> None:
        """Tell until cancelled."""
        try:
            while True:
                await self.tell()
                await asyncio.sleep(self._life.beat.total_seconds())
        finally:
            await self._sender.stop()

    async def tell(self) -> None:
        """Tell what is known now; what Kafka does not take is told the next time."""
        try:
            news = self._life.news()
            await self._acceptor.take(news)
            self._life.passed_on(news)
            await self._say_who_lives()
        except (PublishFailed, Busy, KafkaError) as error:
            log.warning("which sources live could not be told (%s): a silent one is not missed", error)

    async def _say_who_lives(self) -> None:
        if not self._connected:
            await self._sender.start()
        self._connected = False
        value = self._life.heard().model_dump_json().encode()
        partition = partition_of(KEY, self._sender.partitions)
        record = Record(DETECTED_ISSUES.name, partition, KEY.encode(), value, None, ORIGIN)
        await self._sender.deliver([record], lambda _record: ())
        self._connected = True
