"""Misses declared sources: while one is silent for too long, what it would have said is not known."""

from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.reading import AlertReader
from services.notifier.watching.heard_sources import HeardSources, KnownSource
from services.notifier.watching.standing import Standing
from services.notifier.watching.technical import TechnicalAlerts

NAME = "source-silent"
_LOOK_EVERY_S = 5.0


class SilenceWatch:
    """Raises one technical alert for each silent source, once, and ends it when it speaks again or is no
    longer declared.
    """

    def __init__(self, store: AlertStore, reader: AlertReader, technical: TechnicalAlerts) -> None:
        self._store = store
        self._sources = HeardSources(store)
        self._told = Standing(NAME, "is heard again", reader, technical)

    async def run(self, stop: Stop) -> None:
        """Look until `stop`."""
        while not await stop.sleep(_LOOK_EVERY_S):
            await self.look()

    async def look(self) -> None:
        """Compare who is silent with what is told; the store is asked each time, it may be a new one."""
        sources = await self._sources.known()
        now_ms = await self._store.now_ms() if sources else 0
        silent = {
            name: _in_words(name, known)
            for name, known in sources.items()
            if now_ms - known.at_ms > known.limit_ms
        }
        await self._told.are(silent, sources)


def _in_words(name: str, known: KnownSource) -> str:
    return (
        f"Not a word from the source {name} for more than {known.limit_ms / 60_000:g} minutes: what it would"
        " have said is not known, and no missed dose of its patients is noticed (not assessed: feed-silent)."
        " Look at the system, at its connection, and at the intake service."
    )
