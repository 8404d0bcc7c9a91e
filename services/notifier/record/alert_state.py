"""`alert-state`, read to its present end: the newest snapshot of each alert, and the anchors."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import ValidationError

from schemas.alert_state import ALERT_STATE_RECORD, AlertSnapshot, ChainAnchor
from schemas.topics import ALERT_STATE
from services.notifier.audit.chain import partition_of_chain
from services.notifier.record.whole_topic import WholeTopic
from services.notifier.store.identifiers import tag_of_alert
from services.transit.kafka import Where

log = logging.getLogger(__name__)
_COUNTS = (
    "rev", "tier", "due_rev", "unpaged", "paged", "step", "first_rev", "first_step", "level", "told_at",
    "ward_at", "acked_rev", "acked_at", "ovr_at", "ovr_until", "ovr_count",
)  # fmt: skip
"""The fields that the store reads as numbers (store/functions/layout.lua)."""


@dataclass(slots=True)
class KeptState:
    """What the topic holds. `unreadable` records are neither."""

    snapshots: dict[str, AlertSnapshot] = field(default_factory=dict)
    anchors: dict[str, ChainAnchor] = field(default_factory=dict)
    unreadable: int = 0

    def take(self, value: bytes | None) -> None:
        """One more record, in the order of its partition."""
        try:
            record = ALERT_STATE_RECORD.validate_json(value or b"")
        except ValidationError:
            self.unreadable += 1
            return
        if isinstance(record, ChainAnchor):
            self.anchors[record.chain] = record
        elif fits(record):
            self.snapshots[record.alert_id] = record
        else:
            self.unreadable += 1

    def kept_until(self, partition: int) -> int:
        """The offset in `alert-history` up to which each entry's alert has a snapshot; -1 when none has.

        The relay writes entries, then snapshots, then anchors, before it begins with the next entries.
        """
        offsets = (a.offset for c, a in self.anchors.items() if partition_of_chain(c) == partition)
        return max(offsets, default=-1)


def fits(snapshot: AlertSnapshot) -> bool:
    """Whether the store can take it; one that it cannot must not keep all others from being put back."""
    try:
        tag_of_alert(snapshot.alert_id)
        for name in _COUNTS:
            float(snapshot.fields.get(name, "0"))
    except ValueError:
        return False
    return snapshot.fields.get("st") == snapshot.state.value


async def read_state(kafka: Where, partitions: Iterable[int] | None = None) -> KeptState:
    """All of these partitions (of the whole topic when None). Raises `CannotRead`."""
    kept = KeptState()
    async with WholeTopic.opened(kafka, ALERT_STATE.name) as topic:
        async for record in topic.records(partitions):
            kept.take(record.value)
    if kept.unreadable:
        log.error("%d records of %s cannot be read", kept.unreadable, ALERT_STATE.name)
    return kept
