"""The floor: an aiokafka consumer loop around the core. State in memory only: a restart would lose it.

Issues are sent and awaited once per fetch, as ours does; there is no changelog, no lease, no bisecting.
Arguments: bootstrap, source topic, issues topic, events.
"""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from benchmarks.core_under_test import new_core
from benchmarks.meter import Meter
from services.safety.engine.entity_register import EntityRegister
from services.safety.engine.state import PatientState


async def main(bootstrap: str, source: str, issues: str, expected: int) -> None:
    """Read the topic to its end."""
    core = new_core()
    states: dict[bytes, PatientState | EntityRegister] = {}
    meter = Meter(expected)
    consumer = AIOKafkaConsumer(
        source, bootstrap_servers=bootstrap, group_id=f"{source}-bare", auto_offset_reset="earliest",
        max_poll_records=2_000,
    )  # fmt: skip
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    async with consumer, producer:
        ended = False
        while not ended:
            fetched = await consumer.getmany(timeout_ms=1_000)
            if not fetched:
                continue
            meter.start()
            sent = []
            for place, records in fetched.items():
                for record in records:
                    event = core.decode(record)
                    if core.note(place.partition, event):
                        continue
                    patient = core.patient(event)
                    step = core.step(place.partition, states.get(patient), event)
                    states[patient] = step.state
                    for emit in step.emitted:
                        sent.append(
                            await producer.send(issues, emit.value, emit.key, partition=place.partition)
                        )
            await asyncio.gather(*sent)
            ended = meter.done(sum(map(len, fetched.values())))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
