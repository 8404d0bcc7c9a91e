# ruff: noqa: ARG002  (methods of Faust's Store are called with more than ours need)
"""The Faust table store that holds the ledgers, by partition.

It is written by the handler through `install`, after the changelog write is durable, and by recovery through
`apply_records`; never item by item through the table, which would bypass the watermark.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, cast

from faust.stores import base
from faust.types import TP, EventT

from services.safety.processor import changelog
from services.safety.processor.partition_state import PartitionState, Written
from services.stream.producer import Landed
from services.stream.records import Record


class LedgerFenced(RuntimeError):
    """Somebody else wrote to a changelog partition that we thought was ours."""


class LedgerStore(base.Store[bytes, Any]):
    """{partition: PartitionState}; a partition that is lost is dropped, one that is kept is kept."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.parts: dict[int, PartitionState[Any]] = {}
        self.recovered = False
        self._renewed: set[int] = set()
        self._dropped: set[int] = set()
        super().__init__(*args, **kwargs)

    def persisted_offset(self, tp: TP) -> int | None:
        """Where recovery may start: after our last write to, or read of, a partition we kept."""
        part = self.parts.get(tp.partition)
        return part.watermark if part is not None and part.watermark >= 0 else None

    def apply_records(self, partition: int, records: Sequence[Record]) -> None:
        """Recovery: take in records of a changelog partition, in order, passing over known ones."""
        part = self.parts.get(partition)
        if part is None:
            return
        for record in records:
            if record.offset > part.watermark:
                part.apply(changelog.read(record))
                part.watermark = record.offset
                self._renewed.add(partition)

    def apply_changelog_batch(
        self, batch: Iterable[EventT[Any]], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """Faust's own way of recovery; it carries only what `apply_records` has not seen."""
        for event in batch:
            self.apply_records(event.message.partition, [cast(Record, event.message)])

    def install(
        self, partition: int, written: Mapping[bytes, Written[Any]], landed: Sequence[Landed]
    ) -> None:
        """Make durable states visible, provided that our records follow the last ones we know of."""
        part = self.parts[partition]
        for batch in landed:
            if batch.offset != part.watermark + 1:
                raise LedgerFenced(
                    f"changelog partition {partition}: our write landed at offset {batch.offset}, expected "
                    f"{part.watermark + 1}; another worker writes to it. This one stops and reads it again."
                )
            part.watermark += batch.records
        part.install(written)

    def take_renewed(self) -> set[int]:
        """Partitions of whose changelog anything was read since this was last asked: others wrote to them."""
        renewed = self._renewed & set(self.parts)
        self._renewed = set()
        return renewed

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Keep exactly the partitions that are ours now."""
        self.recovered = False
        changelog_topic = self.table.changelog_topic.get_topic_name()
        ours = {tp.partition for tp in assigned if tp.topic == changelog_topic}
        for partition in set(self.parts) - ours:
            del self.parts[partition]
            self._dropped.add(partition)
        for partition in ours - set(self.parts):
            self.parts[partition] = PartitionState()

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """The changelog has been read; whether to its end is for `verification` to see."""
        self.recovered = True

    def take_dropped(self) -> set[int]:
        """Partitions that went away since this was last asked, and did not come back."""
        dropped, self._dropped = self._dropped - set(self.parts), set()
        return dropped

    def reset_state(self) -> None:
        """Nothing is kept outside the process."""

    async def backup_partition(
        self, tp: TP | int, flush: bool = True, purge: bool = False, keep: int = 1
    ) -> None:
        """Nothing is kept outside the process."""

    def restore_backup(self, tp: TP | int, latest: bool = True, backup_id: int = 0) -> None:
        """Nothing is kept outside the process."""

    @property
    def data(self) -> dict[bytes, Any]:  # type: ignore[override]  # theirs can be written to
        """Read-only view for Faust's mapping interface: patient key to records."""
        return {patient: known for part in self.parts.values() for patient, known in part.patients.items()}

    def __setitem__(self, key: bytes, value: Any) -> NoReturn:
        raise TypeError("ledgers are written by the batch handler only")

    def __delitem__(self, key: bytes) -> NoReturn:
        raise TypeError("ledgers are written by the batch handler only")
