"""The words of tests that work with a store directly.

The engine says, time passes, a sender tells, a nurse acks.
"""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from schemas.alerts import ActionKind, AlertAction
from schemas.base import TimeDomain
from schemas.issues import DetectedIssue
from schemas.topics import partition_of
from services.notifier.alerts import Alert
from services.notifier.change import Change, Origin, milliseconds
from services.notifier.identifiers import alert_id, key, tag_of, tags_of_partition
from services.notifier.lease import Deliveries, Lease
from services.notifier.orders import Order, OrderStream, order_of
from services.notifier.paging import paging_of
from services.notifier.reading import AlertReader
from services.notifier.store import AlertStore, Answer, Epochs
from tests.notifier.builders import ISSUE, PATIENT, POLICY

PARTITIONS = 4
ALERT = alert_id(PATIENT, ISSUE)
PARTITION = partition_of(PATIENT, PARTITIONS)


@dataclass
class Desk:
    """One store, one partition of the log, one sender."""

    store: AlertStore
    reader: AlertReader
    epochs: Epochs
    offset: Any = field(default_factory=count)

    def __post_init__(self) -> None:
        self._deliveries = Deliveries(self.store.connection, "night sender")

    async def hear(self, issue: DetectedIssue, offset: int | None = None) -> str:
        """The next record of the engine arrives; what the store made of it."""
        origin = Origin("detected-issues", PARTITION, next(self.offset) if offset is None else offset)
        return await self.store.apply(Change(issue, paging_of(issue, POLICY), origin), self.epochs)

    async def pass_time(self, until: datetime) -> int:
        """Simulated time is told to be `until`; how many timers were due."""
        return await self.store.due(
            TimeDomain.SIMULATED, PARTITION, milliseconds(until), tags_of_partition(PARTITION, PARTITIONS)
        )

    async def alert(self, issue: str = ISSUE, patient: str = PATIENT) -> Alert:
        """The alert as a person would see it."""
        return await self.reader.exactly(alert_id(patient, issue))

    async def orders(self, patient: str = PATIENT) -> list[Order]:
        """Every order that stands in the patient's shard and is not finished, oldest first."""
        tag = tag_of(patient)
        entries = await self.store.connection.entries(key(tag, "out"))
        return [order_of(tag, entry, fields) for entry, fields in entries]

    async def lease(self, order: Order, holder: str = "night sender") -> Lease | None:
        """A sender asks for an order."""
        return await Deliveries(self.store.connection, holder).lease(order, 20)

    async def receipt(self, order: Order, state: str, reason: str = "") -> str:
        """A channel answered a sender."""
        return await self._deliveries.receipt(order, state, reason)

    async def tell(self, *channels: str, state: str = "delivered") -> list[Order]:
        """Senders carry out what is ordered for these channels (all when none is named); what they told."""
        await OrderStream(self.store.connection, "night sender").make_groups()
        told = []
        for order in await self.orders():
            if channels and order.target.channel not in channels:
                continue
            if await self._deliveries.lease(order, 20) is not None:
                await self._deliveries.receipt(order, state, "")
                told.append(order)
        return told

    async def acknowledge(
        self,
        revision: int = 1,
        episode: int = 1,
        command: str = "first",
        actor: str = "nurse on call",
        note: str = "",
        alert: str = ALERT,
    ) -> Answer:
        """A person acknowledges what they saw."""
        action = AlertAction(
            key=command,
            alert_id=alert,
            action=ActionKind.ACKNOWLEDGE,
            revision=revision,
            episode=episode,
            actor=actor,
            note=note,
        )
        return await self.store.act(action)

    async def events(self) -> list[str]:
        """The audit trail in words."""
        return [line.event for line in await self.reader.history(ALERT)]
