"""Watches that the processor lives: a partition without a heartbeat is judged by nobody, or too late."""

from services.notifier.findings.partitions import Partitions
from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import SYSTEM, key
from services.notifier.watching.technical import TechnicalAlerts

NAME = "heartbeat"
_LOOKS_PER_LIMIT = 4


class HeartbeatWatch:
    """Raises one technical alert for all silent partitions, and settles it when all are heard again."""

    def __init__(
        self,
        connection: Connection,
        store: AlertStore,
        technical: TechnicalAlerts,
        partitions: Partitions,
        limit_s: float,
    ) -> None:
        self._connection = connection
        self._store = store
        self._technical = technical
        self._partitions = partitions
        self._limit_s = limit_s
        self._silent: frozenset[int] | None = None

    @property
    def silent(self) -> frozenset[int] | None:
        """The partitions that were silent at the last look; None before the first."""
        return self._silent

    async def run(self, stop: Stop) -> None:
        """Look until `stop`, several times within the limit."""
        while not await stop.sleep(self._limit_s / _LOOKS_PER_LIMIT):
            await self.look()

    async def look(self) -> None:
        """Compare what is silent with what was told; the store is asked each time, it may be a new one."""
        silent, before = await self._silent_now(), self._silent
        self._silent = silent
        names = ", ".join(str(partition) for partition in sorted(silent))
        text = f"No heartbeat from the safety processor: partitions {names} are not judged, or not in time"
        if silent and before is not None and silent < before:
            await self._technical.ease(NAME, text)
        elif silent:
            await self._technical.raise_(NAME, text)
        elif before is None or before:
            await self._technical.settle(NAME, "The safety processor is heard again in all partitions")

    async def _silent_now(self) -> frozenset[int]:
        beats, now_ms = await self._store.heartbeats(), await self._store.now_ms()
        watched = await self._watched_since(now_ms)
        since = {partition: max(beats.get(partition, 0), start) for partition, start in watched.items()}
        return frozenset(p for p, at in since.items() if now_ms - at > self._limit_s * 1000)

    async def _watched_since(self, now_ms: int) -> dict[int, int]:
        name, wanted = key(SYSTEM, "watch"), range(self._partitions.total)

        async def attempt() -> None:
            pipeline = self._connection.client.pipeline(transaction=False)
            for partition in wanted:
                pipeline.hsetnx(name, str(partition), now_ms)
            await pipeline.execute()

        if not wanted:
            return {}
        await self._connection.repeated(attempt)
        kept = await self._connection.fields(name)
        return {partition: int(kept[str(partition)]) for partition in wanted}
