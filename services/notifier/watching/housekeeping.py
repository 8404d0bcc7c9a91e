"""Clears closed alerts away, so that memory follows what is open and not what ever was."""

from datetime import timedelta

from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore

KEPT = timedelta(days=7)
"""How long a closed alert and its audit trail stay in the store after they were relayed to Kafka."""

_EVERY_S = 600.0


async def run_housekeeping(store: AlertStore, stop: Stop) -> None:
    """Clear away every ten minutes until `stop`."""
    while not await stop.sleep(_EVERY_S):
        await store.clear_away(await store.now_ms() - KEPT // timedelta(milliseconds=1))
