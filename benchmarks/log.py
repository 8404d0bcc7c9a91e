"""Topics of a run: created, filled, and looked at by the harness."""

from collections.abc import Sequence
from dataclasses import replace

from confluent_kafka import Producer

from benchmarks.core_under_test import PARTITIONS, Prepared
from schemas.topics import ALL_TOPICS, PATIENT_EVENTS
from services.launcher.topics import ensure_topics


def topics(bootstrap: str, prefix: str) -> None:
    """Every topic of the product, under this prefix."""
    renamed = [replace(topic, name=prefix + topic.name) for topic in ALL_TOPICS]
    ensure_topics(bootstrap, PARTITIONS, topics=renamed)


def preload(bootstrap: str, prefix: str, records: Sequence[Prepared]) -> None:
    """All records into `patient-events`, acknowledged."""
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 5})
    lost: list[object] = []

    def told(error: object, _: object) -> None:
        if error is not None:
            lost.append(error)

    for number, record in enumerate(records):
        producer.produce(
            prefix + PATIENT_EVENTS.name, record.value, record.key, record.partition, on_delivery=told
        )
        if number % 1_000 == 0:
            producer.poll(0)
    if producer.flush(60) or lost:
        raise RuntimeError(f"{len(lost)} of {len(records)} events did not arrive at the broker: {lost[:1]}")
