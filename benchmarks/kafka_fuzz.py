"""`python -m benchmarks.kafka_fuzz [COUNT] [SEED]`: damaged events at a running Kafka door, beside a source
that sends valid doses all the while.

Fails where the door ends, where a record is neither forwarded nor rejected with a reason, where a valid dose
is missing, and where reading one record takes more than a second.
"""

import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

import click

from benchmarks.damaging import damaged_text
from benchmarks.intake_kafka import kafka
from schemas.topics import SOURCE_KINDS
from services.intake.door import Door
from services.intake.kafka.reading import RecordReader
from services.intake.reading import Rejected
from tests.intake.kafka_hospital import Hospital
from tests.intake.test_events import dose
from tests.schemas.compatibility import EXAMPLES

COUNT = 20_000
SLOWEST_S = 1.0
_VALID_EVERY = 20
_HUGE_KEPT = 0.05
_DOOR_TAKES = 1_000_000


class Fuzz:
    """What is sent, what reading it took, and what became of it."""

    def __init__(self, hospital: Hospital, seed: int) -> None:
        self.hospital = hospital
        self.chance = random.Random(seed)
        self.valid: set[str] = set()
        self.ways: Counter[str] = Counter()
        self.slowest_s = 0.0
        self.refused_by_reading = 0
        self.reasons: Counter[str] = Counter()
        self.topics = dict(zip((topic.name for topic in SOURCE_KINDS), hospital.sources, strict=True))
        kinds = {self.topics[topic.name]: allowed for topic, allowed in SOURCE_KINDS.items()}
        self.reader = RecordReader(Door(), kinds)

    def send(self, count: int) -> None:
        """Damaged events, each to the topic of its kind, and valid doses in between."""
        for topic in self.topics.values():  # a producer refuses partitions that it has not heard of yet
            self.hospital.producer.list_topics(topic)
        while self.ways.total() < count:
            example = self.chance.choice(EXAMPLES)
            how, text = damaged_text(self.chance, json.loads(example.text))
            if len(text) > _DOOR_TAKES or (how == "huge" and self.chance.random() > _HUGE_KEPT):
                continue  # Kafka itself refuses more than a megabyte; and disks are small
            self.ways[how] += 1
            self._put(self.topics[example.topic], text)
            if self.ways.total() % _VALID_EVERY == 0:
                name = f"valid-{len(self.valid)}"
                self.valid.add(name)
                self.hospital.put(self.hospital.doses, dose(event_id=name, entity=name), partition=3)
        self.hospital.flush()

    def _put(self, topic: str, text: bytes) -> None:
        self.hospital.put(topic, text, partition=self.chance.randrange(3))
        self.hospital.producer.poll(0)

    def read_alone(self) -> None:
        """Read each record in this process: how long that takes, and how many are rejected."""
        for topic in self.hospital.sources:
            for message in self.hospital.read(topic):
                record = _Message(message)
                began = time.perf_counter()
                reading = self.reader.read(record)
                self.slowest_s = max(self.slowest_s, time.perf_counter() - began)
                self.refused_by_reading += isinstance(reading, Rejected)

    def failures(self) -> list[str]:
        """What went wrong, after the door has read everything."""
        found = []
        if self.slowest_s > SLOWEST_S:
            found.append(f"a record took {self.slowest_s:.2f} s")
        arrived = {event.event_id for event in self.hospital.forwarded()}
        if missing := self.valid - arrived:
            found.append(f"{len(missing)} valid doses are missing")
        rejections = self.hospital.rejections()
        rejected = {rejection.origin.key for rejection in rejections}
        self.reasons = Counter(rejection.reason for rejection in rejections)
        if len(rejected) != self.refused_by_reading:
            found.append(f"{self.refused_by_reading} records cannot be read, {len(rejected)} are rejected")
        if not all(rejection.detail for rejection in rejections):
            found.append("a rejection says no reason")
        return found


class _Message:
    def __init__(self, message: object) -> None:
        self.topic, self.partition, self.offset = message.topic(), message.partition(), message.offset()  # type: ignore[attr-defined]
        self.key, self.value = message.key(), message.value()  # type: ignore[attr-defined]
        self.headers = tuple(message.headers() or ())  # type: ignore[attr-defined]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("count", type=click.IntRange(min=1), default=COUNT)
@click.argument("seed", type=int, default=1)
def main(count: int, seed: int) -> None:
    """Send damaged input of this `seed`; exit 1 where something failed."""
    with tempfile.TemporaryDirectory() as name, kafka(Path(name)) as broker:
        hospital = Hospital(broker.bootstrap, f"f{uuid4().hex[:6]}-", Path(name), real=True)
        try:
            fuzz = Fuzz(hospital, seed)
            worker = hospital.worker(BATCH_RECORDS="2000")
            fuzz.send(count)
            hospital.until_done()
            fuzz.read_alone()
            ended = worker.end()
            failures = fuzz.failures()
        finally:
            hospital.close()
    if ended:
        failures.append(f"the door ended with {ended}")
    print(
        f"damaged events {fuzz.ways.total()}, rejected {fuzz.refused_by_reading}, slowest to read "
        f"{fuzz.slowest_s * 1000:.0f} ms, valid doses beside them {len(fuzz.valid)}"
    )
    print("rejected as " + ", ".join(f"{reason}: {many}" for reason, many in fuzz.reasons.most_common()))
    print("\n".join(["failures " + str(len(failures)), *failures]))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
