"""A hospital that writes to the sources' topics, the workers of the door that read them, and the recount."""

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException, TopicPartition

from schemas.clinical import CLINICAL_EVENT
from schemas.rejections import RejectedEvent
from schemas.topics import partition_of
from tests.intake.test_events import dose
from tests.intake.test_publisher import SITE
from tests.stream.stage import Stage
from tests.stream.workers import SESSION_S, Worker


class Hospital(Stage):
    """One scenario of the Kafka door."""

    def __init__(self, bootstrap: str, prefix: str, directory: Path, *, real: bool) -> None:
        super().__init__(bootstrap, prefix, directory, real=real, group=f"{prefix}intake")
        self.prescriptions, self.doses, self.context = (
            f"{prefix}{name}-events" for name in ("prescription", "dose", "context")
        )
        self.events, self.rejects, self.issues = (
            f"{prefix}{name}" for name in ("events", "rejects", "issues")
        )
        self.sources = (self.prescriptions, self.doses, self.context)
        self.sent: Counter[str] = Counter()
        self.bad: set[str] = set()
        self.create(*self.sources, self.events, self.rejects, self.issues)

    def remove(self, topic: str, before: int) -> None:
        """Remove what stands in partition 0 before an offset, as retention does."""
        for gone in self.admin.delete_records([TopicPartition(topic, 0, before)]).values():
            gone.result()

    def commit(self, topic: str, offset: int) -> None:
        """Let the group have read partition 0 of a topic so far."""
        consumer = self.consumer(self.group)

        def committed() -> bool:
            try:
                consumer.commit(offsets=[TopicPartition(topic, 0, offset)], asynchronous=False)
            except KafkaException:  # who keeps the group is not known at once
                return False
            return True

        self.eventually(committed)
        consumer.close()

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
            self.producer.poll(0)
        self.flush()

    def give_until_forwarded(self, worker: Worker, records: int) -> None:
        """Give doses until this worker has forwarded so many."""
        self.give_until_handled(worker, records, lambda: self.give(60))

    def put(
        self, topic: str, event: object, *, partition: int = 0, headers: dict[str, str] | None = None
    ) -> None:
        """Queue one record, without a key: producers may use any partitioner."""
        value = event if isinstance(event, bytes) or event is None else json.dumps(event).encode()
        self.producer.produce(topic, value, partition=partition, headers=headers)

    def worker(self, *, pace_s: float = 0.0, fault: str = "", **settings: str) -> Worker:
        """Start a worker; `settings` are DOSEWARDEN_... variables without the prefix."""
        environment = {
            "KAFKA": self.bootstrap, "SITE_KEY": SITE.secret.decode(), "INTAKE_GROUP": self.group,
            "PRESCRIPTIONS_TOPIC": self.prescriptions, "DOSES_TOPIC": self.doses,
            "CONTEXT_TOPIC": self.context, "EVENTS_TOPIC": self.events, "REJECTS_TOPIC": self.rejects,
            "ISSUES_TOPIC": self.issues,
            "SESSION_S": str(SESSION_S), "TIME_DOMAIN": "simulated", "BATCH_RECORDS": "300",
        } | settings  # fmt: skip
        named = {f"DOSEWARDEN_{name}": value for name, value in environment.items()}
        named |= {"DOOR_PACE_S": str(pace_s), "DOOR_FAULT": fault}
        started = Worker(
            "tests.intake.kafka_worker", "forwarded", named, self.directory / f"door{len(self.workers)}.log"
        )
        self.workers.append(started)
        return started

    def until_done(self) -> None:
        """Wait until everything is forwarded and committed."""
        self.eventually(lambda: self.all_read(self.sources))

    def forwarded(self) -> list[Any]:
        """What stands on the topic for the processor, in its order; each in its patient's partition."""
        found = []
        for message in self.read(self.events):
            event = CLINICAL_EVENT.validate_json(message.value())
            if event.kind != "heartbeat":
                assert message.key() == event.patient.encode()  # type: ignore[union-attr]
                assert message.partition() == partition_of(event.patient, self.partitions)  # type: ignore[union-attr]
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
