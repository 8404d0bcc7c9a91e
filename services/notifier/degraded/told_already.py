"""What was told before a process began that has never met the store: `alert-state` knows."""

import asyncio
import logging
from collections.abc import Mapping

from aiokafka.errors import KafkaError

from schemas.alert_state import AlertSnapshot
from schemas.alerts import AlertState
from services.notifier.record.alert_state import read_state
from services.notifier.record.whole_topic import CannotRead
from services.transit.kafka import Where

log = logging.getLogger(__name__)
_PATIENCE_S = 10.0
"""The loudest findings wait for this, so that it must not last."""

Told = Mapping[str, tuple[int, int]]
"""By alert the newest episode and revision that somebody was told of, or has answered."""


async def told_already(kafka: Where) -> Told:
    """All that is known; nothing where Kafka does not tell in time. Told twice is better than not at all."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            kept = await read_state(kafka)
    except (CannotRead, KafkaError, TimeoutError) as error:
        log.error("what was told before is not known (%s): some may be told again", type(error).__name__)
        return {}
    return {
        name: (snapshot.episode, int(snapshot.fields.get("rev", "0")))
        for name, snapshot in kept.snapshots.items()
        if _was_told(snapshot)
    }


def _was_told(snapshot: AlertSnapshot) -> bool:
    """Of what is open nobody was told yet, unless the snapshot names them; every other state was answered."""
    return snapshot.state is not AlertState.OPEN or bool(snapshot.fields.get("told_now"))
