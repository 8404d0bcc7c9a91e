"""What was paged directly is told to the store when it is back: first that nobody may send it again, and,
once the record that called for it was applied, that it was told.
"""

from collections.abc import Collection, Mapping

from schemas.page_journal import DirectOutcome, JournaledPage
from services.notifier.degraded.journal import PageJournal
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import key, tag_of_alert

_HOLDER = "page-journal"
_HELD_MS = 86_400_000


class Merge:
    """Of one process; what it does not finish, the next one begins again."""

    def __init__(self, connection: Connection, journal: PageJournal) -> None:
        self._connection = connection
        self._journal = journal

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
        """A partition was applied up to `offset`: write the receipts of what was paged until there."""
        pages = [page for page in self._journal.pages((partition,)) if page.offset <= offset]
        for page in pages:
            certain = page.outcome is DirectOutcome.SENT
            await self._call("settle", page, ["sent" if certain else "unknown"])
        await self._journal.drop(*pages)

    async def _call(self, name: str, page: JournaledPage, more: list[str | int]) -> None:
        arguments: list[str | int] = [
            page.delivery, page.alert_id, page.episode, page.revision, page.step, page.target,
        ]  # fmt: skip
        await self._connection.call(name, [key(tag_of_alert(page.alert_id), "out")], arguments + more)
