"""What is known of the life of the declared sources: what one states, and is stored, says that it lives."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from schemas.issues import SourceHeard, SourcesHeard
from schemas.rejections import Origin
from schemas.stream_events import SourceHeartbeat
from services.intake.reading import Accepted, Reading, Rejected
from services.intake.trust.clock_offset import ClockOffset
from services.intake.trust.sources import Source, Sources

ORIGIN = Origin(door="intake", path="sources")
_LONGEST_BEAT = timedelta(minutes=1)
_BEATS_PER_SILENCE = 4


class Life:
    """What is known of the life of each source. `clock` is the door's."""

    def __init__(self, sources: Sources, clock: Callable[[], datetime]) -> None:
        self._sources = sources.sources
        self._clock = clock
        self._heard: dict[str, datetime] = {}
        self._told: dict[str, datetime] = {}
        self._offsets = {source.name: ClockOffset() for source in self._sources}
        shortest = min(source.maximum_silence for source in self._sources)
        self.beat = min(_LONGEST_BEAT, shortest / _BEATS_PER_SILENCE)

    def note(self, source: str | None, began: datetime | None, readings: Iterable[Reading]) -> None:
        """What a source brought is stored, all of it received at `began` or later: it lived then, unless
        nothing of it could be understood. A request without content says just that.
        """
        brought = list(readings)
        if source is None or began is None or (brought and all(isinstance(r, Rejected) for r in brought)):
            return
        self._heard[source] = max(began, self._heard.get(source, began))
        if source in self._offsets:
            self._offsets[source].note(began, brought)

    def news(self) -> list[Accepted]:
        """A heartbeat for each source that was heard since its last one; `passed_on` when Kafka has them."""
        return [_alive(name, at) for name, at in sorted(self._heard.items()) if self._told.get(name) != at]

    def passed_on(self, news: Iterable[Accepted]) -> None:
        """These heartbeats are told."""
        for item in news:
            if isinstance(item.event, SourceHeartbeat):
                self._told[item.event.source] = item.event.received_at

    def heard(self) -> SourcesHeard:
        """All declared sources as of now."""
        now = self._clock()
        return SourcesHeard(at=now, sources=tuple(self._heard_of(source, now) for source in self._sources))

    def _heard_of(self, source: Source, now: datetime) -> SourceHeard:
        offset = self._offsets[source.name].known(now)
        return SourceHeard(
            source=source.name,
            at=self._heard.get(source.name),
            maximum_silence_s=max(1, int(source.maximum_silence.total_seconds())),
            clock_offset_s=None if offset is None else round(offset.total_seconds()),
            maximum_clock_offset_s=int(source.maximum_clock_offset.total_seconds()),
        )


def _alive(source: str, at: datetime) -> Accepted:
    event = SourceHeartbeat(event_id=f"alive/{source}/{at.isoformat()}", source=source, received_at=at)
    return Accepted(event, ORIGIN)
