"""Watches that Kafka answers. A broker behind a dead network refuses nothing: reading finds nothing, which
would look like a quiet night.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiokafka.errors import KafkaError

from services.notifier.stopping import Stop
from services.notifier.watching.technical import TechnicalAlerts

log = logging.getLogger(__name__)
NAME = "kafka-away"
FINDINGS, HISTORY = "findings", "history"
ANSWER_LIMIT_MS = 10_000
"""A connection on which Kafka did not answer for so long is made anew. What was on its way is sent again."""

_EVERY_S = 1.0
_ANSWERS_WITHIN_S = 3.0
_MEANING = {
    FINDINGS: "new findings cannot be read, and nobody is told of them",
    HISTORY: "the history cannot be written and waits in the store",
}
Ask = Callable[[], Awaitable[object]]


class KafkaWatch:
    """Asks Kafka every second on each of `ways`, by the connection that is used there.

    `noted` hears the way and whether Kafka answered. One technical alert tells of it: the store and the
    channels do not need Kafka.
    """

    def __init__(
        self,
        ways: Mapping[str, Ask],
        began: asyncio.Event,
        technical: TechnicalAlerts,
        noted: Callable[[str, bool], None] = lambda _way, _answered: None,
    ) -> None:
        self._ways = ways
        self._began = began
        self._technical = technical
        self._noted = noted
        self._away: frozenset[str] | None = None
        self._looked = asyncio.Event()

    @property
    def away(self) -> frozenset[str] | None:
        """The ways on which Kafka did not answer at the last look; None before the first."""
        return self._away

    async def run(self, stop: Stop) -> None:
        """Look from `began` until `stop`. Telling has a task of its own: it waits for the store."""
        await stop.or_else(self._began.wait())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_on(stop))
            tasks.create_task(self._tell_on(stop))

    async def _look_on(self, stop: Stop) -> None:
        while not stop:
            await stop.or_else(self.look())
            await stop.sleep(_EVERY_S)

    async def look(self) -> None:
        """Ask once on each way, all at the same time."""
        answers = await asyncio.gather(*(self._answers(ask) for ask in self._ways.values()))
        away = frozenset(way for way, answered in zip(self._ways, answers, strict=True) if not answered)
        for way in self._ways:
            self._noted(way, way not in away)
        if away != (self._away or frozenset()):
            log.error("kafka answers again" if not away else "kafka does not answer: %s", *_words(away))
        self._away = away
        self._looked.set()

    async def _answers(self, ask: Ask) -> bool:
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                await ask()
        except (KafkaError, OSError, TimeoutError):
            return False
        return True

    async def _tell_on(self, stop: Stop) -> None:
        told: frozenset[str] | None = None
        while not stop:
            await stop.or_else(self._looked.wait())
            self._looked.clear()
            away = self._away
            if away:  # again and again: another process, for which Kafka is there, may have settled it
                await self._technical.raise_(NAME, f"Kafka does not answer: {_words(away)[0]}")
            elif away is not None and (told is None or told):
                await self._technical.settle(NAME, "Kafka answers again")
            told = away


def _words(away: frozenset[str]) -> tuple[str, ...]:
    return ("; ".join(_MEANING[way] for way in sorted(away)),) if away else ()
