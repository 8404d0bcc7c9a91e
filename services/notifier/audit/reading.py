"""The history in Kafka, read to its present end: verified, or entry by entry."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from pydantic import ValidationError

from schemas.alerts import AlertHistoryEntry
from schemas.topics import ALERT_HISTORY
from services.notifier.audit.anchors import read_anchors
from services.notifier.audit.verifying import Anchor, ChainVerifier, Fault
from services.notifier.record.whole_topic import WholeTopic
from services.transit.kafka import Where


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the verification of the whole topic came to."""

    verifier: ChainVerifier
    faults: tuple[Fault, ...]
    anchors: int


async def verify(kafka: Where, kept: tuple[Anchor, ...] = ()) -> Verdict:
    """Verify all of `alert-history` against itself, its anchors, and heads `kept` elsewhere.

    Raises `CannotRead`: what could not be read is not verified.
    """
    # Before the history: an anchor must not be newer than what is read.
    anchors = await read_anchors(kafka)
    verifier = ChainVerifier()
    async with WholeTopic.opened(kafka, ALERT_HISTORY.name) as topic:
        async for record in topic.records():
            verifier.take(record.partition, record.offset, record.key, record.value)
    known = [*anchors.known(), *kept]
    faults = verifier.faults(known)
    text = "the anchor in alert-state cannot be read"
    faults += [
        Fault(partition, offset, "anchor-unreadable", text) for partition, offset in anchors.unreadable
    ]
    return Verdict(verifier, tuple(faults), len(known))


@dataclass(slots=True)
class Unread:
    """How many records of the topic are no entries of the history."""

    count: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """An entry and where it stands in the topic."""

    partition: int
    offset: int
    entry: AlertHistoryEntry


async def entries(kafka: Where, unread: Unread) -> AsyncIterator[Place]:
    """Every entry once, each alert's in order; what cannot be read is counted. Raises `CannotRead`."""
    last: dict[str, int] = {}
    async with WholeTopic.opened(kafka, ALERT_HISTORY.name) as topic:
        async for record in topic.records():
            try:
                entry = AlertHistoryEntry.model_validate_json(record.value or b"")
            except ValidationError:
                unread.count += 1
                continue
            if entry.sequence > last.get(entry.alert_id, 0):
                last[entry.alert_id] = entry.sequence
                yield Place(record.partition, record.offset, entry)
