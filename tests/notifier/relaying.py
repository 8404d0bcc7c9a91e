"""Relays that a test starts, lets run dry, and kills before they noted what they sent."""

import asyncio
from types import TracebackType
from typing import TypeVar

import pytest
from aiokafka import AIOKafkaProducer

from schemas.alerts import AlertHistoryEntry
from schemas.topics import ALERT_HISTORY
from services.notifier.audit.reading import Unread, Verdict, entries, verify
from services.notifier.record.relay import Batch, Relay
from services.notifier.store.identifiers import SYSTEM, key, tag_of
from tests.notifier.builders import PATIENT
from tests.notifier.desk import Desk

TAG = tag_of(PATIENT)


AnyRelay = TypeVar("AnyRelay", bound=Relay)


class Alone(Relay):
    """Believes that the lock is its own, and sends only once the other one knows as much as it does."""

    beside: asyncio.Barrier

    async def _is_ours(self) -> bool:
        return True

    async def _knows_the_chains(self) -> bool:
        known = await super()._knows_the_chains()
        await self.beside.wait()
        return known


class Killed(Exception):
    """Here the process ended."""


class Dying(Relay):
    """Gets as far as Kafka's word for the entries."""

    async def _send_snapshots(self, found: Batch) -> None:
        raise Killed


class Relaying:
    """One producer, any number of relays after each other."""

    def __init__(self, kafka: str, desk: Desk) -> None:
        self.kafka = kafka
        self._desk = desk
        self._client = desk.store.connection.client
        self._beside = asyncio.Barrier(2)
        self.producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)

    async def __aenter__(self) -> "Relaying":
        await self.producer.start()
        await self.producer.partitions_for(ALERT_HISTORY.name)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.producer.stop()

    async def relay(self, holder: str = "night relay") -> None:
        """A relay begins, sends what there is, and ends in good order."""
        await self._relay(Relay, holder).drain()

    async def holding_no_lock(self, holder: str) -> None:
        """A relay that another one is beside, and that does not notice: each believes to be alone."""
        relay = self._relay(Alone, holder)
        relay.beside = self._beside
        await relay.drain()

    def _relay(self, kind: type[AnyRelay], holder: str) -> AnyRelay:
        return kind(self._desk.store.connection, self.producer, self.kafka, holder, self._desk.alarm)

    async def dies_before_snapshots(self) -> None:
        """A relay sends entries to the history and is killed before it does anything else."""
        with pytest.raises(Killed):
            await self._relay(Dying, "dying relay").drain()

    async def notes(self) -> tuple[str | None, dict[str, str]]:
        """How far the store says that the patient's shard was relayed, and the heads of its chains."""
        return await self._client.get(key(TAG, "rel")), await self._client.hgetall(key(TAG, "chain"))

    async def forget_since(self, notes: tuple[str | None, dict[str, str]]) -> None:
        """The store notes what it noted then, as after a kill between sending and noting."""
        last, heads = notes
        await self._client.delete(key(TAG, "rel"), key(TAG, "chain"), key(SYSTEM, "relay"))
        if last is not None:
            await self._client.set(key(TAG, "rel"), last)
        if heads:
            await self._client.hset(key(TAG, "chain"), mapping=heads)

    async def lose_last_entry(self) -> None:
        """The store loses its last write: an entry that Kafka has already."""
        last = (await self._client.xrevrange(key(TAG, "evt"), count=1))[0]
        await self._client.xdel(key(TAG, "evt"), last[0])
        await self._client.hincrby(key(TAG, "i", last[1]["alert"]), "seq", -1)

    async def verdict(self) -> Verdict:
        return await verify(self.kafka)

    async def history(self) -> list[AlertHistoryEntry]:
        """Every entry in the topic, as readers take it."""
        return [place.entry async for place in entries(self.kafka, Unread())]
