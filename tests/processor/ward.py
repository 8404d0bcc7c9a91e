"""A ward under test: topics of its own, events that are sent, workers that judge them, the recount."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.topics import partition_of
from tests.processor.ledgers import Account, recount, recovered

PATIENCE_S = 180.0
SESSION_S = 6.0


class Worker:
    """A worker in a process of its own. Its words on standard output are read as they come."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        self.words: list[str] = []
        self._heard = threading.Condition()
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.processor.toy_worker"],
                env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=errors, text=True,
            )  # fmt: skip
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                with self._heard:
                    self.words.append(line.strip())
                    self._heard.notify_all()
        with self._heard:
            self._heard.notify_all()

    def until(self, said: Callable[[list[str]], bool]) -> None:
        """Wait until its words satisfy; fail where it ends first, or says nothing of the kind in time."""
        with self._heard:
            satisfied = self._heard.wait_for(
                lambda: said(self.words) or not self._reader.is_alive(), PATIENCE_S
            )
        assert satisfied and said(self.words), f"worker said {self.words[-3:]}\n{self.tail()}"

    def until_handled(self, records: int) -> None:
        """Wait until it has handled so many records, its own count."""
        self.until(lambda words: _handled(words) >= records)

    def handles_within(self, records: int, seconds: float) -> bool:
        """Whether it comes to have handled so many records by then; fail where it has ended."""
        with self._heard:
            done = self._heard.wait_for(lambda: _handled(self.words) >= records, seconds)
        assert done or self._reader.is_alive(), f"worker ended\n{self.tail()}"
        return done

    def go_on(self) -> None:
        """Let a batch that stands still go on."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and wait; the exit code."""
        self.process.send_signal(by)
        return self.wait()

    def wait(self) -> int:
        """Wait for its own end; the exit code."""
        code = self.process.wait(PATIENCE_S)
        if self.process.stdin is not None:
            self.process.stdin.close()
        self._reader.join(10)
        return code

    def text(self) -> str:
        """Its log."""
        return self.log.read_text(errors="replace")

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.text().splitlines()[-15:])


def _handled(words: list[str]) -> int:
    """How many records a worker has said that it has handled."""
    return max((int(word.split()[1]) for word in words if word.startswith("handled ")), default=0)


@dataclass
class Ward:
    """One scenario. On a real Kafka its topics are created; on the stand-in they appear."""

    bootstrap: str
    prefix: str
    directory: Path
    real: bool
    partitions: int = 4
    workers: list[Worker] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    review: bool = False

    def __post_init__(self) -> None:
        self.events, self.issues, self.rejects = (
            f"{self.prefix}{t}" for t in ("events", "issues", "rejects")
        )
        self.group = f"{self.prefix}safety"
        self.changelog = f"{self.group}-ledger-changelog"
        self.admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        self._producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5, "log_level": 0})
        self.create(self.events, self.issues, self.rejects, self.changelog)

    def create(self, *topics: str) -> None:
        """Make the topics and wait until they are there."""
        if self.real:
            made = self.admin.create_topics([NewTopic(topic, self.partitions, 1) for topic in topics])
            for one in made.values():
                one.result()
        for topic in topics:
            self.eventually(lambda topic=topic: self._led(topic))  # type: ignore[misc]

    def _led(self, topic: str) -> bool:
        found = self.admin.list_topics(topic, timeout=10).topics[topic]
        return (
            not found.error
            and len(found.partitions) > 0
            and all(p.leader >= 0 for p in found.partitions.values())
        )

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
            self._producer.poll(0)
        self.flush()

    def send_until_handled(self, worker: Worker, records: int) -> None:
        """Send events until this worker has handled so many: others may be done before it has even joined."""
        deadline = time.monotonic() + PATIENCE_S
        while not worker.handles_within(records, seconds=0.3):
            assert time.monotonic() < deadline, f"nothing came to the worker\n{worker.tail()}"
            self.send(300, start=sum(self.sent.values()))

    def put(
        self, patient: str, value: bytes | None, *, topic: str = "", partition: int | None = None
    ) -> None:
        """Queue one record, in the patient's partition unless another is named."""
        where = partition_of(patient, self.partitions) if partition is None else partition
        self._producer.produce(topic or self.events, value, key=patient.encode(), partition=where)

    def flush(self) -> None:
        """Wait until everything queued is in Kafka."""
        assert self._producer.flush(PATIENCE_S) == 0

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
        started = Worker(environment, self.directory / f"worker{len(self.workers)}.log")
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

    def read(self, topic: str) -> list[Message]:
        """Every record of a topic, partition by partition."""
        consumer = Consumer({
            "bootstrap.servers": self.bootstrap, "group.id": f"{self.prefix}reader",
                "enable.partition.eof": True,
            "enable.auto.commit": False, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20,
                "log_level": 0,
        })  # fmt: skip
        places = [TopicPartition(topic, p) for p in range(self.partitions)]
        for place in places:
            place.offset = consumer.get_watermark_offsets(place, timeout=PATIENCE_S)[0]
        consumer.assign(places)
        ended: set[int] = set()
        found: list[Message] = []
        while len(ended) < self.partitions:
            message = consumer.poll(PATIENCE_S)
            assert message is not None, f"{topic} could not be read to its end"
            if message.error():
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                ended.add(message.partition())
            else:
                found.append(message)
        consumer.close()
        return found

    def _offsets(self) -> dict[int, tuple[int, int]]:
        """Per partition of the source: what is committed (0 for nothing), and where the log ends."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.group, "log_level": 0})
        places = [TopicPartition(self.events, p) for p in range(self.partitions)]
        committed = consumer.committed(places, timeout=PATIENCE_S)
        found = {
            p.partition: (max(p.offset, 0), consumer.get_watermark_offsets(p, timeout=PATIENCE_S)[1])
            for p in committed
        }
        consumer.close()
        return found

    def done(self) -> bool:
        """Whether the group has committed everything that is in the source."""
        try:
            return all(committed == end for committed, end in self._offsets().values())
        except KafkaException:  # a broker that has just started does not know yet who keeps the group
            return False

    def committed(self) -> int:
        """How many records of the source the group has committed."""
        return sum(committed for committed, _ in self._offsets().values())

    def until_done(self) -> None:
        """Wait until everything is handled and committed."""
        self.eventually(self.done)

    def home(self, patient: str) -> int:
        """The partition of a patient."""
        return partition_of(patient, self.partitions)

    def end_of(self, partition: int) -> int:
        """One beyond the last offset of a partition of the source."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.group, "log_level": 0})
        end: int = consumer.get_watermark_offsets(TopicPartition(self.events, partition), timeout=PATIENCE_S)[
            1
        ]
        consumer.close()
        return end

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
