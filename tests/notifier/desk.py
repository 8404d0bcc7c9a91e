"""The words of tests that work with a store directly.

The engine says, time passes, a sender tells, a nurse acks.
"""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from schemas.alerts import ActionKind, AlertAction, OverrideReason, OverrideScope
from schemas.base import TimeDomain
from schemas.issues import DetectedIssue
from schemas.topics import partition_of
from services.notifier.alerts import Alert
from services.notifier.findings.change import Change, Origin, milliseconds
from services.notifier.findings.paging import paging_of
from services.notifier.findings.partitions import Partitions
from services.notifier.findings.routing import routing_of
from services.notifier.policy.deciding import Policy
from services.notifier.policy.plan import Target
from services.notifier.store.alert_store import AlertStore, Answer, Epochs, Measured
from services.notifier.store.identifiers import alert_id, key, tag_of, tags_of_partition
from services.notifier.store.reading import AlertReader
from services.notifier.telling.lease import Deliveries, Lease
from services.notifier.telling.orders import Order, OrderStream, order_of
from services.notifier.timers.due import DueAlerts
from services.notifier.timers.escalation import Due
from services.notifier.timers.timers import Timers
from tests.notifier.builders import DESK_POLICY, ISSUE, PATIENT, TIERS

PARTITIONS = 4
ALERT = alert_id(PATIENT, ISSUE)
PARTITION = partition_of(PATIENT, PARTITIONS)


@dataclass
class Desk:
    """One store, one partition of the log, one sender."""

    store: AlertStore
    reader: AlertReader
    epochs: Epochs
    policy: Policy = DESK_POLICY
    offset: Any = field(default_factory=count)
    alarms: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._deliveries = Deliveries(self.store.connection, "night sender")
        self.due = DueAlerts(self.store.connection)

    async def alarm(self, name: str, text: str) -> None:
        """A technical alert is asked for."""
        self.alarms.append(f"{name}: {text}")

    @property
    def timers(self) -> Timers:
        """What carries out what is due, under the policy of the moment."""
        return Timers(self.due, self.policy, Partitions(), self.alarm)

    async def hear(self, issue: DetectedIssue, offset: int | None = None) -> str:
        """The next record of the engine arrives; what the store made of it."""
        origin = Origin("detected-issues", PARTITION, next(self.offset) if offset is None else offset)
        paging = paging_of(issue, TIERS)
        routing = routing_of(issue, paging, self.policy, issue.at)
        return await self.store.apply(Change(issue, paging, routing, origin), self.epochs)

    async def measured(self, event: str, at: datetime, replaces: str = "") -> str:
        """Something that counts as watching for `ALERT` was measured; what became of a promise."""
        return await self._hear_of(Measured(ALERT, 1, event, milliseconds(at), replaces))

    async def taken_back(self, event: str) -> str:
        """What was measured for `ALERT` does not stand any more."""
        return await self._hear_of(Measured(ALERT, 1, event, 0, taken_back=True))

    async def _hear_of(self, measured: Measured) -> str:
        (answer,) = await self.store.hear_of_monitoring([measured])
        return str(answer)

    async def pass_time(
        self, until: datetime, shards: tuple[str, ...] = tags_of_partition(PARTITION, PARTITIONS)
    ) -> int:
        """Simulated time is told to be `until`; how many timers were carried out."""
        return await self.timers.take(TimeDomain.SIMULATED, PARTITION, milliseconds(until), shards)

    async def look(self, until: datetime) -> list[Due]:
        """Somebody looks at what is due, and does nothing about it."""
        shards = tags_of_partition(PARTITION, PARTITIONS)
        return (await self.due.find(TimeDomain.SIMULATED, PARTITION, milliseconds(until), shards)).due

    async def alert(self, issue: str = ISSUE, patient: str = PATIENT) -> Alert:
        """The alert as a person would see it."""
        return await self.reader.exactly(alert_id(patient, issue))

    async def orders(self, patient: str = PATIENT) -> list[Order]:
        """Every order that stands in the patient's shard and is not finished, oldest first."""
        tag = tag_of(patient)
        entries = await self.store.connection.entries(key(tag, "out"))
        return [order_of(tag, entry, fields) for entry, fields in entries]

    async def lease(self, order: Order, holder: str = "night sender", lease_s: int = 600) -> Lease | None:
        """A sender asks for an order."""
        return await Deliveries(self.store.connection, holder).lease(order, lease_s)

    async def die_with(self, order: Order) -> Lease | None:
        """A sender takes an order and is heard of no more: its lease is over."""
        return await self.lease(order, lease_s=0)

    async def receipt(self, order: Order, state: str, reason: str = "") -> str:
        """A channel answered a sender."""
        return await self._deliveries.receipt(order, state, reason)

    async def fall_back(self, order: Order, target: Target | None) -> str:
        """A channel is out; the person's next one is to tell."""
        return await self._deliveries.fall_back(order, target, "HTTP 503")

    async def tell(self, *channels: str, state: str = "delivered", patient: str = PATIENT) -> list[Order]:
        """Senders carry out what is ordered for these channels (all when none is named); what they told."""
        await OrderStream(self.store.connection, "night sender").make_groups()
        told = []
        for order in await self.orders(patient):
            if channels and order.target.channel not in channels:
                continue
            if await self._deliveries.lease(order, 20) is not None:
                await self._deliveries.receipt(order, state, "")
                told.append(order)
        return told

    async def told(self) -> set[Target]:
        """Whom the senders tell now."""
        return {order.target for order in await self.tell()}

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
        return await self.act(
            ActionKind.ACKNOWLEDGE, revision, episode, command, actor=actor, note=note, alert=alert
        )

    async def act(
        self,
        action: ActionKind,
        revision: int = 1,
        episode: int = 1,
        command: str | None = None,
        actor: str = "nurse on call",
        alert: str = ALERT,
        **details: Any,
    ) -> Answer:
        """A person decides something."""
        return await self.store.act(
            AlertAction(
                key=command or f"command {next(self.offset)}",
                alert_id=alert,
                action=action,
                revision=revision,
                episode=episode,
                actor=actor,
                **details,
            )
        )

    async def override(self, revision: int = 1, hours: int = 8, **details: Any) -> Answer:
        """A doctor overrides the alert: the dose is what was meant."""
        given: dict[str, Any] = {
            "reason": OverrideReason.DOSE_INTENDED,
            "scope": OverrideScope.ORDER,
            "note": "titrated on purpose",
            "actor": "doctor",
            "lasts_s": hours * 3600,
        }
        return await self.act(ActionKind.OVERRIDE, revision, **{**given, **details})

    async def events(self) -> list[str]:
        """The audit trail in words."""
        return [line.event for line in await self.reader.history(ALERT)]
