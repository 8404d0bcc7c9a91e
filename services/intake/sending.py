"""Records to Kafka, in order, with Kafka's word awaited.

A producer with idempotence numbers its batches; after the broker refused one for its size those numbers have
a gap, so the producer is replaced before anything else is sent. One that got no word in time is abandoned
with all it holds: else it would send that later, behind what was sent again.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, OutOfOrderSequenceNumber

from schemas.topics import PATIENT_EVENTS
from services.intake.ending import DISCONNECTED_WITHIN_S
from services.intake.records import Record
from services.transit.kafka import Where, aiokafka_client

LARGEST_RECORD = 1_000_000
"""Bytes of one record, a little below the 1 MiB that brokers take by default."""
_ATTEMPTS = 5
_BATCH_BYTES = 64 * 1024
"""Of records for one partition that go out in one request. All rejections of a message go to one partition,
and with 16 KiB, the client's own figure, Kafka was asked hundreds of times for one message of 2,000 parts. A
record of `rejected-events` may be larger than this, so every topic takes a request of this size."""
_AT_ONCE = 200
"""Records handed over before others may use the loop."""
_CANCELLED_WITHIN_S = 0.1
_CONNECTED_WITHIN_S = 1.0


class PublishFailed(Exception):
    """Kafka did not take what was sent; the message is for the person who operates it."""


class Sender:
    """One connection to Kafka and what is asked of it. `partitions` is read from the broker at each start.

    `largest` is in bytes; `patience_s` is how long Kafka may keep silent.
    """

    def __init__(self, bootstrap: Where, *, largest: int = LARGEST_RECORD, patience_s: float) -> None:
        self._bootstrap = bootstrap
        self._largest = largest
        self._patience_s = patience_s
        self._producer: AIOKafkaProducer | None = None
        self.partitions = 0

    async def start(self) -> None:
        """Connect and read the number of partitions. Raises `PublishFailed`."""
        try:
            client = aiokafka_client(self._bootstrap)
        except (OSError, ValueError) as error:
            raise PublishFailed(
                f"the certificates for Kafka cannot be read: {type(error).__name__}"
            ) from error
        producer = AIOKafkaProducer(
            **client,
            acks="all",
            enable_idempotence=True,
            max_request_size=self._largest,
            max_batch_size=min(_BATCH_BYTES, self._largest),
            compression_type=None,
        )
        try:
            async with asyncio.timeout(self._patience_s):
                await _started(producer)
                self.partitions = len(await producer.partitions_for(PATIENT_EVENTS.name))
        except (KafkaError, TimeoutError) as error:
            await _abandoned(producer)
            said = f"no word within {self._patience_s:g} s" if isinstance(error, TimeoutError) else str(error)
            raise PublishFailed(f"no Kafka at {self._bootstrap}: {said}") from error
        except asyncio.CancelledError:
            await _abandoned(producer)
            raise
        self._producer = producer

    async def reachable(self, within_s: float) -> bool:
        """Whether a broker answers a question about its topics now."""
        if self._producer is None:
            return False
        try:
            async with asyncio.timeout(within_s):
                await self._producer.client.fetch_all_metadata()
        except (KafkaError, TimeoutError):
            return False
        return True

    async def deliver(self, records: Sequence[Record], instead: Callable[[Record], Sequence[Record]]) -> None:
        """Returns when Kafka has all records, in their order; `instead` gives what is sent in place of one
        that is too large. Raises `PublishFailed`: then some may have been taken, and none is sent later.
        """
        try:
            await self._delivered(list(records), instead)
        except BaseException:
            producer, self._producer = self._producer, None
            if producer is not None:
                await _abandoned(producer)
            raise

    async def _delivered(self, waiting: list[Record], instead: Callable[[Record], Sequence[Record]]) -> None:
        for _ in range(_ATTEMPTS):
            if not waiting:
                return
            failed = await self._failures(waiting)
            oversized = [record for record, why in failed if isinstance(why, MessageSizeTooLargeError)]
            behind = [record for record, why in failed if isinstance(why, OutOfOrderSequenceNumber)]
            for record, why in failed:
                if not isinstance(why, MessageSizeTooLargeError | OutOfOrderSequenceNumber) or not oversized:
                    raise PublishFailed(f"Kafka did not take a record of {record.topic}: {why!r}") from why
            waiting = []
            for record in oversized:
                stands_in = instead(record)
                if not stands_in:
                    raise PublishFailed(_TOO_SMALL)
                waiting += stands_in
            waiting += behind
            if oversized:
                await self.stop()
                await self.start()
        if waiting:
            raise PublishFailed(_TOO_SMALL)

    async def _failures(self, records: Sequence[Record]) -> list[tuple[Record, BaseException]]:
        """What Kafka did not take, with why, in the order given. Handed over one by one, so that it stays.

        Raises `PublishFailed` where Kafka says nothing: an idempotent producer would retry without end.
        """
        if self._producer is None:
            raise PublishFailed(f"no connection to Kafka at {self._bootstrap}")
        words: list[asyncio.Future[Any]] = []
        try:
            async with asyncio.timeout(self._patience_s):
                for number, record in enumerate(records, 1):
                    if number % _AT_ONCE == 0:
                        await asyncio.sleep(0)
                    try:
                        word = await self._producer.send(
                            record.topic, value=record.value, key=record.key, partition=record.partition
                        )
                    except KafkaError as error:
                        word = asyncio.get_running_loop().create_future()
                        word.set_exception(error)
                    words.append(word)
                outcomes = await asyncio.gather(*words, return_exceptions=True)
        except TimeoutError as error:
            raise PublishFailed(f"Kafka gave no word within {self._patience_s:g} s") from error
        return [
            (record, outcome)
            for record, outcome in zip(records, outcomes, strict=True)
            if isinstance(outcome, BaseException)
        ]

    async def stop(self) -> None:
        """Close the producer; one whose broker is gone would wait for it without end."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            try:
                await asyncio.wait_for(producer.stop(), DISCONNECTED_WITHIN_S)
            except TimeoutError:
                await _abandoned(producer)


_TOO_SMALL = "Kafka refuses even rejections for their size; raise message.max.bytes"


async def _started(producer: AIOKafkaProducer) -> None:
    """Start it. Who is cancelled meanwhile still waits for a moment: a client that is interrupted while it
    connects forgets the connection and leaves it open.
    """
    starting = asyncio.ensure_future(producer.start())
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait((starting,), timeout=_CONNECTED_WITHIN_S)
        if not starting.cancel():
            starting.exception()
        raise


async def _abandoned(producer: AIOKafkaProducer) -> None:
    """Close a producer without sending what it holds; its own `stop` would wait until that is sent."""
    producer._closed = True
    sending = producer._sender.sender_task
    with contextlib.suppress(TimeoutError, KafkaError):
        async with asyncio.timeout(DISCONNECTED_WITHIN_S):
            if sending is not None:
                sending.cancel()
            await producer.client.close()
            # Cancelled once, it still awaits the requests in flight; again, and they are cancelled with it.
            while sending is not None and not sending.done():
                sending.cancel()
                await asyncio.wait((sending,), timeout=_CANCELLED_WITHIN_S)
            await producer.client.close()
