"""When each declared source was last heard, as the store keeps it."""

from dataclasses import dataclass

from schemas.issues import SourceHeard, SourcesHeard
from services.notifier.findings.change import milliseconds
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.identifiers import SYSTEM, key


@dataclass(frozen=True, slots=True)
class KnownSource:
    """When it was last heard, by the store's clock, and the silence that is too long; both milliseconds."""

    at_ms: int
    limit_ms: int


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
                pipeline.hset(name, source, f"{latest.at_ms}:{latest.limit_ms}")
            await pipeline.execute()

        await self._store.connection.repeated(attempt)

    async def known(self) -> dict[str, KnownSource]:
        """The declared sources by name."""
        fields = await self._store.connection.fields(key(SYSTEM, "sources"))
        parts = {name: value.split(":") for name, value in fields.items()}
        return {name: KnownSource(int(at), int(limit)) for name, (at, limit) in parts.items()}


def _latest(item: SourceHeard, heard: SourcesHeard, before: KnownSource | None, now_ms: int) -> KnownSource:
    """The later of what is said and what was known: another door, or one before this, may have heard more. A
    source that nobody ever heard has its time from now on.
    """
    limit_ms = item.maximum_silence_s * 1000
    if item.at is None:
        return KnownSource(now_ms if before is None else before.at_ms, limit_ms)
    at_ms = now_ms - max(0, milliseconds(heard.at) - milliseconds(item.at))
    return KnownSource(at_ms if before is None else max(at_ms, before.at_ms), limit_ms)
