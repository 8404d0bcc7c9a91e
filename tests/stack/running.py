"""The services as processes of their own, on a real Kafka and a real Redis, and what they left there."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from schemas.topics import LEDGER_CHANGELOG, PATIENT_EVENTS

PATIENCE_S = 240.0
SECRET = "a secret for tests only"
GROUP = LEDGER_CHANGELOG.name.removesuffix("-ledger-changelog")


def eventually(holds: Callable[[], bool], what: str, within_s: float = PATIENCE_S) -> None:
    """Wait until `holds`, asking again and again."""
    deadline, pause = time.monotonic() + within_s, threading.Event()
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        pause.wait(0.1)


def dosewarden(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run `dosewarden ARGUMENTS` to its end, which has to be a good one; what it wrote to stdout."""
    ended = subprocess.run(
        [sys.executable, "-m", "services.cli.main", *arguments],
        env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout


@dataclass
class Stack:
    """Processes around one broker and one store; `partitions` of every topic. `settings` are theirs beside
    those that every stack has.
    """

    kafka: str
    redis: str
    directory: Path
    partitions: int = 4
    settings: Mapping[str, str] = field(default_factory=dict)
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._admin = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0})

    @property
    def environment(self) -> dict[str, str]:
        """Settings that all services share."""
        return {
            **os.environ,
            "DOSEWARDEN_KAFKA": self.kafka,
            "DOSEWARDEN_REDIS": self.redis,
            "DOSEWARDEN_SITE_KEY": SECRET,
            "DOSEWARDEN_TIME_DOMAIN": "simulated",
            "DOSEWARDEN_SESSION_S": "6",
            "DOSEWARDEN_BATCH_RECORDS": "300",
            "DOSEWARDEN_TICK_S": "0.2",
            "DOSEWARDEN_HEARTBEAT_S": "1",
            "DOSEWARDEN_TERMINAL": "json",
            **self.settings,
        }

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start `dosewarden COMMAND` with a log of its own."""
        log = self.directory / f"{'-'.join(command)}-{len(self.started)}.log"
        with log.open("ab") as words:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.cli.main", *command],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=words, stderr=words,
            )  # fmt: skip
        self.started.append(process)
        return process

    def run(self, *arguments: str) -> str:
        """Run `dosewarden ARGUMENTS` to its end, with the shared settings; what it wrote to stdout."""
        return dosewarden(*arguments, environment=self.environment)

    def handled(self) -> int:
        """How many records of `patient-events` the group has committed."""
        asked = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(GROUP)])
        places = asked[GROUP].result(30).topic_partitions
        return sum(
            place.offset for place in places if place.topic == PATIENT_EVENTS.name and place.offset > 0
        )

    def close(self) -> None:
        """End whatever still runs, by its process id."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def read(self, topic: str) -> list[Message]:
        """Every record of a topic, partition by partition in offset order."""
        consumer = Consumer({
            "bootstrap.servers": self.kafka, "group.id": "reader", "enable.partition.eof": True,
            "enable.auto.commit": False, "auto.offset.reset": "earliest", "log_level": 0,
        })  # fmt: skip
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(self.partitions)])
        found: list[Message] = []
        ended = 0
        while ended < self.partitions:
            message = consumer.poll(30)
            assert message is not None, f"{topic} could not be read to its end"
            error = message.error()
            if error is None:
                found.append(message)
            else:
                assert error.code() == KafkaError._PARTITION_EOF, error
                ended += 1
        consumer.close()
        return sorted(found, key=lambda one: (one.partition(), one.offset()))
