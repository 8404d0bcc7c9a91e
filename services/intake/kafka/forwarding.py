"""What happens to one fetch: read, re-key, send; only when Kafka has all of it may its offsets be committed.

A crash in between sends some of it again, under the same ids: the ledger takes a statement once. For the
same reason no lease is asked for: what a worker sends that has lost its partitions, the next one sends, too.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from faust.types import TP

from schemas.stream_events import SourceHeartbeat
from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS
from services.intake.kafka.reading import RecordReader
from services.intake.reading import Accepted, Reading, Rejected, unreadable_fact
from services.intake.records import Record, Records
from services.stream.consumer import Fetch
from services.stream.producer import RecordTooLarge, Sent, wire_size
from services.stream.records import Headers

if TYPE_CHECKING:
    from services.intake.kafka.app import KafkaDoor

YIELD_AFTER_S = 0.02
RECORDS_PER_LOOK = 16

log = logging.getLogger(__name__)

Item = tuple[bytes, bytes | None, Headers]


class Forwarding:
    """Called with every fetch of the sources' topics, under the app's lock."""

    def __init__(self, app: "KafkaDoor", reader: RecordReader) -> None:
        self._app = app
        self._reader = reader

    async def __call__(self, batch: Fetch) -> None:
        """Forward a fetch; returns once all of it is durable. Any error means that none of it counts."""
        out: dict[tuple[str, int], list[Item]] = {}
        beats: list[Accepted] = []
        for tp, records in batch.items():
            await self._take(tp, records, out, beats)
        if beats and await self._caught_up(batch):
            for beat in beats:
                self._place(self._app.records.of(beat, beat.event), 0, out)
        producer = self._app.batch_producer
        sent: list[Sent] = []
        for (topic, partition), items in out.items():
            sent += await producer.send_records(topic, partition, items)
        await producer.delivered(sent)

    async def _take(
        self, tp: TP, records: list[Any], out: dict[tuple[str, int], list[Item]], beats: list[Accepted]
    ) -> None:
        clock = asyncio.get_running_loop().time
        yielded = clock()
        refused: Counter[str] = Counter()
        for number, record in enumerate(records):
            reading = self._reader.read(record)
            if isinstance(reading, Accepted) and isinstance(reading.event, SourceHeartbeat):
                beats.append(reading)
            else:
                self._place(self._stated(reading, self._app.records), tp.partition, out)
            if isinstance(reading, Rejected):
                refused[reading.rejection.reason] += 1
            if number % RECORDS_PER_LOOK == 0 and clock() - yielded > YIELD_AFTER_S:
                await asyncio.sleep(0)  # heartbeats of the group and the commit timer share this loop
                yielded = clock()
        if refused:
            reasons = ", ".join(f"{count} x {reason}" for reason, count in refused.most_common())
            log.warning("%s[%d]: rejected %s", tp.topic, tp.partition, reasons)

    def _stated(self, reading: Reading, records: Records) -> Iterator[Record]:
        mark = unreadable_fact(reading, records.door) if isinstance(reading, Rejected) else None
        event = reading.event if isinstance(reading, Accepted) else mark
        for record in records.of(reading, event):
            limit = self._app.batch_producer.max_batch_size
            fits = wire_size(record.key, record.value, ()) <= limit
            stands_in = [record] if fits else records.instead_of(record, limit)
            if not stands_in:
                raise RecordTooLarge(record.topic, record.key, len(record.value))
            yield from stands_in

    def _place(
        self, records: Iterator[Record], source_partition: int, out: dict[tuple[str, int], list[Item]]
    ) -> None:
        app = self._app
        topics = app.settings.topics
        names = {PATIENT_EVENTS.name: topics.events, REJECTED_EVENTS.name: topics.rejects}
        for record in records:
            partition = record.partition
            if partition is None:
                partition = source_partition % app.reject_partitions
            out.setdefault((names[record.topic], partition), []).append((record.key, record.value, ()))

    async def _caught_up(self, batch: Fetch) -> bool:
        """Whether what waits in the partitions that are ours would fit one fetch.

        A source's sign of life vouches that doses which are not here were not given. It must not overtake
        doses that merely wait to be read, so while more of them wait it is not passed on; others will come.
        """
        app, consumer = self._app, self._app.batch_consumer
        ours = app.ready_places()
        ends = await consumer.log_ends(ours)
        waiting = 0
        for tp, end in ends.items():
            records = batch.get(tp)
            following = records[-1].offset + 1 if records else consumer.next_offset(tp)
            waiting += end - (end if following is None else following)
        if waiting > app.settings.batch_records:
            log.info("signs of life are not passed on: %d records wait", waiting)
        return waiting <= app.settings.batch_records
