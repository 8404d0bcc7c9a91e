"""A knowledge version in shadow: what would change is counted, patient by patient, and told to nobody.

The answer is one record per partition on `detected-issues`, which the notifier passes over. A worker that
ends before it has answered begins again, and so does the next owner.
"""

import logging
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from schemas.issues import KnowledgeCompared
from services.safety.processor.changelog import Item
from services.safety.processor.contract import Trial
from services.safety.processor.partition_state import PartitionState
from services.safety.processor.portions import portion

if TYPE_CHECKING:
    from services.safety.processor.app import BatchApp

log = logging.getLogger(__name__)
PATIENTS_AT_ONCE = 20
FACTS_AT_ONCE = 5_000


@dataclass(slots=True)
class Comparison:
    """One pass over the patients of a partition."""

    part: PartitionState[Any]
    trial: Trial
    left: deque[bytes]
    patients: int = 0
    changes: Counter[str] = field(default_factory=Counter)


class Comparing:
    """Goes through the patients of every partition for which a comparison is asked."""

    def __init__(self, app: "BatchApp") -> None:
        self._app = app
        self._under_way: dict[int, Comparison] = {}

    async def go_on(self, partitions: frozenset[int]) -> bool:
        """Do the next portion of one partition; True while there is more to do."""
        parts = self._app.ledgers.parts
        for partition in self._under_way.keys() - parts.keys():
            del self._under_way[partition]
        for partition in sorted(partitions):
            part, trial = parts.get(partition), self._app.core.trial(partition)
            if part is not None and trial is not None:
                await self._portion(partition, self._comparison(partition, part, trial))
                return True
        return False

    def _comparison(self, partition: int, part: PartitionState[Any], trial: Trial) -> Comparison:
        known = self._under_way.get(partition)
        if known is None or known.part is not part or known.trial != trial:
            known = self._under_way[partition] = Comparison(part, trial, deque(part.patients))
        return known

    async def _portion(self, partition: int, held: Comparison) -> None:
        core = self._app.core
        now = core.watermark(partition)
        if now is None or not held.trial.here:
            held.left.clear()
        else:
            some = portion(core, held.part, held.left, patients=PATIENTS_AT_ONCE, facts=FACTS_AT_ONCE)
            for _, state in some:
                held.patients += 1
                held.changes.update(core.compare(held.trial, state, now))
        if not held.left:
            await self._answer(partition, held)
            core.compared(partition, held.trial)
            del self._under_way[partition]

    async def _answer(self, partition: int, held: Comparison) -> None:
        trial, app = held.trial, self._app
        changes = dict(sorted(held.changes.items()))
        answer = KnowledgeCompared(
            asked=trial.id, knowledge_version=trial.version, partition=partition, compared=trial.here,
            patients=held.patients, changes=changes, at=datetime.now(UTC),
        )  # fmt: skip
        if trial.here:
            log.info(
                "partition %d: knowledge version %s would change, for %d patients: %s",
                partition, trial.version, held.patients, changes or "nothing",
            )  # fmt: skip
        else:
            log.error(
                "partition %d: knowledge version %s was not compared, it is not here: %s",
                partition, trial.version, "name its directory in DOSEWARDEN_KNOWLEDGE_NEXT",
            )  # fmt: skip
        app.batch_consumer.check_lease()
        producer = app.batch_producer
        item = Item(b"knowledge-compared:%d" % partition, answer.model_dump_json().encode())
        await producer.delivered(await producer.send_records(app.settings.topics.issues, partition, [item]))
