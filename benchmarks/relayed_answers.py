"""Which answers stood in `alert-history` when the store was emptied: those must be known afterwards."""

import time

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.alerts import AlertHistoryEntry
from schemas.topics import ALERT_HISTORY
from services.notifier.record.whole_topic import WholeTopic
from services.notifier.store.lifecycle import Event


class RelayedAnswers:
    """`look` just before each emptying, `read` at the end; times are those of `time.perf_counter`."""

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._looks: list[tuple[float, dict[TopicPartition, int]]] = []
        self._answers: dict[str, tuple[TopicPartition, int]] = {}

    async def look(self) -> None:
        """Note how far the history reaches: what stands there now was relayed before the emptying."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._kafka, group_id=None)
        await consumer.start()
        try:
            cluster = await consumer._client.fetch_all_metadata()
            numbers = cluster.partitions_for_topic(ALERT_HISTORY.name) or ()
            ends = await consumer.end_offsets([TopicPartition(ALERT_HISTORY.name, n) for n in numbers])
        finally:
            await consumer.stop()
        self._looks.append((time.perf_counter(), ends))

    async def read(self) -> None:
        """Where the first answer of each alert stands."""
        async with WholeTopic.opened(self._kafka, ALERT_HISTORY.name) as topic:
            async for record in topic.records():
                entry = AlertHistoryEntry.model_validate_json(record.value)
                if entry.event == Event.ACKNOWLEDGED:
                    place = TopicPartition(record.topic, record.partition)
                    self._answers.setdefault(entry.alert_id, (place, record.offset))

    def was_relayed(self, alert: str, answered_at: float) -> bool:
        """Whether an answer stood in the history before the first emptying after it; also where none came."""
        following = next((ends for at, ends in self._looks if at >= answered_at), None)
        if following is None:
            return True
        place, offset = self._answers.get(alert, (None, 0))
        return place is not None and offset < following.get(place, 0)
