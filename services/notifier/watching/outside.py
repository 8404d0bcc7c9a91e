"""The dead man's switch: an address outside is told every minute that all is well, and calls when it is not
told any more. Nothing is sent while anything is wrong, so that silence has one meaning.
"""

import logging
from collections.abc import Callable, Iterable

from services.notifier.channels import Attempt
from services.notifier.channels.posting import Posting
from services.notifier.metrics.observing import Observation
from services.notifier.stopping import Stop
from services.notifier.watching.technical import TechnicalAlerts

log = logging.getLogger(__name__)
NAME = "outside-watch"
EVERY_S = 60.0
_FAILURES_TOLD = 5
_LONGEST_S = 120.0
_LONGEST_ORDER_S = 300.0


class Wellbeing:
    """Whether this process does its work. `clock` counts seconds.

    `observed` gives the newest observation, `silent` the partitions without a heartbeat, `kafka_away` where
    Kafka does not answer; None is not known.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.observed: Callable[[], Observation | None] = lambda: None
        self.silent: Callable[[], frozenset[int] | None] = lambda: None
        self.kafka_away: Callable[[], frozenset[str] | None] = lambda: None
        self._read_at: float | None = None

    def reading(self) -> None:
        """Findings were asked for just now, whether or not there were any."""
        self._read_at = self._clock()

    def complaints(self) -> list[str]:
        """What is wrong; empty when all is well. What is not known is wrong."""
        return [text for text, wrong in self._looked_at() if wrong]

    def _looked_at(self) -> Iterable[tuple[str, bool]]:
        read_at, now, silent, away = self._read_at, self.observed(), self.silent(), self.kafka_away()
        yield "findings are not read", read_at is None or self._clock() - read_at > _LONGEST_S
        yield "Kafka does not answer", away is None or bool(away)
        yield "partitions are not judged", silent is None or bool(silent)
        yield "the store cannot be counted", now is None
        if now is not None:
            yield "the history is behind", now.relay_lag_s > _LONGEST_S
            yield "tellings wait", max(now.oldest_order_s, now.low.overdue_s) > _LONGEST_ORDER_S
            yield "timers are overdue", now.overdue_s > _LONGEST_S


class OutsideWatch:
    """Tells the address at `url` while there are no complaints."""

    def __init__(self, url: str, posting: Posting, wellbeing: Wellbeing, technical: TechnicalAlerts) -> None:
        self._url = url
        self._posting = posting
        self._wellbeing = wellbeing
        self._technical = technical
        self._failures = 0
        self._complained: list[str] = []

    async def run(self, stop: Stop) -> None:
        """Tell every minute until `stop`."""
        try:
            while not await stop.sleep(EVERY_S):
                await self.tell()
        finally:
            await self._posting.close()

    async def tell(self) -> None:
        """Tell once, or say in the log why not."""
        complaints = self._wellbeing.complaints()
        if complaints:
            if complaints != self._complained:
                log.error("the outside is not told that all is well: %s", ", ".join(complaints))
            self._complained = complaints
            return
        self._complained = []
        answer = await self._posting.post(self._url, b"", {})
        reason = answer.reason if isinstance(answer, Attempt) else f"HTTP {answer.status}"
        if not isinstance(answer, Attempt) and 200 <= answer.status < 300:
            if self._failures >= _FAILURES_TOLD:
                await self._technical.settle(NAME, "The watch outside is reached again")
            self._failures = 0
            return
        self._failures += 1
        log.warning("the watch outside was not reached: %s", reason)
        if self._failures == _FAILURES_TOLD:
            text = (
                f"The watch outside cannot be reached ({reason}): it will call, or would not if we were dead"
            )
            await self._technical.raise_(NAME, text)
