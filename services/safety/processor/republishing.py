"""After a change of owner every open issue is published again: nobody depends on what the last one sent."""

from collections import deque
from typing import TYPE_CHECKING, Any

from services.safety.processor.changelog import Item
from services.safety.processor.partition_state import PartitionState
from services.safety.processor.portions import portion

if TYPE_CHECKING:
    from services.safety.processor.app import BatchApp

PATIENTS_AT_ONCE = 100
FACTS_AT_ONCE = 20_000


class Republishing:
    """Goes through the patients of every new partition, some at a time, between batches."""

    def __init__(self, app: "BatchApp") -> None:
        self._app = app
        self._left: dict[int, tuple[PartitionState[Any], deque[bytes]]] = {}

    async def go_on(self, partitions: frozenset[int]) -> bool:
        """Do the next portion; True while there is more to do."""
        if not partitions:
            return False
        ledgers = self._app.ledgers
        for partition in ledgers.take_renewed():
            part = ledgers.parts[partition]
            self._left[partition] = (part, deque(part.patients))
        for partition, (part, patients) in list(self._left.items()):
            if ledgers.parts.get(partition) is not part:
                del self._left[partition]
            elif partition in partitions:
                await self._publish(partition, part, patients)
                if not patients:
                    del self._left[partition]
                return True
        return False

    async def _publish(self, partition: int, part: PartitionState[Any], left: deque[bytes]) -> None:
        app = self._app
        items = []
        some = portion(app.core, part, left, patients=PATIENTS_AT_ONCE, facts=FACTS_AT_ONCE)
        for patient, state in some:
            items += [
                Item(emit.key, emit.value, emit.headers)
                for emit in app.core.open_set(patient, state)
                if emit.role == "issues"
            ]
        app.batch_consumer.check_lease()
        producer = app.batch_producer
        await producer.delivered(await producer.send_records(app.settings.topics.issues, partition, items))
