"""Reading the changelog at the speed of the fetch.

While Faust recovers, each changelog fetch is applied to the store at once and only its last record goes down
Faust's path, which keeps the books on when recovery is over. A compacted log has holes of its own, so a
vanished fetch cannot be told from offsets; it is told from the driver's position, which must not move between
two fetches. It may move where the log begins later than we asked for, and over batches that compaction has
emptied: what shows the same gap `TRIES` times over is such a hole. That the end was reached is verified when
recovery is over.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faust.types import TP

from services.stream.recovering import Recovering

if TYPE_CHECKING:
    from services.safety.processor.app import BatchApp
    from services.stream.consumer import BatchConsumer

TRIES = 3


class ChangelogReader(Recovering):
    """Applies changelog fetches to the ledger store during recovery."""

    def __init__(self, app: "BatchApp") -> None:
        self._app = app
        self._next: dict[TP, int] = {}
        self._tries: dict[tuple[TP, int], int] = {}

    def sought(self, positions: Mapping[TP, int | None]) -> None:
        """Somebody moved the consumer: reading goes on from there."""
        for tp, offset in positions.items():
            if self._app.is_ledger_changelog(tp.topic) and offset is not None:
                self._next[TP(tp.topic, tp.partition)] = offset

    async def note_positions(self, consumer: "BatchConsumer") -> None:
        """Before a fetch: seek back every changelog whose position moved although we saw no records of it."""
        for tp in consumer.assignment():
            expected = self._next.get(tp)
            if expected is None:
                continue
            position = await consumer.position(tp)
            if position is None or position <= expected:
                continue
            tries = self._tries[tp, expected] = self._tries.get((tp, expected), 0) + 1
            if tries > TRIES or (await consumer.log_starts([tp]))[tp] >= position:
                self._next[tp] = position
                continue
            consumer.log.warning(
                "gap in %r: read to %s, position is %s; seeking back", tp, expected, position
            )
            await consumer.seek_if_ours(tp, expected)

    async def take(self, consumer: "BatchConsumer", tp: TP, records: list[Any]) -> list[Any]:
        """Apply a fetch; return what Faust shall see of it."""
        if not self._app.is_ledger_changelog(tp.topic):
            return records
        self._app.ledgers.apply_records(tp.partition, records)
        position = await consumer.position(tp)
        self._next[tp] = records[-1].offset + 1 if position is None else position
        return records[-1:]
