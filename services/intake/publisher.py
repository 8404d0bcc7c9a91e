"""From readings to Kafka for a run that ends: under the patient's key, into the patient's partition, in
bounded batches. Nothing is skipped on the way: a record that is too large becomes a rejection and a mark at
its patient.
"""

from collections.abc import Sequence
from types import TracebackType

from schemas.identity import SiteKey
from services.intake.door import Door
from services.intake.reading import Event, Reading
from services.intake.records import Record, Records
from services.intake.sending import LARGEST_RECORD, Sender
from services.transit.kafka import Where

BATCH = 500
PATIENCE_S = 120.0
"""How long Kafka may keep silent about a batch: a broker's restart takes less."""


class Publisher:
    """Sends readings in bounded batches; leaving the async context waits for Kafka's word.

    Entering it, `publish` and `flush` raise `PublishFailed`.
    """

    def __init__(
        self,
        bootstrap: Where,
        site: SiteKey,
        door: Door,
        *,
        batch: int = BATCH,
        largest: int = LARGEST_RECORD,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._sender = Sender(bootstrap, largest=largest, patience_s=patience_s)
        self._records = Records(site, door, 0)
        self._batch = batch
        self._largest = largest
        self._waiting: list[Record] = []
        self.too_large = 0

    async def __aenter__(self) -> "Publisher":
        await self._sender.start()
        self._records = Records(self._records.site, self._records.door, self._sender.partitions)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self.flush()
        finally:
            await self._sender.stop()

    async def publish(self, reading: Reading, event: Event | None) -> None:
        """Send what a reading states (`event`: its own, or the mark it leaves at its patient) and its
        rejection.
        """
        self._waiting += self._records.of(reading, event)
        if len(self._waiting) >= self._batch:
            await self.flush()

    async def flush(self) -> None:
        """Send what waits, in order, and await Kafka's word."""
        sent, self._waiting = self._waiting, []
        if sent:
            await self._sender.deliver(sent, self._instead_of)

    def _instead_of(self, record: Record) -> Sequence[Record]:
        stands_in = self._records.instead_of(record, self._largest)
        self.too_large += bool(stands_in)
        return stands_in
