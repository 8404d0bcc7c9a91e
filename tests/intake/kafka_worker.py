"""A real worker of the Kafka door in its own process, at the pace it is told.

It writes one line per forwarded fetch to standard output: `forwarded`, the number of records so far.
DOOR_PACE_S are seconds that each record shall take before any of its fetch is sent, so that a kill lands in
the middle.
DOOR_FAULT=broken:N makes Kafka's word on the Nth fetch an error, after all of it was written;
DOOR_FAULT=early:N commits each fetch before it is forwarded, and fails at the Nth; DOOR_FAULT=vanish:SHARE
loses that share of all fetches between the driver and the door.
"""

import asyncio
import os
import random
import sys
from typing import Any

from aiokafka.errors import KafkaError

from services.intake.kafka.app import KafkaDoor
from services.intake.kafka.settings import KafkaSettings
from services.stream.consumer import BatchConsumer, Fetch
from services.stream.running import run


def say(*words: object) -> None:
    sys.__stdout__.write(" ".join(map(str, words)) + "\n")
    sys.__stdout__.flush()


def observe(door: KafkaDoor, pace_s: float, broken: int) -> None:
    """Let every handler say what it forwarded, at the pace, and fail once where it shall."""
    handlers, forwarded, fetches = dict(door.batch_handlers), [0], [0]

    def observed(topic: str) -> Any:
        async def handle(batch: Fetch) -> None:
            records = sum(map(len, batch.values()))
            await asyncio.sleep(records * pace_s)
            await handlers[topic](batch)
            fetches[0] += 1
            if fetches[0] == broken:
                raise KafkaError("refused")
            forwarded[0] += records
            say("forwarded", forwarded[0])

        return handle

    door.batch_handlers.update({topic: observed(topic) for topic in handlers})


def lose(share: float) -> None:
    fetch, chance = BatchConsumer._fetch, random.Random(5)

    async def vanish(self: BatchConsumer, active: Any, timeout: float) -> Any:
        fetched = await fetch(self, active, timeout)
        return {tp: records for tp, records in fetched.items() if chance.random() > share}

    BatchConsumer._fetch = vanish  # type: ignore[method-assign]


def commit_early(door: KafkaDoor, broken: int) -> None:
    """The damage that the order of forwarding and committing prevents."""
    handlers, fetches = dict(door.batch_handlers), [0]

    def early(topic: str) -> Any:
        async def handle(batch: Fetch) -> None:
            consumer = door.batch_consumer
            consumer._handled.update({tp: records[-1].offset + 1 for tp, records in batch.items()})
            await consumer.commit()
            fetches[0] += 1
            if fetches[0] == broken:
                raise KafkaError("refused")
            await handlers[topic](batch)

        return handle

    door.batch_handlers.update({topic: early(topic) for topic in handlers})


def main() -> int:
    door = KafkaDoor(KafkaSettings.from_environment(os.environ))
    fault, _, argument = os.environ.get("DOOR_FAULT", "").partition(":")
    if fault == "vanish":
        lose(float(argument))
    if fault == "early":
        commit_early(door, int(argument))
    observe(door, float(os.environ.get("DOOR_PACE_S", "0")), int(argument) if fault == "broken" else 0)
    return run(door)


if __name__ == "__main__":
    sys.exit(main())
