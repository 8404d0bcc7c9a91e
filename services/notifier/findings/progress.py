"""How far the partitions were taken, kept behind the reading: in the store first, then in the group.

Neither is in the way of a page. What was applied and not kept yet is read again after a crash, and the store
knows each of these records; so the second that this may lag costs nothing but reading.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping

from aiokafka import TopicPartition

from services.notifier.findings.change import Origin
from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore, Epochs, StoreEmptied
from services.notifier.store.connection import StoreUnavailable

log = logging.getLogger(__name__)
EVERY_S = 1.0
Commit = Callable[[dict[TopicPartition, int]], Awaitable[None]]


class Progress:
    """Of one process. `commit` tells the group the next offsets."""

    def __init__(self, store: AlertStore, commit: Commit) -> None:
        self._store = store
        self._commit = commit
        self._taken: dict[TopicPartition, tuple[int, Epochs]] = {}
        self._keeping = asyncio.Lock()

    def took(self, partition: TopicPartition, following: int, epochs: Epochs) -> None:
        """Every record before offset `following` is done, in the store of these epochs."""
        self._taken[partition] = (following, epochs)

    async def run(self, stop: Stop) -> None:
        """Keep it each second until `stop`; whoever reads keeps the rest."""
        while not await stop.sleep(EVERY_S):
            await stop.or_else(self.keep())

    async def keep(self) -> None:
        """Keep what was taken since the last time. A store that is away, or another one, is read from where
        it stands.
        """
        async with self._keeping:
            taken, self._taken = self._taken, {}
            notes = (self._note(p, following - 1, epochs) for p, (following, epochs) in taken.items())
            for answer in await asyncio.gather(*notes, return_exceptions=True):
                if isinstance(answer, StoreUnavailable | StoreEmptied):
                    log.info("how far we are was not kept: %s", type(answer).__name__)
                    return
                if isinstance(answer, BaseException):
                    raise answer
        await self._commit({partition: following for partition, (following, _) in taken.items()})

    async def forget(self, partitions: Collection[TopicPartition]) -> None:
        """These are placed anew: what was taken of them before may be of another log."""
        async with self._keeping:
            for partition in partitions:
                self._taken.pop(partition, None)

    async def begin(self, starts: Mapping[TopicPartition, int], epochs: Epochs) -> None:
        """Reading begins there. Noted before the first record: what is kept is never more than what is
        done. Raises `StoreEmptied`.
        """
        await asyncio.gather(*(self._note(p, start - 1, epochs) for p, start in starts.items()))

    async def _note(self, partition: TopicPartition, last: int, epochs: Epochs) -> None:
        await self._store.pass_over(Origin(partition.topic, partition.partition, last), epochs)
