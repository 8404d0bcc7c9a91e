"""A scenario on a broker: topics of its own, workers that act in it, and what stands in the topics then."""

import signal
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.stream.workers import PATIENCE_S, Worker

Offsets = dict[tuple[str, int], tuple[int, int]]


class Stage:
    """On a real Kafka the topics are created; on the stand-in they appear. `group` is whose offsets count."""

    def __init__(
        self, bootstrap: str, prefix: str, directory: Path, *, real: bool, group: str, partitions: int = 4
    ) -> None:
        self.bootstrap, self.prefix, self.directory, self.real = bootstrap, prefix, directory, real
        self.group, self.partitions = group, partitions
        self.workers: list[Worker] = []
        self.admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self.producer = Producer({
            "bootstrap.servers": bootstrap, "linger.ms": 5, "log_level": 0, "enable.idempotence": True,
        })  # fmt: skip

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
        led = [place.leader >= 0 for place in found.partitions.values()]
        return not found.error and len(led) > 0 and all(led)

    def flush(self) -> None:
        """Wait until everything queued is in Kafka."""
        assert self.producer.flush(PATIENCE_S) == 0

    def give_until_handled(self, worker: Worker, records: int, give: Callable[[], None]) -> None:
        """Give more until this worker has handled so many: others may be done before it has even joined."""
        deadline = time.monotonic() + PATIENCE_S
        while not worker.handles_within(records, seconds=0.3):
            assert time.monotonic() < deadline, f"nothing came to the worker\n{worker.tail()}"
            give()

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

    def offsets(self, topics: Iterable[str]) -> Offsets:
        """Per partition: what the group has committed (0 for nothing), and where the log ends."""
        consumer = self.consumer(self.group)
        try:
            places = [TopicPartition(topic, p) for topic in topics for p in range(self.partitions)]
            return {
                (place.topic, place.partition): (max(place.offset, 0), self._ends(consumer, place)[1])
                for place in consumer.committed(places, timeout=PATIENCE_S)
            }
        finally:
            consumer.close()

    def all_read(self, topics: Iterable[str]) -> bool:
        """Whether the group has committed everything that is in the topics."""
        try:
            return all(committed == end for committed, end in self.offsets(topics).values())
        except KafkaException:  # a broker that has just started does not know yet who keeps the group
            return False

    def read(self, topic: str) -> list[Message]:
        """Every record of a topic, partition by partition."""
        consumer = self.consumer(f"{self.prefix}reader")
        places = [TopicPartition(topic, partition) for partition in range(self.partitions)]
        for place in places:
            place.offset = self._ends(consumer, place)[0]
        dropped = not self.real and any(place.offset for place in places)
        assert not dropped, f"more was written to {topic} than the stand-in keeps"
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

    def consumer(self, group: str) -> Consumer:
        """A consumer that commits nothing by itself."""
        return Consumer({
            "bootstrap.servers": self.bootstrap, "group.id": group, "enable.partition.eof": True,
            "enable.auto.commit": False, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20,
            "log_level": 0,
        })  # fmt: skip

    @staticmethod
    def _ends(consumer: Consumer, place: TopicPartition) -> Any:
        return consumer.get_watermark_offsets(place, timeout=PATIENCE_S)
