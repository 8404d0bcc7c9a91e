"""An alert in the store that makes no sense keeps no other waiting, and whoever comes upon it tells of it."""

import logging
from collections.abc import Awaitable, Callable, Iterable

log = logging.getLogger(__name__)
Alarm = Callable[[str, str], Awaitable[None]]
"""Takes the name and the text of a technical alert."""


async def tell_unreadable(alarm: Alarm, alerts: Iterable[str], so: str) -> None:
    """Tell of each of these alerts by its id; `so` says what follows for it."""
    for alert in alerts:
        log.error("an alert in the store cannot be read: %s", alert)
        await alarm("unreadable-alert", f"An alert in the store cannot be read, and {so}: {alert}")
