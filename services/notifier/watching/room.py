"""Watches that there is room: on disks, in the memory of the store. A full one stops pages unseen.

The store cannot tell how full its disk is: name its directory, and that of the logs, where this process can
see them (`DOSEWARDEN_DISKS`).
"""

import asyncio
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from services.notifier.stopping import Stop
from services.notifier.store.connection import Connection
from services.notifier.watching.technical import TechnicalAlerts

_LOOK_EVERY_S = 5.0
_LEAST_SHARE = 0.10
_LEAST_BYTES = 10 * 1024**3
"""Free space below both is short: a tenth of a small disk, ten GiB of a large one."""

_AGAIN = 1.2
"""What was short has enough again with so much more, so that a disk at the limit does not call for ever."""

_MOST_MEMORY = 0.85
_ENOUGH_MEMORY = 0.80


class Usage(Protocol):
    """What is asked of a disk, in bytes."""

    @property
    def total(self) -> int: ...

    @property
    def free(self) -> int: ...


class RoomWatch:
    """One technical alert for each disk that fills up, and one for the store's memory or its log."""

    def __init__(
        self,
        connection: Connection,
        technical: TechnicalAlerts,
        disks: Iterable[Path],
        usage: Callable[[Path], Usage] = shutil.disk_usage,
    ) -> None:
        self._connection = connection
        self._technical = technical
        self._disks = tuple(disks)
        self._usage = usage
        self._short: dict[str, bool] = {}

    async def run(self, stop: Stop) -> None:
        """Look every five seconds until `stop`."""
        while not stop:
            await self.look()
            await stop.sleep(_LOOK_EVERY_S)

    async def look(self) -> None:
        """Compare what is left with what is needed."""
        for disk in self._disks:
            await self._look_at_disk(disk)
        told = await self._connection.repeated(lambda: self._connection.client.info())
        await self._tell("store-memory", *_memory(told, self._short.get("store-memory", False)))
        await self._tell("store-log", *_log_of_store(told))

    async def _look_at_disk(self, disk: Path) -> None:
        name = f"disk:{disk}"
        try:
            usage = await asyncio.to_thread(self._usage, disk)
        except OSError as error:
            await self._tell(name, True, f"The disk of {disk} cannot be looked at: {error.strerror}")
            return
        needed = min(usage.total * _LEAST_SHARE, _LEAST_BYTES) * (_AGAIN if self._short.get(name) else 1)
        await self._tell(
            name,
            usage.free < needed,
            f"The disk of {disk} is filling up. Make room: when the store's disk is full, alerts stop.",
        )

    async def _tell(self, name: str, wrong: bool, text: str) -> None:
        before = self._short.get(name)
        if wrong:
            await self._technical.raise_(name, text)
        elif before is None or before:
            await self._technical.settle(name, "There is room again")
        self._short[name] = wrong


def _memory(told: Mapping[str, object], was_short: bool) -> tuple[bool, str]:
    limit, used = int(str(told.get("maxmemory", 0))), int(str(told.get("used_memory", 0)))
    most = _ENOUGH_MEMORY if was_short else _MOST_MEMORY
    if limit and told.get("maxmemory_policy") != "noeviction":
        return True, "The store may drop alerts when its memory is full: set maxmemory-policy noeviction"
    return bool(limit) and used > limit * most, "The memory of the store is filling up: raise maxmemory"


def _log_of_store(told: Mapping[str, object]) -> tuple[bool, str]:
    wrong = told.get("aof_last_write_status", "ok") != "ok" or told.get("aof_last_bgrewrite_status") == "err"
    return wrong, "The store cannot write its log: look at its disk. What is answered now may be lost"
