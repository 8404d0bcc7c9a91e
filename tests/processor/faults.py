"""What can go wrong in a worker, and the defences that can be left out to see the damage they prevent."""

import asyncio
import os
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from aiokafka.errors import KafkaError

from services.safety.processor import app as app_module
from services.safety.processor import handler as handler_module
from services.safety.processor.app import BatchApp
from services.safety.processor.folding import PartitionWork
from services.safety.processor.handler import BatchHandler
from services.safety.processor.heartbeats import Heartbeats
from services.safety.processor.partition_state import PartitionState
from services.safety.processor.store import LedgerStore
from services.safety.processor.ticks import Ticks
from services.stream.consumer import BatchConsumer
from services.stream.continuity import Continuity, Verdict
from services.stream.lease import Lease

Say = Callable[..., None]


# --- defences left out


def _no_lease() -> None:
    Lease.check = lambda self, generation: None  # type: ignore[method-assign]
    Lease.pulse = lambda self: None  # type: ignore[method-assign]


def _no_fence() -> None:
    def install(self: LedgerStore, partition: int, written: Any, landed: Any) -> None:
        part = self.parts[partition]
        part.watermark = max([part.watermark, *(batch.offset + batch.records - 1 for batch in landed)])
        part.install(written)

    LedgerStore.install = install  # type: ignore[method-assign]


def _no_continuity() -> None:
    def judge(self: Continuity, tp: Any, records: Any) -> Any:
        return Verdict.TAKE, list(records)

    async def nothing(self: BatchConsumer) -> None:
        return

    Continuity.judge = judge  # type: ignore[method-assign]
    BatchConsumer._look_back = nothing  # type: ignore[method-assign]


def _no_watermark_of_patients() -> None:
    PartitionState.applied = lambda self, patient: -1  # type: ignore[method-assign]


def _commit_before_durable() -> None:
    handle = BatchConsumer._handle

    async def early(self: BatchConsumer, batches: Any, asked_at: float, generation: int) -> None:
        for batch in batches.values():
            for tp, records in batch.items():
                self._handled[tp] = records[-1].offset + 1
        await self.commit()
        await handle(self, batches, asked_at, generation)

    BatchConsumer._handle = early  # type: ignore[method-assign]


def _persist_before_telling() -> None:
    tell, persist = BatchHandler.tell, BatchHandler.persist
    BatchHandler.tell, BatchHandler.persist = persist, tell  # type: ignore[method-assign]


def _no_isolation() -> None:
    def read(self: PartitionWork[Any], record: Any) -> Any:
        event = self._core.decode(record)
        return event, None

    PartitionWork._read = read  # type: ignore[method-assign]


def _no_verification() -> None:
    app_module.verify_ledger = lambda *everything: None

    async def nothing(self: Heartbeats, partitions: Any) -> None:
        return

    Heartbeats.verify = nothing  # type: ignore[method-assign]


def _no_ticks() -> None:
    async def nothing(self: Ticks, partitions: Any) -> bool:
        return False

    Ticks.send_due = nothing  # type: ignore[method-assign]


def _no_portions() -> None:
    handler_module.PORTION_S = float("inf")


WITHOUT: dict[str, Callable[[], None]] = {
    "lease": _no_lease,
    "fence": _no_fence,
    "continuity": _no_continuity,
    "applied": _no_watermark_of_patients,
    "durable-first": _commit_before_durable,
    "tell-first": _persist_before_telling,
    "isolation": _no_isolation,
    "portions": _no_portions,
    "verification": _no_verification,
    "ticks": _no_ticks,
}


# --- things that go wrong


def _between(app: BatchApp, handler: BatchHandler, argument: str, say: Say) -> None:
    """The second write of the `argument`th batch fails."""
    second, countdown = handler.persist, [int(argument)]

    async def broken(works: Any) -> None:
        countdown[0] -= 1
        if countdown[0] == 0:
            raise KafkaError("refused")
        await second(works)

    handler.persist = broken  # type: ignore[method-assign]


def _vanishing(app: BatchApp, handler: BatchHandler, argument: str, say: Say) -> None:
    """A share of all fetches vanishes between the driver and us."""
    fetch, chance = BatchConsumer._fetch, random.Random(5)

    async def vanish(self: BatchConsumer, active: Any, timeout: float) -> Any:
        fetched = await fetch(self, active, timeout)
        return {tp: records for tp, records in fetched.items() if chance.random() > float(argument)}

    BatchConsumer._fetch = vanish  # type: ignore[method-assign]


