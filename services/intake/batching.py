"""What callers of a door brought and is not sent yet, and the batches that are made of it."""

import asyncio
from collections import deque
from dataclasses import dataclass

from services.intake.records import Record


@dataclass(slots=True)
class Taken:
    """What one caller brought; the first `sent` of its records have been sent."""

    records: list[Record]
    size: int
    word: asyncio.Future[None]
    sent: int = 0

    def next(self, most: int) -> list[Record]:
        """At most so many of the records that were not sent yet; they count as sent from now on."""
        part = self.records[self.sent : self.sent + most]
        self.sent += len(part)
        return part

    @property
    def over(self) -> bool:
        """Whether all of it was sent."""
        return self.sent == len(self.records)


def next_batch(waiting: deque[Taken], most: int) -> tuple[list[Taken], list[Record]]:
    """The next records, at most so many, and whose they are; callers of whom all is sent wait no longer.

    A caller with more than fits goes on behind the others.
    """
    takers: list[Taken] = []
    records: list[Record] = []
    while waiting and len(records) < most:
        takers.append(waiting.popleft())
        records += takers[-1].next(most - len(records))
    waiting += [taken for taken in takers if not taken.over]
    return takers, records
