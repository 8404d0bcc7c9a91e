"""Watches the clocks of declared sources: what one dates wrongly is judged wrongly, by every window."""

from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.reading import AlertReader
from services.notifier.watching.heard_sources import HeardSources, KnownSource
from services.notifier.watching.standing import Standing
from services.notifier.watching.technical import TechnicalAlerts

NAME = "source-clock"
_LOOK_EVERY_S = 5.0
_ZONE_S = 1_800
_DELAY_S = 300
"""Time zones are half hours apart, and what is sent is underway for a while. Rounded, the words stay the same
while an offset wavers.
"""


class SourceClockWatch:
    """Raises one technical alert for each source whose clock is off, once, and ends it when that is right
    again or the source is no longer declared.
    """

    def __init__(self, store: AlertStore, reader: AlertReader, technical: TechnicalAlerts) -> None:
        self._sources = HeardSources(store)
        self._told = Standing(NAME, "has the time again", reader, technical)

    async def run(self, stop: Stop) -> None:
        """Look until `stop`."""
        while not await stop.sleep(_LOOK_EVERY_S):
            await self.look()

    async def look(self) -> None:
        """Compare whose clock is off with what is told."""
        sources = await self._sources.known()
        off = {name: _in_words(name, known) for name, known in sources.items() if known.clock_off}

        await self._told.are(off, sources)


def _in_words(name: str, known: KnownSource) -> str:
    offset_s = known.offset_s or 0
    most_s = known.most_s if offset_s > 0 else known.most_behind_s
    halves = round(abs(offset_s) / _ZONE_S) if abs(offset_s) > _ZONE_S - _DELAY_S else 0
    much = f"about {halves / 2:g} h" if halves else f"more than {most_s / 60:g} min"
    if offset_s > 0:
        what = f"The clock of the source {name} is ahead of ours by {much}"
        more = "what it states of now counts as of the future, and doses more than 5 min ahead are rejected"
    else:
        what = f"The clock of the source {name} is behind ours by {much}, or all that it sends is so late"
        more = "doses count at the wrong time, and due ones may be told as missed"
    zone = " An offset of hours is mostly a time zone that is set wrongly." if halves else ""
    return f"{what}: {more}. Look at both clocks (NTP), and at its queue.{zone}"
