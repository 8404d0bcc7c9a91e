"""Technical alerts about several things of one kind, one for each that is wrong, as long as it is."""

from collections.abc import Callable, Mapping

from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id
from services.notifier.store.reading import AlertReader
from services.notifier.watching.technical import CHECK, TechnicalAlerts


class Standing:
    """What is told of one kind. `name` begins the names of its alerts."""

    def __init__(self, name: str, reader: AlertReader, technical: TechnicalAlerts) -> None:
        self._name = name
        self._prefix = alert_id(SYSTEM_PATIENT, f"{CHECK}-{name}:")
        self._reader = reader
        self._technical = technical
        self._told: set[str] | None = None

    async def are(self, wrong: Mapping[str, str], over: Callable[[str], str]) -> None:
        """Tell of each that is wrong, in these words, and end what is told of all others: `over` says why."""
        if self._told is None:
            alerts = await self._reader.beside(SYSTEM_PATIENT)
            mine = (alert for alert in alerts if alert.startswith(self._prefix))
            self._told = {alert.removeprefix(self._prefix) for alert in mine}
        for each in sorted(wrong):
            await self._technical.raise_(f"{self._name}:{each}", wrong[each])
        for each in sorted(self._told - wrong.keys()):
            await self._technical.settle(f"{self._name}:{each}", over(each))
        self._told = set(wrong)
