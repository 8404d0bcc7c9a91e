"""What was paged directly is told to the store when it is back: first that nobody may send it again, and,
once the record that called for it was applied, that it was told.
"""

import logging
from collections.abc import Collection, Mapping

from redis.exceptions import ResponseError

from schemas.page_journal import DirectOutcome, JournaledPage
from services.notifier.degraded.journal import PageJournal
from services.notifier.store.connection import Connection, is_refusal
from services.notifier.store.identifiers import key, tag_of_alert

log = logging.getLogger(__name__)
_HOLDER = "page-journal"
_HELD_MS = 86_400_000


class Merge:
    """Of one process; what it does not finish, the next one begins again."""

    def __init__(self, connection: Connection, journal: PageJournal) -> None:
        self._connection = connection
        self._journal = journal
        self._refused: set[str] = set()

    async def claim(self, partitions: Collection[int], applied: Mapping[int, int]) -> None:
        """Before these partitions are read on; `applied` holds the last offset that the store applied.

        Raises `CannotRead`.
        """
        await self._journal.read(partitions)
        for page in self._journal.pages(partitions):
            await self._call("claim", page, [_HOLDER, _HELD_MS])
        for partition, offset in applied.items():
            if partition in partitions:
                await self.settle(partition, offset)

    async def settle(self, partition: int, offset: int) -> None:
        """A partition was applied up to `offset`: write the receipts of what was paged until there. What the
        store refuses, of an alert that is damaged, stays in the journal and is tried again.
        """
        pages = [page for page in self._journal.pages((partition,)) if page.offset <= offset]
        await self._journal.drop(*[page for page in pages if await self._settled(page)])

    async def _settled(self, page: JournaledPage) -> bool:
        certain = page.outcome is DirectOutcome.SENT
        try:
            await self._call("settle", page, ["sent" if certain else "unknown"])
        except ResponseError as error:
            if not is_refusal(error):
                raise
            if page.delivery not in self._refused:
                log.error("who was told without the store is not taken: %s (%s)", page.delivery, error)
            self._refused.add(page.delivery)
            return False
        self._refused.discard(page.delivery)
        return True

    async def _call(self, name: str, page: JournaledPage, more: list[str | int]) -> None:
        arguments: list[str | int] = [
            page.delivery, page.alert_id, page.episode, page.revision, page.step, page.target,
        ]  # fmt: skip
        await self._connection.call(name, [key(tag_of_alert(page.alert_id), "out")], arguments + more)
