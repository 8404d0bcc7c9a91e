"""What readings become on Kafka: events under the patient's key for its partition, rejections under their
origin.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from schemas.base import Mode
from schemas.clinical import UnreadableFact
from schemas.identity import SiteKey
from schemas.rejections import Origin, RejectedEvent
from schemas.stream_events import KnowledgeActivated, SourceHeartbeat
from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS, partition_of
from services.intake.door import Door
from services.intake.keying import keyed
from services.intake.reading import Event, Reading, Rejected, Unreadable, unreadable_fact
from services.intake.rejecting import rejection


@dataclass(frozen=True, slots=True)
class Record:
    """One record to send. `event` is what it states, under the source's own id, None for a rejection;
    `partition` None leaves the choice to the producer.
    """

    topic: str
    partition: int | None
    key: bytes
    value: bytes
    event: Event | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Records:
    """Makes the records of one door, for a `patient-events` of so many partitions."""

    site: SiteKey
    door: Door
    partitions: int

    def in_mode(self, mode: Mode | None) -> "Records":
        """The same for what comes as live or as history; None leaves it as the door says."""
        return self if mode is None else replace(self, door=replace(self.door, mode=mode))

    def of(self, reading: Reading, event: Event | None) -> Iterator[Record]:
        """The records of a reading; `event` is its own, or the mark that it leaves at its patient."""
        if isinstance(reading, Rejected):
            yield self._rejected(reading, event)
        if event is not None:
            origin = reading.rejection.origin if isinstance(reading, Rejected) else reading.origin
            yield from self._stated(event, origin)

    def instead_of(self, record: Record, largest: int) -> list[Record]:
        """What stands for a record that the broker will not take for its size: its rejection and the mark at
        its patient; nothing where it is itself a rejection.
        """
        event = record.event
        if event is None or isinstance(event, SourceHeartbeat | KnowledgeActivated):
            return []
        error = Unreadable(
            "too-large",
            f"Kafka takes no record of this size ({len(record.value)} bytes): the door sends at most"
            f" {largest} bytes, or {record.topic} has a lower max.message.bytes",
        )
        rejected = Rejected(
            rejection(record.origin, _bytes(event), error),
            event.source,
            event.patient,
            event.entity,
            event.received_at,
            event.recorded_at,
        )
        mark = unreadable_fact(rejected, replace(self.door, mode=event.mode))
        records = [self._rejected(rejected, mark)]
        return records if mark is None else [*records, *self._stated(mark, record.origin)]

    def _rejected(self, rejected: Rejected, mark: Event | None) -> Record:
        """The rejection with what reading it again needs: who spoke, how, and the mark it left."""
        record = rejected.rejection
        known: dict[str, object] = {
            "at": record.at or rejected.received_at,
            "source": rejected.source,
            "zone": self.door.zone.key,
            "mode": self.door.mode,
            "time_domain": self.door.time_domain,
            "mark": keyed(mark, self.site) if isinstance(mark, UnreadableFact) else None,
        }
        value = _bytes(record.model_copy(update=known))
        return Record(REJECTED_EVENTS.name, None, record.origin.key.encode(), value, None, record.origin)

    def _stated(self, event: Event, origin: Origin) -> Iterable[Record]:
        if isinstance(event, SourceHeartbeat | KnowledgeActivated):
            value, key = _bytes(event), event.event_id.encode()
            for partition in range(self.partitions):
                yield Record(PATIENT_EVENTS.name, partition, key, value, event, origin)
            return
        ours = keyed(event, self.site)
        partition = partition_of(ours.patient, self.partitions)
        key = ours.patient.encode()
        yield Record(PATIENT_EVENTS.name, partition, key, _bytes(ours), event, origin)


def _bytes(record: Event | RejectedEvent) -> bytes:
    return record.model_dump_json().encode()
