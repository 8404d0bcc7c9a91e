"""Technical alerts about declared sources, one for each that is wrong, as long as it is and is declared."""

from collections.abc import Container, Mapping

from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id
from services.notifier.store.reading import AlertReader
from services.notifier.watching.technical import CHECK, TechnicalAlerts


class Standing:
    """What is told of one kind. `name` begins the names of its alerts, `right` says that it is over."""

    def __init__(self, name: str, right: str, reader: AlertReader, technical: TechnicalAlerts) -> None:
        self._name = name
        self._right = right
        self._prefix = alert_id(SYSTEM_PATIENT, f"{CHECK}-{name}:")
        self._reader = reader
        self._technical = technical
        self._told: set[str] | None = None

    async def are(self, wrong: Mapping[str, str], declared: Container[str]) -> None:
        """Tell of each source that is wrong, in these words, and end what is told of all others."""
        if self._told is None:
            alerts = await self._reader.beside(SYSTEM_PATIENT)
            mine = (alert for alert in alerts if alert.startswith(self._prefix))
            self._told = {alert.removeprefix(self._prefix) for alert in mine}
        for each in sorted(wrong):
            await self._technical.raise_(f"{self._name}:{each}", wrong[each])
        for each in sorted(self._told - wrong.keys()):
            over = self._right if each in declared else "is no longer declared"
            await self._technical.settle(f"{self._name}:{each}", f"The source {each} {over}")
        self._told = set(wrong)
