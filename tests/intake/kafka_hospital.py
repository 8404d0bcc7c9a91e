"""A hospital that writes to the sources' topics, the workers of the door that read them, and the recount."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.clinical import CLINICAL_EVENT
from schemas.rejections import RejectedEvent
from schemas.topics import partition_of
from tests.intake.test_events import dose
from tests.intake.test_publisher import SITE

PATIENCE_S = 180.0
PARTITIONS = 4
SESSION_S = 6.0


class Worker:
    """A worker in a process of its own. Its words on standard output are read as they come."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        self.forwarded = 0
        self._heard = threading.Condition()
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.intake.kafka_worker"],
                env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=errors, text=True,
            )  # fmt: skip
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                with self._heard:
                    self.forwarded = int(line.split()[1])
                    self._heard.notify_all()
        with self._heard:
            self._heard.notify_all()

    def forwards_within(self, records: int, seconds: float) -> bool:
        """Whether it comes to have forwarded so many records by then; fail where it has ended."""
        with self._heard:
            done = self._heard.wait_for(lambda: self.forwarded >= records, seconds)
        assert done or self._reader.is_alive(), f"the worker ended\n{self.tail()}"
        return done

    def until_forwarded(self, records: int) -> None:
        assert self.forwards_within(records, PATIENCE_S), f"nothing came\n{self.tail()}"

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and wait; the exit code."""
        self.process.send_signal(by)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(PATIENCE_S)
        self._reader.join(10)
        return code

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def tail(self) -> str:
        return "\n".join(self.text().splitlines()[-15:])


class Hospital:
    """One scenario with topics of its own. On a real Kafka they are created; on the stand-in they appear."""

    def __init__(self, bootstrap: str, prefix: str, directory: Path, *, real: bool) -> None:
        self.bootstrap, self.prefix, self.directory, self.real = bootstrap, prefix, directory, real
        self.prescriptions, self.doses, self.context = (
            f"{prefix}{name}-events" for name in ("prescription", "dose", "context")
        )
        self.events, self.rejects, self.issues = (
            f"{prefix}{name}" for name in ("events", "rejects", "issues")
        )
        self.sources = (self.prescriptions, self.doses, self.context)
        self.workers: list[Worker] = []
        self.sent: Counter[str] = Counter()
        self.bad: set[str] = set()
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._producer = Producer({
            "bootstrap.servers": bootstrap, "linger.ms": 5, "log_level": 0, "enable.idempotence": True,
        })  # fmt: skip
        self.create(*self.sources, self.events, self.rejects, self.issues)

    def create(self, *topics: str) -> None:
        if self.real:
            for made in self._admin.create_topics(
                [NewTopic(name, PARTITIONS, 1) for name in topics]
            ).values():
                made.result()
        for name in topics:
            self.eventually(lambda name=name: self._led(name))  # type: ignore[misc]

    def remove(self, topic: str, before: int) -> None:
        """Remove what stands in partition 0 before an offset, as retention does."""
        for gone in self._admin.delete_records([TopicPartition(topic, 0, before)]).values():
            gone.result()

    def commit(self, topic: str, offset: int) -> None:
        """Let the group have read partition 0 of a topic so far."""
        consumer = Consumer({
            "bootstrap.servers": self.bootstrap, "group.id": f"{self.prefix}intake", "log_level": 0,
        })  # fmt: skip

        def committed() -> bool:
            try:
                consumer.commit(offsets=[TopicPartition(topic, 0, offset)], asynchronous=False)
            except KafkaException:  # who keeps the group is not known at once
                return False
            return True

        self.eventually(committed)
        consumer.close()

    def _led(self, topic: str) -> bool:
        found = self._admin.list_topics(topic, timeout=10).topics[topic]
        led = [place.leader >= 0 for place in found.partitions.values()]
        return not found.error and len(led) > 0 and all(led)

    def give(self, count: int, *, patients: int = 40) -> None:
        """Doses round the patients, every fiftieth record damaged; any partition will do."""
        for _ in range(count):
            number = self.sent.total() + len(self.bad)
            if number % 50 == 49:
                name = f"bad-{number}"
                self.bad.add(name)
                self.put(
                    self.doses,
                    dose(event_id=name, entity=name, patient="p0", dose={"value": "-1", "unit": "mg"}),
                )
                continue
            patient = f"p{number % patients}"
            name = f"{patient}/{self.sent[patient]:06}"
            self.sent[patient] += 1
            self.put(
                self.doses, dose(event_id=name, entity=name, patient=patient), partition=number % patients % 3
            )
            self._producer.poll(0)
        self.flush()

    def give_until_forwarded(self, worker: Worker, records: int) -> None:
        """Give doses until this worker has forwarded so many: others may be done before it has joined."""
        deadline = time.monotonic() + PATIENCE_S
        while not worker.forwards_within(records, seconds=0.3):
            assert time.monotonic() < deadline, f"nothing came to the worker\n{worker.tail()}"
            self.give(60)

    def put(
        self, topic: str, event: object, *, partition: int = 0, headers: dict[str, str] | None = None
    ) -> None:
        """Queue one record, without a key: producers may use any partitioner."""
        value = event if isinstance(event, bytes) or event is None else json.dumps(event).encode()
        self._producer.produce(topic, value, partition=partition, headers=headers)

    def flush(self) -> None:
        assert self._producer.flush(PATIENCE_S) == 0

    def worker(self, *, pace_s: float = 0.0, fault: str = "", **settings: str) -> Worker:
        """Start a worker; `settings` are DOSEWARDEN_... variables without the prefix."""
        environment = {
            "KAFKA": self.bootstrap, "SITE_KEY": SITE.secret.decode(), "INTAKE_GROUP": f"{self.prefix}intake",
            "PRESCRIPTIONS_TOPIC": self.prescriptions, "DOSES_TOPIC": self.doses,
            "CONTEXT_TOPIC": self.context, "EVENTS_TOPIC": self.events, "REJECTS_TOPIC": self.rejects,
            "ISSUES_TOPIC": self.issues,
            "SESSION_S": str(SESSION_S), "TIME_DOMAIN": "simulated", "BATCH_RECORDS": "300",
        } | settings  # fmt: skip
        named = {f"DOSEWARDEN_{name}": value for name, value in environment.items()}
        named |= {"DOOR_PACE_S": str(pace_s), "DOOR_FAULT": fault}
        started = Worker(named, self.directory / f"door{len(self.workers)}.log")
        self.workers.append(started)
        return started

    def close(self) -> None:
        """End whatever still runs."""
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.send_signal(signal.SIGCONT)
            worker.wait()

    def eventually(self, holds: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
        """Wait until `holds`, asking again and again."""
        deadline = time.monotonic() + within_s
        pause = threading.Event()
        while not holds():
            tails = "\n".join(worker.tail() for worker in self.workers)
            assert time.monotonic() < deadline, f"not within {within_s} s\n{tails}"
            pause.wait(0.05)

    def _done(self) -> bool:
        consumer = Consumer({
            "bootstrap.servers": self.bootstrap, "group.id": f"{self.prefix}intake", "log_level": 0,
        })  # fmt: skip
        places = [TopicPartition(topic, p) for topic in self.sources for p in range(PARTITIONS)]
        try:
            committed = consumer.committed(places, timeout=PATIENCE_S)
            return all(
                max(place.offset, 0) == consumer.get_watermark_offsets(place, timeout=PATIENCE_S)[1]
                for place in committed
            )
        except KafkaException:  # a broker that has just started does not know yet who keeps the group
            return False
        finally:
            consumer.close()

    def until_done(self) -> None:
        """Wait until everything is forwarded and committed."""
        self.eventually(self._done)

    def read(self, topic: str) -> list[Message]:
        """Every record of a topic, partition by partition."""
        consumer = Consumer({
            "bootstrap.servers": self.bootstrap, "group.id": f"{self.prefix}reader",
            "enable.partition.eof": True, "enable.auto.commit": False, "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 20, "log_level": 0,
        })  # fmt: skip
        places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        for place in places:
            place.offset = consumer.get_watermark_offsets(place, timeout=PATIENCE_S)[0]
        dropped = not self.real and any(place.offset for place in places)
        assert not dropped, f"more was written to {topic} than the stand-in keeps"
        consumer.assign(places)
        ended: set[int] = set()
        found: list[Message] = []
        while len(ended) < PARTITIONS:
            message = consumer.poll(PATIENCE_S)
            assert message is not None, f"{topic} could not be read to its end"
            if message.error():
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                ended.add(message.partition())
            else:
                found.append(message)
        consumer.close()
        return found

    def forwarded(self) -> list[Any]:
        """What stands on the topic for the processor, in its order; each in its patient's partition."""
        found = []
        for message in self.read(self.events):
            event = CLINICAL_EVENT.validate_json(message.value())
            if event.kind != "heartbeat":
                assert message.key() == event.patient.encode()  # type: ignore[union-attr]
                assert message.partition() == partition_of(event.patient, PARTITIONS)  # type: ignore[union-attr]
            found.append(event)
        return found

    def rejections(self) -> list[RejectedEvent]:
        return [RejectedEvent.model_validate_json(message.value()) for message in self.read(self.rejects)]

    def agrees(self) -> int:
        """Fail unless everything given was forwarded in its partition's order, and the damaged was rejected
        with its mark. Answers how many records came more than once.
        """
        firsts: dict[str, list[str]] = defaultdict(list)
        seen: set[str] = set()
        marks: set[str] = set()
        events = self.forwarded()
        for event in events:
            if event.kind == "unreadable":
                marks.add(event.about)
            elif event.event_id not in seen:
                seen.add(event.event_id)
                firsts[event.patient].append(event.event_id)
        wanted: dict[str, list[str]] = defaultdict(list)
        for message in self.read(self.doses):
            given = json.loads(message.value())
            if given["event_id"] not in self.bad:
                wanted[SITE.patient_key(given["patient"])].append(given["event_id"])
        assert sum(map(len, wanted.values())) == self.sent.total()
        assert {name: sorted(ids) for name, ids in firsts.items()} == {
            name: sorted(ids) for name, ids in wanted.items()
        }, "lost, or from nowhere"
        assert firsts == wanted, "out of order"
        assert marks == self.bad
        assert len({rejection.origin.key for rejection in self.rejections()}) == len(self.bad)
        return len(events) - len(seen) - len(self.bad)
