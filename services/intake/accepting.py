"""The way into Kafka for doors that stay open: many callers, each told when Kafka has what it brought.

Callers share batches: while Kafka confirms one, the next gathers. The records of a caller go out in their
order; who brought more than a batch lets the others in between. When Kafka fails, everyone who waits is told
so and may bring it again; what they brought is not sent later, so nothing overtakes it. The next caller finds
a new connection.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from types import TracebackType

from schemas.base import Mode
from schemas.identity import SiteKey
from services.intake.batching import Taken, next_batch
from services.intake.door import Door
from services.intake.ordering import with_unreadable
from services.intake.reading import Reading
from services.intake.records import Record, Records
from services.intake.sending import LARGEST_RECORD, PublishFailed, Sender
from services.transit.kafka import Where

log = logging.getLogger(__name__)

BATCH = 500
_AT_ONCE = 25
"""Readings made into records before others may use the loop: a rejection holds up to 64 KiB."""
PATIENCE_S = 15.0
"""How long Kafka may keep silent about a batch; the caller's own client must wait longer than twice this."""
MOST_READINGS = 20_000
MOST_BYTES = 64 * 1024 * 1024
_RETRY_AFTER_S = 2
_CLOSING = "the door is closing"


class Busy(Exception):
    """More waits for Kafka than the door may hold; the same may be brought again after `retry_after_s`."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"more waits for Kafka than this door may hold; try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class Acceptor:
    """Enter it and `take`; leaving it waits for what was taken. It starts without Kafka, too, and connects
    when somebody brings something.

    `most_readings` and `most_bytes` (of records) may wait for Kafka. `door` says how rejections are marked at
    their patients: all doors that share an acceptor have its mode and its clock.
    """

    def __init__(
        self,
        bootstrap: Where,
        site: SiteKey,
        door: Door,
        *,
        largest: int = LARGEST_RECORD,
        patience_s: float = PATIENCE_S,
        most_readings: int = MOST_READINGS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._sender = Sender(bootstrap, largest=largest, patience_s=patience_s)
        self._records = Records(site, door, 0)
        self._largest = largest
        self._most_readings = most_readings
        self._most_bytes = most_bytes
        self._callers = 0
        self._readings = 0
        self._bytes = 0
        self._waiting: deque[Taken] = deque()
        self._ending: list[Taken] = []
        self._work = asyncio.Event()
        self._connecting: asyncio.Task[None] | None = None
        self._delivering: asyncio.Task[None] | None = None
        self._connected = False
        self._closing = False
        self._given_up = False

    async def __aenter__(self) -> "Acceptor":
        self._delivering = asyncio.create_task(self._deliver_all(), name="acceptor")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        self._work.set()
        if self._connecting is not None:
            await asyncio.wait((self._connecting,))
        if self._delivering is not None:
            await asyncio.wait((self._delivering,))
        await self._sender.stop()

    def give_up(self) -> None:
        """Whoever still waits is told that Kafka did not take it, and so is whoever comes."""
        self._closing = self._given_up = True
        if self._waiting or self._ending:
            self._refuse(_CLOSING)
        for task in (self._connecting, self._delivering):
            if task is not None:
                task.cancel()

    async def take(self, readings: Sequence[Reading], mode: Mode | None = None) -> None:
        """Returns when Kafka has the events, the rejections and the marks of all these readings.

        `mode`, where it is given, is that of the rejections and marks, instead of the door's.

        Raises `Busy` when too much waits already (nothing was taken), `PublishFailed` when Kafka does not
        take it in time: some of it may be there then, and the same may be brought again, because ids repeat.
        """
        if self._closing:
            raise PublishFailed(_CLOSING)
        if self._readings and (
            self._readings + len(readings) > self._most_readings or self._bytes >= self._most_bytes
        ):
            raise Busy(_RETRY_AFTER_S)
        self._callers += 1
        self._readings += len(readings)
        try:
            await self._connection()
            await self._word(readings, mode)
        finally:
            self._callers -= 1
            self._readings -= len(readings)
            if self._closing:
                self._work.set()

    async def ready(self, within_s: float = 2.0) -> bool:
        """Whether Kafka answers now."""
        if self._closing:
            return False
        try:
            async with asyncio.timeout(within_s):
                await self._connection()
        except (PublishFailed, TimeoutError):
            return False
        return await self._sender.reachable(within_s)

    async def _connection(self) -> None:
        """A connection, made once for all who ask at the same time. Raises `PublishFailed`."""
        if self._connected:
            return
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect(), name="acceptor-connection")
            self._connecting.add_done_callback(_noticed)
        connecting = self._connecting
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            if connecting.cancelled():
                raise PublishFailed(_CLOSING) from None
            raise

    async def _connect(self) -> None:
        try:
            await self._sender.start()
            self._records = Records(self._records.site, self._records.door, self._sender.partitions)
            self._connected = True
        finally:
            self._connecting = None

    async def _word(self, readings: Sequence[Reading], mode: Mode | None) -> None:
        making = self._records.in_mode(mode)
        records: list[Record] = []
        for number, (reading, event) in enumerate(with_unreadable(readings, making.door), 1):
            records += making.of(reading, event)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
        if not records:
            return
        if self._given_up:
            raise PublishFailed(_CLOSING)
        size = sum(len(record.value) for record in records)
        taken = Taken(records, size, asyncio.get_running_loop().create_future())
        self._waiting.append(taken)
        self._bytes += size
        self._work.set()
        await taken.word

    async def _deliver_all(self) -> None:
        while True:
            await self._work.wait()
            takers, records = next_batch(self._waiting, BATCH)
            if records:
                await self._deliver(takers, records)
            elif self._closing and not self._callers:
                return
            else:
                self._work.clear()

    async def _deliver(self, takers: list[Taken], records: list[Record]) -> None:
        self._ending = [taken for taken in takers if taken.over]
        try:
            await self._sender.deliver(records, self._instead)
        except Exception as failure:  # noqa: BLE001 (whoever waits must be told, whatever it was)
            self._refuse(str(failure) if isinstance(failure, PublishFailed) else type(failure).__name__)
            return
        for taken in self._ending:
            self._bytes -= taken.size
            if not taken.word.done():
                taken.word.set_result(None)
        self._ending = []

    def _refuse(self, why: str) -> None:
        """Tell everybody who waits."""
        log.error("what was brought is refused: %s", why)
        self._connected = False
        for taken in (*self._ending, *self._waiting):
            self._bytes -= taken.size
            if not taken.word.done():
                taken.word.set_exception(PublishFailed(why))
        self._ending = []
        self._waiting.clear()

    def _instead(self, record: Record) -> Sequence[Record]:
        return self._records.instead_of(record, self._largest)


def _noticed(connecting: asyncio.Task[None]) -> None:
    """A failure that nobody waited for to the end has been told of all the same."""
    if not connecting.cancelled():
        connecting.exception()
