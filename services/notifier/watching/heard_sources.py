"""When each declared source was last heard, as the store keeps it."""

from dataclasses import dataclass

from schemas.issues import SourceHeard, SourcesHeard
from services.notifier.findings.change import milliseconds
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.identifiers import SYSTEM, key


@dataclass(frozen=True, slots=True)
class KnownSource:
    """When it was last heard, by the store's clock, and the silence that is too long; both milliseconds.

    `offset_s`: by how much its clock is ahead of the door's, None where that is not known; `most_s` may be.
    """

    at_ms: int
    limit_ms: int
    offset_s: int | None = None
    most_s: int = 0

    @property
    def most_behind_s(self) -> int:
        """By how much its clock may be behind: it may also be late, as long as it may be silent."""
        return max(self.most_s, self.limit_ms // 1000)

    @property
    def clock_off(self) -> bool:
        """Whether its clock is told of."""
        if self.offset_s is None:
            return False
        return self.offset_s > self.most_s or -self.offset_s > self.most_behind_s

    @property
    def written(self) -> str:
        """As the store keeps it."""
        return f"{self.at_ms}:{self.limit_ms}:{'' if self.offset_s is None else self.offset_s}:{self.most_s}"


def _read(written: str) -> KnownSource:
    """Also what was kept before clocks were."""
    at, limit, *clock = written.split(":")
    offset, most = clock or ("", "0")
    return KnownSource(int(at), int(limit), int(offset) if offset else None, int(most))


class HeardSources:
    """The declared sources in one store."""

    def __init__(self, store: AlertStore) -> None:
        self._store = store

    async def hear(self, heard: SourcesHeard) -> None:
        """Keep what a door says, and forget the sources that it does not name."""
        now_ms, known = await self._store.now_ms(), await self.known()
        told = {item.source: _latest(item, heard, known.get(item.source), now_ms) for item in heard.sources}
        name = key(SYSTEM, "sources")

        async def attempt() -> None:
            pipeline = self._store.connection.client.pipeline(transaction=True)
            pipeline.delete(name)
            for source, latest in told.items():
                pipeline.hset(name, source, latest.written)
            await pipeline.execute()

        await self._store.connection.repeated(attempt)

    async def known(self) -> dict[str, KnownSource]:
        """The declared sources by name."""
        fields = await self._store.connection.fields(key(SYSTEM, "sources"))
        return {name: _read(value) for name, value in fields.items()}


def _latest(item: SourceHeard, heard: SourcesHeard, before: KnownSource | None, now_ms: int) -> KnownSource:
    """The later of what is said and what was known: another door, or one before this, may have heard more. A
    source that nobody ever heard has its time from now on. What is known of its clock holds until a door
    knows better.
    """
    limit_ms = item.maximum_silence_s * 1000
    offset_s = item.clock_offset_s
    if offset_s is None and before is not None:
        offset_s = before.offset_s
    at_ms = now_ms if before is None else before.at_ms
    if item.at is not None:
        said_ms = now_ms - max(0, milliseconds(heard.at) - milliseconds(item.at))
        at_ms = said_ms if before is None else max(said_ms, before.at_ms)
    return KnownSource(at_ms, limit_ms, offset_s, item.maximum_clock_offset_s)
