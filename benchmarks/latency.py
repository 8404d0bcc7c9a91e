"""From an event handed to the producer until a consumer of `detected-issues` holds the issue that it caused.

At a modest rate, on one worker; both ends are in this process, on one clock.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import quantiles
from threading import Thread
from typing import NamedTuple
from uuid import uuid4

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.core_under_test import PARTITIONS, Prepared
from benchmarks.log import topics
from benchmarks.throughput import ROOT, Contender, Failed, command
from schemas.topics import DETECTED_ISSUES, PATIENT_EVENTS

_READY_WITHIN_S = 90
_LAST_WITHIN_S = 10
_ENDLESS = 10**9


class Latency(NamedTuple):
    """Milliseconds; `issues` is how many were timed."""

    p50: float
    p99: float
    issues: int
    per_second: int


class _Listener:
    """Notes when the first issue that each event caused was seen."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": topic, "enable.auto.commit": False,
             "fetch.wait.max.ms": 10}
        )  # fmt: skip
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
        self._ended = False
        self._thread = Thread(target=self._listen)
        self.alive: set[int] = set()
        self.seen: dict[str, float] = {}

    def __enter__(self) -> "_Listener":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._thread.join()
        self._consumer.close()

    def _listen(self) -> None:
        while not self._ended:
            message = self._consumer.poll(0.2)
            value = None if message is None or message.error() else message.value()
            if value is None:
                continue
            now = time.perf_counter()
            record = orjson.loads(value)
            if record["kind"] == "partition-heartbeat":
                self.alive.add(record["partition"])
            elif record["kind"] == "issue" and record["cause_event"]:
                self.seen.setdefault(record["cause_event"], now)


def latency(bootstrap: str, records: Sequence[Prepared], per_second: int) -> Latency:
    """Send the records at that rate to a worker that is ready, and wait for the issues."""
    prefix = f"latency-{uuid4().hex[:6]}-"
    topics(bootstrap, prefix)
    ours = Contender("DoseWarden", "processor", sys.executable)
    arguments = command(ours, bootstrap, prefix, _ENDLESS)
    worker = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with _Listener(bootstrap, prefix + DETECTED_ISSUES.name) as listener:
            _await_ready(worker, listener)
            sent = _send(bootstrap, prefix + PATIENT_EVENTS.name, records, per_second)
            time.sleep(_LAST_WITHIN_S)
    finally:
        worker.terminate()
        worker.wait(60)
    waits = [(at - sent[event]) * 1e3 for event, at in listener.seen.items() if event in sent]
    if len(waits) < 2:
        raise Failed(f"only {len(waits)} issues were seen")
    cuts = quantiles(waits, n=100)
    return Latency(cuts[49], cuts[98], len(waits), per_second)


def _await_ready(worker: subprocess.Popen[bytes], listener: _Listener) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while len(listener.alive) < PARTITIONS:
        if worker.poll() is not None or time.monotonic() > deadline:
            raise Failed(f"the worker was not ready (exit {worker.poll()})")
        time.sleep(0.1)


def _send(bootstrap: str, topic: str, records: Sequence[Prepared], per_second: int) -> dict[str, float]:
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 0})
    sent = {}
    begun = time.perf_counter()
    for number, record in enumerate(records):
        time.sleep(max(0.0, begun + number / per_second - time.perf_counter()))
        sent[orjson.loads(record.value)["event_id"]] = time.perf_counter()
        producer.produce(topic, record.value, record.key, record.partition)
        producer.poll(0)
    producer.flush(30)
    return sent
