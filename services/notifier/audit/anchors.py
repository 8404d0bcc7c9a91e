"""The anchors of the chains in `alert-state`: what shows that the end of the history was cut off.

They lie beside the history, so that who can rewrite one topic can rewrite both; `dosewarden audit verify`
prints the heads of the chains, to be kept where nobody of that kind can reach, and verifies against them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer
from pydantic import ValidationError

from schemas.alert_state import ChainAnchor
from schemas.topics import ALERT_STATE
from services.notifier.audit.chain import Head, partition_of_chain
from services.notifier.audit.verifying import Anchor
from services.notifier.record.whole_topic import WholeTopic
from services.transit.kafka import Where

_KEY = b"chain:"


async def send_anchor(producer: AIOKafkaProducer, chain: str, head: Head) -> None:
    """Write how far a chain has come. Raises what Kafka raises."""
    anchor = ChainAnchor(
        chain=chain, sequence=head.sequence, hash=head.hash, offset=head.offset, at=datetime.now(UTC)
    )
    partitions = len(await producer.partitions_for(ALERT_STATE.name))
    await producer.send_and_wait(
        ALERT_STATE.name,
        value=anchor.model_dump_json().encode(),
        key=_KEY + chain.encode(),
        partition=(partition_of_chain(chain) or 0) % partitions,
    )


@dataclass(frozen=True, slots=True)
class Anchors:
    """The newest anchor of each chain, and the places of records that should be anchors and are none."""

    found: Mapping[str, ChainAnchor]
    unreadable: tuple[tuple[int, int], ...]

    def known(self) -> list[Anchor]:
        """As the verification takes them."""
        return [Anchor(a.chain, a.sequence, a.hash) for a in self.found.values()]


async def read_anchors(kafka: Where) -> Anchors:
    """What `alert-state` holds of them. Raises `CannotRead`."""
    found: dict[str, ChainAnchor] = {}
    unreadable: list[tuple[int, int]] = []
    async with WholeTopic.opened(kafka, ALERT_STATE.name) as topic:
        async for record in topic.records():
            if not (record.key or b"").startswith(_KEY):
                continue
            try:
                anchor = ChainAnchor.model_validate_json(record.value or b"")
            except ValidationError:
                unreadable.append((record.partition, record.offset))
                continue
            found[anchor.chain] = anchor
    return Anchors(found, tuple(unreadable))
