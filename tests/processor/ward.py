"""A ward under test: topics of its own, events that are sent, workers that judge them, the recount."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from confluent_kafka import Message

from schemas.topics import partition_of
from tests.processor.ledgers import Account, recount, recovered
from tests.stream.stage import Stage
from tests.stream.workers import SESSION_S, Worker


class Ward(Stage):
    """One scenario of the safety processor."""

    def __init__(
        self, bootstrap: str, prefix: str, directory: Path, *, real: bool, partitions: int = 4
    ) -> None:
        super().__init__(
            bootstrap, prefix, directory, real=real, group=f"{prefix}safety", partitions=partitions
        )
        self.sent: Counter[str] = Counter()
        self.review = False
        self.events, self.issues, self.rejects = (f"{prefix}{t}" for t in ("events", "issues", "rejects"))
        self.changelog = f"{self.group}-ledger-changelog"
        self.create(self.events, self.issues, self.rejects, self.changelog)

    def send(self, count: int, *, patients: int = 40, odd: Iterable[Any] = (), start: int = 0) -> None:
        """Send events round the patients; each of `odd` (bytes, or extra fields) replaces one."""
        strange = list(odd)
        places = {(i + 1) * count // (len(strange) + 1): one for i, one in enumerate(strange)}
        for i in range(count):
            patient = f"p{i % patients}"
            number = self.sent[patient]
            self.sent[patient] += 1
            event = {"p": patient, "n": number, "t": start + i}
            one = places.get(i, {})
            self.put(patient, one if isinstance(one, bytes) else json.dumps({**event, **one}).encode())
            self.producer.poll(0)
        self.flush()

    def send_until_handled(self, worker: Worker, records: int) -> None:
        """Send events until this worker has handled so many."""
        self.give_until_handled(worker, records, lambda: self.send(300, start=sum(self.sent.values())))

    def put(
        self, patient: str, value: bytes | None, *, topic: str = "", partition: int | None = None
    ) -> None:
        """Queue one record, in the patient's partition unless another is named."""
        where = partition_of(patient, self.partitions) if partition is None else partition
        self.producer.produce(topic or self.events, value, key=patient.encode(), partition=where)

    def worker(self, **switches: str) -> Worker:
        """Start a worker; `switches` are TOY_... and DOSEWARDEN_... variables without the prefix."""
        environment = {
            "DOSEWARDEN_KAFKA": self.bootstrap,
            "DOSEWARDEN_SITE_KEY": "a secret for tests only",
            "DOSEWARDEN_SAFETY_GROUP": self.group,
            "DOSEWARDEN_EVENTS_TOPIC": self.events,
            "DOSEWARDEN_ISSUES_TOPIC": self.issues,
            "DOSEWARDEN_REJECTS_TOPIC": self.rejects,
            "DOSEWARDEN_SESSION_S": str(SESSION_S),
            "DOSEWARDEN_TIME_DOMAIN": "simulated",
            "DOSEWARDEN_BATCH_RECORDS": "300",
            "DOSEWARDEN_TICK_S": "0.2",
            "DOSEWARDEN_HEARTBEAT_S": "1",
            "TOY_REVIEW": "1" if self.review else "",
        }
        for name, value in switches.items():
            toy = name in ("without", "fault", "pace_s", "loglevel", "core")
            environment[f"{'TOY' if toy else 'DOSEWARDEN'}_{name.upper()}"] = value
        started = Worker(
            "tests.processor.toy_worker",
            "handled",
            environment,
            self.directory / f"worker{len(self.workers)}.log",
        )
        self.workers.append(started)
        return started

    def done(self) -> bool:
        """Whether the group has committed everything that is in the source."""
        return self.all_read([self.events])

    def committed(self) -> int:
        """How many records of the source the group has committed."""
        return sum(committed for committed, _ in self.offsets([self.events]).values())

    def until_done(self) -> None:
        """Wait until everything is handled and committed."""
        self.eventually(self.done)

    def home(self, patient: str) -> int:
        """The partition of a patient."""
        return partition_of(patient, self.partitions)

    def end_of(self, partition: int) -> int:
        """One beyond the last offset of a partition of the source."""
        return self.offsets([self.events])[self.events, partition][1]

    def expected(self) -> Account:
        """The recount of the source."""
        return recount(map(Plain, self.read(self.events)), self.review)

    def found(self) -> Account:
        """What the workers left in the topics."""
        issues = {m.key().decode() for m in self.read(self.issues)}
        ledgers, _ = recovered(map(Plain, self.read(self.changelog)))
        said = {issue for issue in issues if not issue.startswith(("heartbeat:", "records-lost:"))}
        return Account(ledgers, said, {m.key().decode() for m in self.read(self.rejects)})

    def repeated(self) -> int:
        """How many issues were said more than once."""
        said = Counter(m.key() for m in self.read(self.issues) if not m.key().startswith(b"heartbeat:"))
        return sum(said.values()) - len(said)

    def stale(self) -> int:
        """How many records in the changelog the next owner would refuse as late writes."""
        return recovered(map(Plain, self.read(self.changelog)))[1]


class Plain:
    """A consumed message with the attributes of a record."""

    def __init__(self, message: Message) -> None:
        self.topic, self.partition, self.offset = message.topic(), message.partition(), message.offset()
        self.key, self.value = message.key(), message.value()
        self.headers = message.headers() or []


def agree(ward: Ward) -> None:
    """Ledgers, issues and rejects are exactly those of the recount."""
    expected, found = ward.expected(), ward.found()
    wrong = {p for p in expected.ledgers | found.ledgers if expected.ledgers.get(p) != found.ledgers.get(p)}
    assert wrong == set()
    assert expected.issues - found.issues == set(), "issues lost"
    assert found.issues - expected.issues == set(), "issues that nobody can explain"
    assert found.rejects == expected.rejects
    assert expected.ledgers
