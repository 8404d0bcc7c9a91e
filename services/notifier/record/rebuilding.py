"""Brings an empty store back to what it held: alerts, who answered them, who was told, and their timers.

`alert-state` has a snapshot of each alert. Only what was relayed to `alert-history` after its last snapshot
is read from there: the relay was killed between the two. The records of `detected-issues` then fill in the
facts.
"""

import logging
from collections.abc import Collection, Mapping

from aiokafka import ConsumerRecord

from schemas.alerts import AlertHistoryEntry
from schemas.topics import ALERT_HISTORY
from services.notifier.record.alert_state import KeptState, read_state
from services.notifier.record.memory import Memory
from services.notifier.record.snapshots import reinstate
from services.notifier.record.whole_topic import WholeTopic
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.identifiers import tag_of_alert
from services.transit.kafka import Where

log = logging.getLogger(__name__)


async def rebuild(kafka: Where, store: AlertStore, partitions: Collection[int] | None) -> None:
    """Bring back the alerts of these partitions (of all when None); what the store knows better stays.

    Raises `CannotRead`.
    """
    kept = await read_state(kafka, partitions)
    late = await _told_since(kafka, kept, partitions)
    snapshots = [snapshot for alert, snapshot in kept.snapshots.items() if alert not in late]
    reinstated = await reinstate(store.connection, snapshots)
    for memory in late.values():
        await store.restore(memory)
    log.info(
        "%d alerts reinstated from snapshots, %d remembered from the history",
        len(reinstated.alerts),
        len(late),
    )


async def _told_since(
    kafka: Where, kept: KeptState, partitions: Collection[int] | None
) -> Mapping[str, Memory]:
    """The alerts of which the history tells more than their snapshot, as it tells of them."""
    async with WholeTopic.opened(kafka, ALERT_HISTORY.name) as topic:
        wanted = topic.partitions if partitions is None else topic.partitions.intersection(partitions)
        starts = {partition: kept.kept_until(partition) + 1 for partition in wanted}
        folded: dict[str, Memory] = {}
        incomplete: dict[str, int] = {}
        async for record in topic.records(wanted, starts):
            memory = _fold(folded, record)
            if memory is not None and starts[record.partition] > 0 and _tells_more(memory, kept):
                incomplete[memory.alert] = record.partition
        late = {alert: memory for alert, memory in folded.items() if _tells_more(memory, kept)}
        if incomplete:
            anew: dict[str, Memory] = {}
            async for record in topic.records(set(incomplete.values())):
                if (record.key or b"").decode(errors="replace") in incomplete:
                    _fold(anew, record)
            late |= anew
    return late


def _tells_more(memory: Memory, kept: KeptState) -> bool:
    snapshot = kept.snapshots.get(memory.alert)
    return snapshot is None or memory.sequence > snapshot.sequence


def _fold(memories: dict[str, Memory], record: ConsumerRecord) -> Memory | None:
    try:
        entry = AlertHistoryEntry.model_validate_json(record.value or b"")
        tag_of_alert(entry.alert_id)
    except ValueError:
        log.error("a record of alert-history cannot be read and is passed over")
        return None
    memory = memories.setdefault(entry.alert_id, Memory(entry.alert_id, entry.patient))
    memory.take(entry)
    return memory