def _torn(app: BatchApp, handler: BatchHandler, argument: str, say: Say) -> None:
    """The `argument`th write of ledgers reaches Kafka by half, then the worker is gone."""
    persist, countdown = handler.persist, [int(argument)]

    async def half(works: Any) -> None:
        countdown[0] -= 1
        if countdown[0]:
            await persist(works)
            return
        producer, sent = app.batch_producer, []
        for tp, work in works.items():
            sent += await producer.send_records(
                app.settings.changelog, tp.partition, work.items[: len(work.items) // 2]
            )
        await producer.delivered(sent)
        say("torn")
        os._exit(9)

    handler.persist = half  # type: ignore[method-assign]


def _torn_when_large(app: BatchApp, handler: BatchHandler, argument: str, say: Say) -> None:
    """The first write of at least so many ledger records reaches Kafka by half, then the worker is gone."""
    persist = handler.persist

    async def half(works: Any) -> None:
        if sum(len(work.items) for work in works.values()) < int(argument):
            await persist(works)
            return
        _torn(app, handler, "1", say)
        await handler.persist(works)

    handler.persist = half  # type: ignore[method-assign]


def _standing(app: BatchApp, handler: BatchHandler, argument: str, say: Say) -> None:
    """The `argument`th batch stands still after telling, until it is given a line on standard input."""
    tell, countdown = handler.tell, [int(argument)]

    async def stand(works: Any) -> None:
        await tell(works)
        countdown[0] -= 1
        if countdown[0] == 0:
            say("standing")
            await asyncio.to_thread(sys.stdin.readline)

    handler.tell = stand  # type: ignore[method-assign]


def _rearranged_while_verifying(app: BatchApp, handler: BatchHandler, argument: str, say: Say) -> None:
    """A heartbeat is verified for so long that the group has rearranged itself by then, once."""
    verify, once = Heartbeats.verify, [True]

    async def slowly(self: Heartbeats, partitions: Any) -> None:
        await verify(self, partitions)
        if partitions and once:
            once.clear()
            rearranged = asyncio.Event()

            @app.on_partitions_assigned.connect(weak=False)
            async def assigned(*_: Any, **__: Any) -> None:
                rearranged.set()

            say("verified")
            await rearranged.wait()
            say("rearranged")

    Heartbeats.verify = slowly  # type: ignore[method-assign]


def _when_forwarding(app: BatchApp, handler: BatchHandler, argument: str, say: Say) -> None:
    """Of the first batch that passes facts on to others, all is told and nothing written, or half of it."""
    tell, begun = handler.tell, [False]

    async def forwarding(works: Any) -> None:
        await tell(works)
        if not begun[0] and any(emit.role == "events" for work in works.values() for emit in work.emitted):
            begun[0] = True
            if argument == "torn":
                _torn(app, handler, "1", say)
                return
            say("standing")
            await asyncio.to_thread(sys.stdin.readline)

    handler.tell = forwarding  # type: ignore[method-assign]


def _slow_steps(app: BatchApp, handler: BatchHandler, argument: str, say: Say) -> None:
    """Each event is so many seconds of work."""
    step = app.core.step

    def slow(*given: Any) -> Any:
        time.sleep(float(argument))
        return step(*given)

    app.core.step = slow  # type: ignore[method-assign]


def _double_ticks(app: BatchApp, handler: BatchHandler, argument: str, say: Say) -> None:
    """Every tick is sent twice."""
    send = app.batch_producer.__class__.send_records

    async def twice(self: Any, topic: str, partition: int, items: Any) -> Any:
        once = list(items)
        return await send(self, topic, partition, once * 2 if topic == app.settings.topics.events else once)

    app.batch_producer.__class__.send_records = twice


FAULTS: dict[str, Callable[[BatchApp, BatchHandler, str, Say], None]] = {
    "between": _between,
    "vanish": _vanishing,
    "torn": _torn,
    "torn-when-large": _torn_when_large,
    "stand": _standing,
    "rearranged-while-verifying": _rearranged_while_verifying,
    "when-forwarding": _when_forwarding,
    "slow-steps": _slow_steps,
    "double-ticks": _double_ticks,
}
