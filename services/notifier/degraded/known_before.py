"""What the store knew before it went: `alert-state` has it."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from aiokafka.errors import KafkaError

from schemas.alert_state import AlertSnapshot
from schemas.alerts import AlertState
from services.notifier.record.alert_state import read_state
from services.notifier.record.whole_topic import CannotRead
from services.transit.kafka import Where

log = logging.getLogger(__name__)
_PATIENCE_S = 10.0
"""The loudest findings wait for this, so that it must not last."""


@dataclass(frozen=True, slots=True)
class Before:
    """An alert as it stood. `told`: somebody was told of this episode, or has answered, or it was over.
    `quiet`: it was listed only.
    """

    episode: int
    revision: int
    told: bool
    quiet: bool


Known = Mapping[str, Before]
"""By alert."""


async def known_before(kafka: Where) -> Known:
    """All that is known; nothing where Kafka does not tell in time. Told twice is better than not at all."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            kept = await read_state(kafka)
    except (CannotRead, KafkaError, TimeoutError) as error:
        log.error("what was told before is not known (%s): some may be told again", type(error).__name__)
        return {}
    return {name: _before(snapshot) for name, snapshot in kept.snapshots.items()}


def _before(snapshot: AlertSnapshot) -> Before:
    fields = snapshot.fields
    # Of what is open nobody was told yet, unless the snapshot names them; every other state was answered.
    told = snapshot.state is not AlertState.OPEN or bool(fields.get("told_now"))
    return Before(snapshot.episode, int(fields.get("rev", "0")), told, quiet=fields.get("pages") != "1")
