"""One record of a topic that sources write, as a reading."""

import logging
from collections.abc import Callable, Mapping

from schemas.rejections import Origin
from services.intake.door import Door
from services.intake.events import read_text
from services.intake.kafka.envelope import opened
from services.intake.lines import LARGEST_MESSAGE
from services.intake.reading import Reading, Rejected, Unreadable
from services.intake.rejecting import rejection
from services.stream.records import Record

DOOR = "kafka"
_FOR_ALL_PATIENTS = "knowledge-activated"

log = logging.getLogger(__name__)


class RecordReader:
    """Reads with what a door stamps; `kinds` says for each topic which events belong there."""

    def __init__(self, door: Door, kinds: Mapping[str, frozenset[str]]) -> None:
        self._door = door
        self._kinds = kinds
        self._home = {kind: topic for topic, allowed in kinds.items() for kind in sorted(allowed)}

    def read(self, record: Record) -> Reading:
        """The record as a reading, whatever is in it: a record that cannot be read costs only itself."""
        origin = Origin(door=DOOR, topic=record.topic, partition=record.partition, offset=record.offset)
        value = record.value or b""
        try:
            return self._read(record, value, origin)
        except Exception as error:  # noqa: BLE001 (a fault of ours must not stop the partition for good)
            log.error("%s could not be read: %s", origin.key, type(error).__name__)
            return self._refused(origin, value, "failed-reading", f"reading failed: {type(error).__name__}")

    def _read(self, record: Record, value: bytes, origin: Origin) -> Reading:
        if not value:
            return self._refused(origin, value, "not-json", "the record has no value")
        if len(value) > LARGEST_MESSAGE:
            detail = f"a message may have at most {LARGEST_MESSAGE} bytes"
            return self._refused(origin, value, "too-large", detail)
        content = opened(value, record.headers)
        admits = self._admits(record.topic)
        return read_text(content.text, origin, self._door, original=value, fault=content.fault, admits=admits)

    def _admits(self, topic: str) -> Callable[[str], None]:
        def admits(kind: str) -> None:
            if kind == _FOR_ALL_PATIENTS:
                raise Unreadable("unknown-kind", "which knowledge judges is not for sources to say")
            home = self._home.get(kind)
            if home is not None and kind not in self._kinds[topic]:
                raise Unreadable("wrong-topic", f"events of kind {kind} belong into {home}")

        return admits

    def _refused(self, origin: Origin, value: bytes, reason: str, detail: str) -> Rejected:
        return Rejected(rejection(origin, value, Unreadable(reason, detail)), self._door.source or DOOR)
