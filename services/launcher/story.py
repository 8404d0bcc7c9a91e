"""The ward day on a running stack: told on the screen, its alerts followed, what came of it compared."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from schemas.identity import SiteKey
from schemas.stream_events import KnowledgeActivated, SourceHeartbeat
from services.intake.door import Door
from services.intake.formats import read
from services.intake.reading import Event
from services.launcher.alert_words import Step
from services.launcher.answering import Answering
from services.launcher.pager import Pager
from services.launcher.player import PATIENCE_S, Player, Publisher, due
from services.launcher.screen import Screen
from services.launcher.ward_day import EVENTS
from services.launcher.ward_day.expected import Expected, Seen, differences, undelivered, waits
from services.launcher.ward_day.telling import Telling
from services.launcher.watching import LOOK_EVERY_S, AlertWatch
from services.launcher.wording import words_of
from services.notifier.findings.paging import NOT_ASSESSED
from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.reading import AlertReader

_CLOSED = frozenset((Step.RESOLVED, Step.WITHDRAWN, Step.RETRACTED))


class Story:
    """One playing of the day. `store` and `reader` are asked as anybody could ask them."""

    def __init__(
        self,
        telling: Telling,
        expectations: Sequence[Expected],
        site: SiteKey,
        store: AlertStore,
        pager: Pager,
        screen: Screen,
        day_s: float,
    ) -> None:
        self._telling = telling
        self._expectations = expectations
        self._pager = pager
        self._screen = screen
        beds = {site.patient_key(patient.bed): patient.bed for patient in telling.patients}
        self._watch = AlertWatch(AlertReader(store.connection), beds)
        self._answering = Answering(store, expectations)
        door = Door()
        lines = due(read("events", [EVENTS], door), door)
        self._total = len(lines)
        self._player = Player(lines, telling.begins, telling.ends, day_s)

    def status(self) -> str:
        """Where the day is, in one line."""
        seen = self._watch.seen()
        live = [one for one in seen if one.steps and one.steps[-1] not in _CLOSED]
        blind = sum(one.check == NOT_ASSESSED for one in live)
        parts = [
            f" ward day {self._player.now:%d %b %H:%M}",
            f"{self._player.published} of {self._total} events",
            f"{len(live) - blind} alerts open, {blind} not assessed",
            f"pager received {len(self._pager.receipts)}",
        ]
        if self._player.waiting_for:
            parts.append(f"waiting for {self._player.waiting_for}")
        return " · ".join([*parts, "Ctrl-C ends "])

    async def play(self, publisher: Publisher, stop: Stop) -> list[str]:
        """Play it to its end; what is missing then, empty when all came as it must."""
        told = await self._player.tell_history(publisher)
        self._screen.say(
            f"{told} facts of the weeks before were told as backfill: judged and shown, never paged.", "dim"
        )
        places = waits(self._expectations, self._telling)
        await self._player.play(publisher, self._tell, places, self._watch, stop)
        return await self._missing(stop)

    async def follow(self, stop: Stop) -> None:
        """Show what becomes of alerts, and answer what is to be answered, until `stop`."""
        while not await stop.sleep(LOOK_EVERY_S):
            for happening in await self._watch.look():
                bed = self._watch.bed(happening.alert)
                self._screen.alert(bed, happening)
                await self._answering.answer(happening, self._seen(happening.alert.id))

    def results(self) -> list[tuple[str, str]]:
        """Each expected alert with what became of it."""
        seen = self._watch.seen()
        rows = []
        for expected in self._expectations:
            steps = next((one.steps for one in seen if one.meets(expected)), ())
            quiet = f" (not paged: {expected.quiet})" if expected.quiet else ""
            rows.append((expected.name, (", ".join(steps) or "never raised") + quiet))
        return rows

    def _tell(self, event: Event) -> None:
        if not isinstance(event, SourceHeartbeat | KnowledgeActivated):
            self._screen.fact(event.received_at, event.patient, words_of(event))

    def _seen(self, alert: str) -> Seen:
        return self._watch.seen()[list(self._watch.alerts).index(alert)]

    def differences(self) -> list[str]:
        """What is missing or unexpected at this moment."""
        pages = Counter(receipt.alert for receipt in self._pager.receipts)
        found = differences(self._expectations, self._watch.seen())
        found += undelivered(self._watch.steps, pages)
        if self._pager.refused:
            found.append(f"the pager refused {self._pager.refused} messages: signature or form was wrong")
        return found

    async def _missing(self, stop: Stop) -> list[str]:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not stop and self.differences():
                    await stop.or_else(self._watch.looked())
        except TimeoutError:
            return self.differences()
        return self.differences()
