"""Sees what becomes of alerts, as anybody could: by asking the store."""

import asyncio
from collections.abc import Mapping

from schemas.alerts import AlertState
from services.launcher.alert_words import Happening, Step, step_of
from services.launcher.ward_day.expected import Seen
from services.notifier.alerts import Alert
from services.notifier.store.reading import AlertReader

LOOK_EVERY_S = 0.25


class AlertWatch:
    """Asks for all alerts again and again. `beds` says which patient key stands for which bed."""

    def __init__(self, reader: AlertReader, beds: Mapping[str, str]) -> None:
        self._reader = reader
        self._beds = beds
        self._known: dict[tuple[str, int], Alert] = {}
        self._read: dict[str, int] = {}
        self._looked = asyncio.Condition()
        self.steps: dict[str, list[Step]] = {}
        self.alerts: dict[str, Alert] = {}

    def bed(self, alert: Alert) -> str:
        """Whose alert it is."""
        return self._beds.get(alert.patient, alert.patient)

    async def look(self) -> list[Happening]:
        """What happened since the last look: alert by alert, each alert's steps in order."""
        found: list[list[Happening]] = []
        for alert in await self._reader.alerts(closed=True):
            name = (alert.id, alert.episode)
            # That its retraction was told changes nothing at a withdrawn alert but its history.
            if self._known.get(name) == alert and alert.state is not AlertState.WITHDRAWN:
                continue
            self._known[name] = alert
            found.append(await self._steps(alert))
        async with self._looked:
            self._looked.notify_all()
        moved = sorted((steps for steps in found if steps), key=lambda steps: steps[0].line.at)
        return [happening for steps in moved for happening in steps]

    async def _steps(self, alert: Alert) -> list[Happening]:
        found = []
        newest = self.alerts.get(alert.id)
        if newest is None or newest.episode <= alert.episode:
            self.alerts[alert.id] = alert
        for line in await self._reader.history(alert.id):
            if line.sequence <= self._read.get(alert.id, 0):
                continue
            self._read[alert.id] = line.sequence
            step = step_of(line)
            if step is not None:
                self.steps.setdefault(alert.id, []).append(step)
                found.append(Happening(alert, line, step))
        return found

    async def looked(self) -> None:
        """Wait until the next look is done."""
        async with self._looked:
            await self._looked.wait()

    def seen(self) -> list[Seen]:
        """Everything known by now."""
        return [
            Seen(
                bed=self.bed(alert),
                check=alert.check,
                drugs=frozenset(alert.facts["subjects"] or ()),
                reason=str(alert.facts["reason"]),
                quiet=alert.quiet,
                severity=alert.severity.value,
                steps=tuple(self.steps.get(alert.id, ())),
            )
            for alert in self.alerts.values()
        ]
