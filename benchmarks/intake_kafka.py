"""`python -m benchmarks.intake_kafka [DOSES]`: what a record costs the Kafka door, from fetch to Kafka.

Plain JSON, binary and structured CloudEvents, each in its own run over a topic that is full before the worker
starts. CPU is the worker's process (user and system, from /proc), from its first fetch to its last; the rate
is over the same time. On an Apache Kafka of its own.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import click
from confluent_kafka import Producer

from benchmarks.intake_process import cpu_s
from services.launcher.servers.real_kafka import RealKafka
from tests.intake.kafka_hospital import Hospital
from tests.intake.test_events import dose

DOSES = 60_000
_STARTED = 1
_BINARY = {"ce_specversion": "1.0", "ce_id": "1", "ce_source": "/emar", "ce_type": "dose.given"}
Wrapped = tuple[object, dict[str, str] | None]


def given(number: int) -> dict[str, object]:
    """One administration as a hospital's own system writes it."""
    return dose(
        event_id=f"dose-{number}", entity=f"dose/{number}", patient=f"p{number % 2_000}", route="oral",
        order=f"order/{number % 2_000}",
        medication={"text": "Baclofen 10 mg tablet", "codings": [
            {"system": "rxnorm", "code": "197391", "display": "baclofen 10 MG Oral Tablet"}]},
    )  # fmt: skip


WAYS: dict[str, Callable[[dict[str, object]], Wrapped]] = {
    "plain JSON": lambda event: (event, None),
    "CloudEvent, binary": lambda event: (event, _BINARY),
    "CloudEvent, structured": lambda event: (
        {"specversion": "1.0", "id": "1", "source": "/emar", "type": "dose.given", "data": event},
        None,
    ),
}


@contextmanager
def kafka(directory: Path) -> Iterator[RealKafka]:
    """An Apache Kafka for this benchmark alone."""
    broker = RealKafka(directory / "kafka")
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def fill(hospital: Hospital, doses: int, wrap: Callable[[dict[str, object]], Wrapped]) -> None:
    """Doses round the partitions of the topic."""
    producer = Producer({"bootstrap.servers": hospital.bootstrap, "linger.ms": 20})
    for number in range(doses):
        event, headers = wrap(given(number))
        value = json.dumps(event).encode()
        producer.produce(hospital.doses, value, partition=number % hospital.partitions, headers=headers)
        if number % 1_000 == 0:
            producer.poll(0)
    producer.flush()


def measured(hospital: Hospital, doses: int) -> str:
    """The figures of one run."""
    worker = hospital.worker(BATCH_RECORDS="2000")
    worker.until_handled(_STARTED)
    first, cpu, began = worker.handled, cpu_s(worker.process.pid), time.perf_counter()
    worker.until_handled(doses)
    wall, spent = time.perf_counter() - began, cpu_s(worker.process.pid) - cpu
    worker.end()
    count = doses - first
    return f"{spent / count * 1e6:5.0f} us of CPU a record, {count / wall:6.0f} records/s"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("doses", type=click.IntRange(min=100), default=DOSES)
def main(doses: int) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name, kafka(Path(name)) as broker:
        for way, wrap in WAYS.items():
            hospital = Hospital(broker.bootstrap, f"b{uuid4().hex[:6]}-", Path(name), real=True)
            try:
                fill(hospital, doses, wrap)
                print(f"{way:<23} {measured(hospital, doses)}, load {os.getloadavg()[0]:.1f}", flush=True)
            finally:
                hospital.close()


if __name__ == "__main__":
    main()
